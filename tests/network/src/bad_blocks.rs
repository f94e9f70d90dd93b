//! Blocks that break a rule each, and how they are made of one that keeps all of them.

use allod_consensus_primitives::{ConsensusLog, ENGINE_ID};
use allod_core::{
    ChunkWitness, HistorySize, PotCheckpoints, PotOutput, RecordWitness, Slot, SolutionRange,
    SpaceProof, parameters::MAX_SECTORS,
};
use allod_import_tests::{block::Made, farming::Farmer};
use parity_scale_codec::{Decode, Encode};
use sp_runtime::{
    DigestItem, Justifications, OpaqueExtrinsic, StateVersion,
    traits::{BlakeTwo256, Hash as _},
};

/// A rule, and a change that breaks it.
#[derive(Clone)]
pub struct BadBlock {
    /// What is wrong.
    pub fault: &'static str,
    /// Makes a right block wrong.
    pub spoil: fn(&mut Made),
}

/// Names the body in the header, as it is now, and seals that.
fn name_body(block: &mut Made) {
    let encoded = block.body.iter().map(Encode::encode).collect();
    block.header.extrinsics_root = BlakeTwo256::ordered_trie_root(encoded, StateVersion::V0);
    block.seal();
}

fn junk(byte: u8, bytes: usize) -> OpaqueExtrinsic {
    let junk = vec![byte; bytes].encode();
    OpaqueExtrinsic::decode(&mut &junk[..]).expect("any bytes are one")
}

/// Proves a slot by another first output of eight, which the claim does not name.
pub fn wrong_time(block: &mut Made) {
    block.change_checkpoints(|all| {
        let mut outputs = all[0].encode();
        outputs[0] ^= 1;
        all[0] = PotCheckpoints::decode(&mut &outputs[..]).expect("eight outputs");
    });
}

/// Rules that a header alone breaks, without anything won beside the one solution: whoever hears of it finds it out.
pub const BAD_HEADERS: &[BadBlock] = &[
    BadBlock {
        fault: "no seal",
        spoil: |block| block.seals.clear(),
    },
    BadBlock {
        fault: "two seals",
        spoil: |block| block.seals.push(block.seals[0].clone()),
    },
    BadBlock {
        fault: "a seal by another key",
        spoil: |block| {
            let genesis_hash = block.genesis_hash;
            block.seal_with(&Farmer::new(200), &genesis_hash);
        },
    },
    BadBlock {
        fault: "a seal for another chain",
        spoil: |block| {
            let farmer = block.farmer.clone();
            block.seal_with(&farmer, &[7; 32]);
        },
    },
    BadBlock {
        fault: "no pre-digest",
        spoil: |block| {
            block.header.digest.logs.remove(0);
            block.seal();
        },
    },
    BadBlock {
        fault: "two pre-digests",
        spoil: |block| {
            let claim = block.pre_digest();
            block.header.digest.logs.push(claim.into());
            block.seal();
        },
    },
    BadBlock {
        fault: "a pre-digest with a byte too many",
        spoil: |block| {
            let mut claim = block.pre_digest().encode();
            claim.push(0);
            block.header.digest.logs[0] = DigestItem::PreRuntime(ENGINE_ID, claim);
            block.seal();
        },
    },
    BadBlock {
        fault: "a foreign digest item",
        spoil: |block| {
            block.header.digest.logs.push(DigestItem::Other(vec![1]));
            block.seal();
        },
    },
    BadBlock {
        fault: "a header of half a megabyte",
        spoil: |block| {
            let item = DigestItem::Other(vec![1; 1 << 19]);
            block.header.digest.logs.push(item);
            block.seal();
        },
    },
    BadBlock {
        fault: "a slot that is not after the parent's",
        spoil: |block| block.change_claim(|claim| claim.slot = Slot(0)),
    },
    BadBlock {
        fault: "a slot out of reach",
        spoil: |block| block.change_claim(|claim| claim.slot.0 += 1 << 20),
    },
    BadBlock {
        fault: "another output of its slot",
        spoil: |block| block.change_claim(|claim| claim.slot_output = PotOutput([7; 16])),
    },
    BadBlock {
        fault: "a sector that there cannot be",
        spoil: |block| block.change_solution(|solution| solution.sector_index = MAX_SECTORS),
    },
    BadBlock {
        fault: "another sector",
        spoil: |block| block.change_solution(|solution| solution.sector_index ^= 1),
    },
    BadBlock {
        fault: "a piece that there cannot be",
        spoil: |block| block.change_solution(|solution| solution.piece_offset = u16::MAX),
    },
    BadBlock {
        fault: "a history of no size",
        spoil: |block| block.change_solution(|it| it.history_size = HistorySize(0)),
    },
    BadBlock {
        fault: "a history from the future",
        spoil: |block| block.change_solution(|it| it.history_size = HistorySize(1 << 20)),
    },
    BadBlock {
        fault: "a proof of space that is made up",
        spoil: |block| block.change_solution(|it| it.proof_of_space = SpaceProof([3; 136])),
    },
    BadBlock {
        fault: "a chunk that does not open",
        spoil: |block| block.change_solution(|it| it.chunk_witness = ChunkWitness([0xc0; 48])),
    },
    BadBlock {
        fault: "a record that does not open",
        spoil: |block| {
            block.change_solution(|it| it.record_witness = RecordWitness(it.chunk_witness.0));
        },
    },
];

/// Rules that only the whole block breaks: whoever fetches it finds it out, and nobody fetches one twice.
pub const BAD_BODIES: &[BadBlock] = &[
    BadBlock {
        fault: "another future output",
        spoil: |block| block.change_claim(|claim| claim.future_output = PotOutput([7; 16])),
    },
    BadBlock {
        fault: "wrong proofs of time",
        spoil: wrong_time,
    },
    BadBlock {
        fault: "a proof of time too few",
        spoil: |block| {
            block.change_checkpoints(|all| {
                all.pop();
            });
        },
    },
    BadBlock {
        fault: "a justification that is none",
        spoil: |block| block.prove_with(vec![0xff; 1000]),
    },
    BadBlock {
        fault: "another justification than the header names",
        spoil: |block| {
            block.justifications = Some(Justifications::from((ENGINE_ID, vec![1; 100])));
        },
    },
    BadBlock {
        fault: "no justification",
        spoil: |block| block.justifications = None,
    },
    BadBlock {
        fault: "a log that is not due",
        spoil: |block| {
            let log = ConsensusLog::SolutionRange(SolutionRange(7));
            block.change_logs(|logs| logs.push(log));
        },
    },
    BadBlock {
        fault: "another state root",
        spoil: |block| {
            block.header.state_root = [7; 32].into();
            block.seal();
        },
    },
    BadBlock {
        fault: "another body than the header names",
        spoil: |block| block.body.push(junk(1, 9)),
    },
    BadBlock {
        fault: "a body of no extrinsics",
        spoil: |block| {
            block.body.clear();
            name_body(block);
        },
    },
    BadBlock {
        fault: "bytes that are no extrinsic",
        spoil: |block| {
            block.body.push(junk(0xff, 9));
            name_body(block);
        },
    },
    BadBlock {
        fault: "a body of six megabytes",
        spoil: |block| {
            block.body.push(junk(0xff, 6 << 20));
            name_body(block);
        },
    },
];
