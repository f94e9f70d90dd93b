//! From a winning chunk to a solution (§7).
//!
//! The record is rebuilt from the 4,096 chunks that the sector kept of it: one table of the proof
//! of space yields the proofs that unmask them, while they are read. The opening that is made from the record is
//! checked against the record commitment before it leaves the house; if it does not hold, a chunk
//! on the disk is wrong.

use crate::{
    audit::Winner,
    sector_file::{SectorError, SectorFile, StoredPiece},
    tables::{Tables, find_proof},
};
use allod_core::{
    ChunkWitness, PieceOffset, PublicKey, RewardAddress, SBucket, ScalarBytes, Solution,
    SpaceProof, audit::mask_chunk, parameters::S_BUCKETS,
};
use allod_kzg::Kzg;
use allod_proof_of_space::SectorTable;
use rayon::prelude::*;
use std::sync::Arc;

/// Why a winning chunk cannot be proven.
#[derive(Debug, thiserror::Error)]
pub enum ProvingError {
    /// The sector cannot be read.
    #[error(transparent)]
    Sector(#[from] SectorError),
    /// The tables of the sector changed under the audit.
    #[error("{} has no chunk {rank} in s-bucket {} and group {group}", .sector.path().display(), .s_bucket.get())]
    NoChunk {
        sector: Arc<SectorFile>,
        s_bucket: SBucket,
        group: u8,
        /// The position among its chunks.
        rank: usize,
    },
    /// A chunk was kept that nothing masks.
    #[error("{} keeps a chunk of piece {offset} in s-bucket {} without a proof of space", .sector.path().display(), .s_bucket.get())]
    NoProof {
        sector: Arc<SectorFile>,
        offset: PieceOffset,
        s_bucket: SBucket,
    },
    /// The chunks are not those of the record.
    #[error("the chunks of piece {offset} in {} do not make up its record", .sector.path().display())]
    WrongRecord {
        sector: Arc<SectorFile>,
        offset: PieceOffset,
    },
}

/// Makes solutions.
pub struct Prover {
    kzg: Kzg,
    tables: Tables,
    public_key: PublicKey,
    reward_address: RewardAddress,
}

impl Prover {
    /// For one farmer.
    pub fn new(kzg: Kzg, public_key: PublicKey, reward_address: RewardAddress) -> Self {
        Self {
            kzg,
            tables: Tables::default(),
            public_key,
            reward_address,
        }
    }

    /// Proves a winning chunk. Uses the threads of the current rayon pool.
    ///
    /// # Errors
    /// Each of them means that the sector is damaged and has to be plotted again.
    pub fn prove(&self, winner: &Winner) -> Result<Solution, ProvingError> {
        let sector = &winner.sector;
        let table = sector.group_table(winner.group)?;
        let no_chunk = || ProvingError::NoChunk {
            sector: sector.clone(),
            s_bucket: winner.s_bucket,
            group: winner.group,
            rank: winner.rank,
        };
        let offset = table
            .offset_at(winner.s_bucket, winner.rank)
            .ok_or_else(no_chunk)?;
        let seed = sector.id().space_seed(offset);
        self.tables.with_table(&seed, |space| {
            let piece = sector.read_piece(&table, offset)?.ok_or_else(no_chunk)?;
            self.prove_piece(winner, offset, &piece, space)
        })
    }

    fn prove_piece(
        &self,
        winner: &Winner,
        offset: PieceOffset,
        piece: &StoredPiece,
        space: &SectorTable,
    ) -> Result<Solution, ProvingError> {
        let s_bucket = winner.s_bucket;
        let wrong_record = || ProvingError::WrongRecord {
            sector: winner.sector.clone(),
            offset,
        };
        let no_proof = |s_bucket| ProvingError::NoProof {
            sector: winner.sector.clone(),
            offset,
            s_bucket,
        };
        let chunks = unmask(piece, space).map_err(no_proof)?;
        let record = self
            .kzg
            .recover_record(&chunks)
            .map_err(|_| wrong_record())?;
        let (chunk, witness) = self
            .kzg
            .open_chunk(&record, s_bucket.get())
            .map_err(|_| wrong_record())?;
        let opens = self
            .kzg
            .verify_chunk(&piece.commitment.0, s_bucket.get(), &chunk, &witness);
        if opens != Ok(true) {
            return Err(wrong_record());
        }
        let header = &winner.sector;
        Ok(Solution {
            public_key: self.public_key,
            reward_address: self.reward_address,
            sector_index: header.sector_index(),
            history_size: header.history_size(),
            piece_offset: offset,
            record_commitment: piece.commitment,
            record_witness: piece.witness,
            chunk: ScalarBytes(chunk),
            chunk_witness: ChunkWitness(witness),
            proof_of_space: find_proof(space, s_bucket).ok_or_else(|| no_proof(s_bucket))?,
        })
    }
}

/// All chunks of a record that are known, by s-bucket; or the s-bucket that has no proof.
fn unmask(piece: &StoredPiece, space: &SectorTable) -> Result<Vec<Option<[u8; 32]>>, SBucket> {
    let unmasked: Vec<(SBucket, [u8; 32])> = piece
        .chunks
        .par_iter()
        .map(|(s_bucket, stored)| {
            let proof: SpaceProof = find_proof(space, *s_bucket).ok_or(*s_bucket)?;
            Ok((*s_bucket, mask_chunk(&ScalarBytes(*stored), &proof)))
        })
        .collect::<Result<_, SBucket>>()?;
    let mut chunks = vec![None; S_BUCKETS.into()];
    for (s_bucket, chunk) in unmasked {
        chunks[usize::from(s_bucket.get())] = Some(chunk);
    }
    Ok(chunks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::audit,
        sector_file::write_sector,
        test_chain::{KZG, PLOT_KEY, SEGMENTS, parameters, plotted_sector},
    };
    use allod_core::{HistorySize, PotOutput, SegmentIndex, Slot, SolutionRange, global_challenge};
    use allod_verification::{SolutionContext, needed_segments, verify_solution};
    use std::{fs::OpenOptions, os::unix::fs::FileExt};
    use tempfile::TempDir;

    const RANGE: SolutionRange = SolutionRange(u64::MAX / 2);
    const REWARD: RewardAddress = RewardAddress([8; 32]);

    fn prover() -> Prover {
        Prover::new(KZG.clone(), PLOT_KEY.public_key, REWARD)
    }

    fn sector() -> (TempDir, Arc<SectorFile>) {
        let directory = tempfile::tempdir().unwrap();
        let sector = plotted_sector(directory.path(), 4, &[2, 3, 9]);
        (directory, Arc::new(sector))
    }

    /// Winners of the first slots, with their slot.
    fn winners(sector: &Arc<SectorFile>) -> impl Iterator<Item = (Slot, Winner)> {
        let sector = sector.clone();
        (1..).flat_map(move |slot| {
            let global = global_challenge(&PotOutput([slot as u8; 16]), Slot(slot));
            let audit = audit(std::slice::from_ref(&sector), &global, RANGE);
            audit
                .winners
                .into_iter()
                .map(move |winner| (Slot(slot), winner))
        })
    }

    fn check(slot: Slot, solution: &Solution) {
        let parameters = parameters();
        let history_size = HistorySize(2);
        let needed = needed_segments(solution, &parameters, history_size);
        let commitment =
            |segment: SegmentIndex| SEGMENTS[segment.0 as usize].header.segment_commitment;
        let context = SolutionContext {
            parameters: &parameters,
            slot,
            pot_output: PotOutput([slot.0 as u8; 16]),
            parent_history_size: history_size,
            solution_range: RANGE,
            key_blocked: false,
            segment_commitment: Some(commitment(needed.piece)),
            expiry_commitment: needed.expiry.map(commitment),
        };
        verify_solution(solution, &context, &KZG).unwrap();
    }

    #[test]
    fn winners_are_proven_and_the_proofs_verify() {
        let (_directory, sector) = sector();
        let prover = prover();
        let mut offsets: Vec<u16> = winners(&sector)
            .take(8)
            .map(|(slot, winner)| {
                let solution = prover.prove(&winner).unwrap();
                assert_eq!(solution.reward_address, REWARD);
                check(slot, &solution);
                solution.piece_offset
            })
            .collect();
        offsets.sort();
        offsets.dedup();
        assert!(offsets.len() > 1, "{offsets:?}");
        assert!(offsets.iter().all(|offset| [2, 3, 9].contains(offset)));
    }

    #[test]
    fn a_wrong_chunk_anywhere_in_the_record_is_noticed() {
        let (_directory, sector) = sector();
        let (_, winner) = winners(&sector).next().unwrap();
        let length = std::fs::metadata(sector.path()).unwrap().len();
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(sector.path())
            .unwrap();
        // Every piece has a chunk among the last 24, with at most three pieces in a bucket.
        let mut end = [0; 24 * 32];
        let place = length - end.len() as u64;
        file.read_exact_at(&mut end, place).unwrap();
        file.write_all_at(&end.map(|byte| byte ^ 1), place).unwrap();
        let error = prover().prove(&winner).unwrap_err();
        assert!(matches!(error, ProvingError::WrongRecord { .. }), "{error}");
        assert!(error.to_string().contains("sector-000004-000002.bin"));
        file.write_all_at(&end, place).unwrap();
        prover().prove(&winner).unwrap();
    }

    #[test]
    fn damaged_tables_and_chunks_without_proofs_are_noticed() {
        let (directory, sector) = sector();
        let (_, winner) = winners(&sector).next().unwrap();
        let tables = OpenOptions::new().write(true).open(sector.path()).unwrap();
        tables.write_all_at(&[0xff; 20_000], 136).unwrap();
        let error = prover().prove(&winner).unwrap_err();
        assert!(matches!(error, ProvingError::Sector(_)), "{error}");

        // Whole, but its chunks are those of other pieces.
        let seed = sector.id().space_seed(100);
        let piece = &SEGMENTS[0].pieces[0];
        let plot = |table: &_| crate::plotting::plot_piece(&KZG, table, &seed, piece);
        let foreign = Tables::default().with_table(&seed, plot).unwrap();
        let foreign = vec![foreign; 16];
        let path = write_sector(directory.path(), &PLOT_KEY, 4, HistorySize(2), &foreign).unwrap();
        let sector = Arc::new(SectorFile::open(&path, &PLOT_KEY).unwrap());
        let (_, mut winner) = winners(&sector).next().unwrap();
        let error = prover().prove(&winner).unwrap_err();
        assert!(matches!(error, ProvingError::NoProof { .. }), "{error}");
        winner.rank = 1000;
        let error = prover().prove(&winner).unwrap_err();
        assert!(matches!(error, ProvingError::NoChunk { .. }), "{error}");
    }
}
