//! Digest items of a block and its justification.

use alloc::vec::Vec;
use allod_core::{
    ArchivedProgress, Hash, LastArchivedBlock, PotCheckpoints, PotOutput, PublicKey,
    SegmentCommitment, SegmentHeader, SegmentIndex, Slot, Solution, SolutionRange, blake2b_256,
    hash::HexHash,
    history::HeaderHash,
    parameters::MAX_SLOTS_PER_JUSTIFICATION,
    time::{PotChange, PotEntropy},
};
use core::num::NonZeroU32;
use parity_scale_codec::{Decode, DecodeAll, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_runtime::{
    ConsensusEngineId, DigestItem,
    traits::{ConstU32, Header as HeaderT},
};

/// Engine identifier of every digest item and of the justification.
pub const ENGINE_ID: ConsensusEngineId = *b"alod";

/// Context string of a seal, before the genesis hash.
pub const SEAL_CONTEXT: &[u8] = b"allod/seal/1";

/// Bytes of a seal, an sr25519 signature.
pub const SEAL_BYTES: usize = 64;

/// Bytes of a pre-digest: slot, solution, two outputs, hash.
pub const PRE_DIGEST_BYTES: usize =
    size_of::<Slot>() + Solution::SIZE + 2 * PotOutput::SIZE + size_of::<Hash>();

/// What the author of a block claims, first item of the digest.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct PreDigest {
    /// The slot that the block was won in.
    pub slot: Slot,
    /// What won it.
    pub solution: Solution,
    /// Proof-of-time output of `slot`.
    pub slot_output: PotOutput,
    /// Proof-of-time output of `slot` + block authoring delay.
    pub future_output: PotOutput,
    /// `H(justification bytes)`.
    pub justification_hash: Hash,
}

impl PreDigest {
    /// The entropy that this block gives if it is a source.
    pub fn entropy(&self) -> PotEntropy {
        self.slot_output.entropy(&self.solution.stored_chunk())
    }
}

/// A change of what consensus depends on, put into the digest by the runtime.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum ConsensusLog {
    /// From the next block on, tickets must lie within this range. At the end of an era.
    #[codec(index = 0)]
    SolutionRange(SolutionRange),
    /// A later slot takes entropy, and perhaps more iterations.
    #[codec(index = 1)]
    PotChange(PotChange),
    /// This key equivocated; from the next block on it may not farm.
    #[codec(index = 2)]
    KeyBlocked(PublicKey),
    /// A segment that is complete.
    #[codec(index = 3)]
    SegmentHeader(SegmentHeader),
}

impl ConsensusLog {
    /// One of each kind, each as long as its encoding can be: for tests and for the corpora of fuzz targets.
    pub fn longest() -> Vec<Self> {
        let mut logs = Vec::new();
        let mut next = Some(Self::SolutionRange(SolutionRange(u64::MAX)));
        while let Some(log) = next {
            // Each kind names the one after it, so that none can be forgotten.
            next = match &log {
                Self::SolutionRange(_) => Some(Self::PotChange(PotChange {
                    slot: Slot(u64::MAX),
                    iterations: NonZeroU32::MAX,
                    entropy: PotEntropy([0xff; 32]),
                })),
                Self::PotChange(_) => Some(Self::KeyBlocked(PublicKey([0xff; 32]))),
                Self::KeyBlocked(_) => Some(Self::SegmentHeader(SegmentHeader {
                    segment_index: SegmentIndex(u64::MAX),
                    segment_commitment: SegmentCommitment([0xff; 48]),
                    previous_header_hash: HeaderHash([0xff; 32]),
                    last_archived_block: LastArchivedBlock {
                        number: u32::MAX,
                        progress: ArchivedProgress::Partial(NonZeroU32::MAX),
                    },
                })),
                Self::SegmentHeader(_) => None,
            };
            logs.push(log);
        }
        logs
    }
}

/// Proofs-of-time of all slots after the newest one that the parent proves, up to the block's slot
/// + block authoring delay.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct PotJustification {
    /// One for each slot, in order.
    pub checkpoints: sp_runtime::BoundedVec<PotCheckpoints, ConstU32<MAX_SLOTS_PER_JUSTIFICATION>>,
}

impl PotJustification {
    /// `None` if there are more than a justification can hold.
    pub fn new(checkpoints: Vec<PotCheckpoints>) -> Option<Self> {
        checkpoints
            .try_into()
            .ok()
            .map(|checkpoints| Self { checkpoints })
    }

    /// Decodes to the last byte.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, JustificationError> {
        Self::decode_all(&mut &bytes[..]).map_err(|_| JustificationError::Malformed(bytes.len()))
    }

    /// Checks that `bytes` are those that `pre_digest` names, then decodes them.
    pub fn verify_bytes(pre_digest: &PreDigest, bytes: &[u8]) -> Result<Self, JustificationError> {
        let actual = justification_hash(bytes);
        if actual != pre_digest.justification_hash {
            return Err(JustificationError::Hash {
                expected: pre_digest.justification_hash,
                actual,
            });
        }
        Self::from_bytes(bytes)
    }
}

/// Why a justification does not belong to its block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JustificationError {
    /// The block has none.
    #[error("the block has no `alod` justification; every block but genesis has exactly one")]
    Missing,
    /// The pre-digest names another.
    #[error(
        "the justification hashes to {}, the pre-digest names {}",
        HexHash(.actual),
        HexHash(.expected)
    )]
    Hash {
        /// Named by the pre-digest.
        expected: Hash,
        /// Of the bytes received.
        actual: Hash,
    },
    /// It does not decode to the last byte.
    #[error(
        "the justification of {0} bytes is not a list of checkpoints, decoded to the last byte"
    )]
    Malformed(usize),
}

/// Hash by which the pre-digest names the justification.
pub fn justification_hash(bytes: &[u8]) -> Hash {
    blake2b_256(bytes)
}

/// Why a header's digest is not one of this chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// There is no pre-digest.
    #[error("the header has no `alod` pre-digest; every block but genesis has exactly one")]
    NoPreDigest,
    /// There are several pre-digests.
    #[error("the header has more than one `alod` pre-digest")]
    SeveralPreDigests,
    /// The pre-digest does not decode to the last byte.
    #[error("the pre-digest of {0} bytes does not decode; it has {PRE_DIGEST_BYTES} bytes")]
    MalformedPreDigest(usize),
    /// A consensus log does not decode to the last byte.
    #[error("consensus log {0} of the header does not decode")]
    MalformedLog(usize),
    /// The last item is no seal.
    #[error("the last digest item is not an `alod` seal of {SEAL_BYTES} bytes")]
    NoSeal,
    /// There is a seal that is not the last item.
    #[error("the header has more than one seal")]
    SeveralSeals,
}

/// Reads the pre-digest of a header, with or without its seal.
pub fn pre_digest<H: HeaderT>(header: &H) -> Result<PreDigest, DigestError> {
    let mut found = None;
    for item in header.digest().logs() {
        if let DigestItem::PreRuntime(ENGINE_ID, bytes) = item {
            if found.is_some() {
                return Err(DigestError::SeveralPreDigests);
            }
            let decoded = PreDigest::decode_all(&mut &bytes[..])
                .map_err(|_| DigestError::MalformedPreDigest(bytes.len()))?;
            found = Some(decoded);
        }
    }
    found.ok_or(DigestError::NoPreDigest)
}

/// Reads the consensus logs of a header in their order.
pub fn consensus_logs<H: HeaderT>(header: &H) -> Result<Vec<ConsensusLog>, DigestError> {
    header
        .digest()
        .logs()
        .iter()
        .filter_map(|item| match item {
            DigestItem::Consensus(ENGINE_ID, bytes) => Some(bytes),
            DigestItem::Consensus(..)
            | DigestItem::PreRuntime(..)
            | DigestItem::Seal(..)
            | DigestItem::Other(_)
            | DigestItem::RuntimeEnvironmentUpdated => None,
        })
        .enumerate()
        .map(|(position, bytes)| {
            ConsensusLog::decode_all(&mut &bytes[..])
                .map_err(|_| DigestError::MalformedLog(position))
        })
        .collect()
}

/// Reads the seal out of the digest item that should be one.
pub fn read_seal(item: &DigestItem) -> Result<[u8; SEAL_BYTES], DigestError> {
    let seal = match item {
        DigestItem::Seal(ENGINE_ID, bytes) => bytes.as_slice().try_into().ok(),
        DigestItem::Seal(..)
        | DigestItem::PreRuntime(..)
        | DigestItem::Consensus(..)
        | DigestItem::Other(_)
        | DigestItem::RuntimeEnvironmentUpdated => None,
    };
    seal.ok_or(DigestError::NoSeal)
}

/// Whether an item is a seal, of whichever engine.
fn is_seal(item: &DigestItem) -> bool {
    match item {
        DigestItem::Seal(..) => true,
        DigestItem::PreRuntime(..)
        | DigestItem::Consensus(..)
        | DigestItem::Other(_)
        | DigestItem::RuntimeEnvironmentUpdated => false,
    }
}

/// Takes the seal off a header: the header as it was signed, and the signature.
pub fn split_seal<H: HeaderT>(mut header: H) -> Result<(H, [u8; SEAL_BYTES]), DigestError> {
    let item = header.digest_mut().pop().ok_or(DigestError::NoSeal)?;
    let seal = read_seal(&item)?;
    if header.digest().logs().iter().any(is_seal) {
        return Err(DigestError::SeveralSeals);
    }
    Ok((header, seal))
}

/// The bytes that a farmer signs: `"allod/seal/1" ‖ genesis hash ‖ H(SCALE header without seal)`,
/// with sr25519 in the context `substrate`.
pub fn seal_message(genesis_hash: &Hash, header_without_seal: &[u8]) -> Vec<u8> {
    let header_hash = blake2b_256(header_without_seal);
    [SEAL_CONTEXT, genesis_hash, &header_hash].concat()
}

/// The digest items of this engine, as SCALE wrapped for a header.
impl From<PreDigest> for DigestItem {
    fn from(pre_digest: PreDigest) -> Self {
        DigestItem::PreRuntime(ENGINE_ID, pre_digest.encode())
    }
}

impl From<ConsensusLog> for DigestItem {
    fn from(log: ConsensusLog) -> Self {
        DigestItem::Consensus(ENGINE_ID, log.encode())
    }
}

/// A seal as a digest item.
pub fn seal_item(signature: &[u8; SEAL_BYTES]) -> DigestItem {
    DigestItem::Seal(ENGINE_ID, signature.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_core::HistorySize;
    use allod_test_chain::claim;
    use sp_runtime::{generic, traits::BlakeTwo256};

    type Header = generic::Header<u32, BlakeTwo256>;

    fn example() -> PreDigest {
        PreDigest {
            slot: Slot(7),
            solution: claim::solution(PublicKey([1; 32]), HistorySize(4)),
            slot_output: PotOutput([11; 16]),
            future_output: PotOutput([12; 16]),
            justification_hash: [13; 32],
        }
    }

    fn header(items: Vec<DigestItem>) -> Header {
        let mut header = Header::new(
            1,
            Default::default(),
            Default::default(),
            Default::default(),
            Default::default(),
        );
        for item in items {
            header.digest_mut().push(item);
        }
        header
    }

    #[test]
    fn the_pre_digest_has_its_documented_size_and_is_found() {
        assert_eq!(example().encode().len(), PRE_DIGEST_BYTES);
        assert_eq!(
            pre_digest(&header(alloc::vec![example().into()])),
            Ok(example())
        );
    }

    #[test]
    fn broken_pre_digests_are_named() {
        assert_eq!(
            pre_digest(&header(alloc::vec![])),
            Err(DigestError::NoPreDigest)
        );
        let twice = header(alloc::vec![example().into(), example().into()]);
        assert_eq!(pre_digest(&twice), Err(DigestError::SeveralPreDigests));
        let mut bytes = example().encode();
        bytes.push(0);
        let long = header(alloc::vec![DigestItem::PreRuntime(ENGINE_ID, bytes)]);
        assert_eq!(
            pre_digest(&long),
            Err(DigestError::MalformedPreDigest(PRE_DIGEST_BYTES + 1))
        );
    }

    #[test]
    fn the_seal_is_the_last_item_and_the_only_one() {
        let unsealed = header(alloc::vec![example().into()]);
        let mut sealed = unsealed.clone();
        sealed.digest_mut().push(seal_item(&[3; 64]));
        assert_eq!(split_seal(sealed.clone()), Ok((unsealed.clone(), [3; 64])));
        assert_eq!(split_seal(unsealed.clone()), Err(DigestError::NoSeal));
        sealed.digest_mut().push(seal_item(&[4; 64]));
        assert_eq!(split_seal(sealed), Err(DigestError::SeveralSeals));
        let short = header(alloc::vec![DigestItem::Seal(ENGINE_ID, alloc::vec![0; 63])]);
        assert_eq!(split_seal(short), Err(DigestError::NoSeal));
    }

    #[test]
    fn a_justification_must_be_the_named_one_to_the_last_byte() {
        let justification =
            PotJustification::new(alloc::vec![PotCheckpoints::default(); 3]).unwrap();
        let bytes = justification.encode();
        let mut pre_digest = example();
        assert!(matches!(
            PotJustification::verify_bytes(&pre_digest, &bytes),
            Err(JustificationError::Hash { .. })
        ));
        pre_digest.justification_hash = justification_hash(&bytes);
        assert_eq!(
            PotJustification::verify_bytes(&pre_digest, &bytes),
            Ok(justification)
        );
        let longer = [&bytes[..], &[0]].concat();
        pre_digest.justification_hash = justification_hash(&longer);
        assert_eq!(
            PotJustification::verify_bytes(&pre_digest, &longer),
            Err(JustificationError::Malformed(longer.len()))
        );
        let too_many = alloc::vec![
            PotCheckpoints::default();
            MAX_SLOTS_PER_JUSTIFICATION as usize + 1
        ];
        assert!(PotJustification::from_bytes(&too_many.encode()).is_err());
    }

    #[test]
    fn logs_come_in_order_and_to_the_last_byte() {
        let range = ConsensusLog::SolutionRange(SolutionRange(5));
        let key = ConsensusLog::KeyBlocked(PublicKey([1; 32]));
        let both = header(alloc::vec![range.clone().into(), key.clone().into()]);
        assert_eq!(consensus_logs(&both), Ok(alloc::vec![range.clone(), key]));
        let mut bytes = range.encode();
        bytes.push(1);
        let long = header(alloc::vec![DigestItem::Consensus(ENGINE_ID, bytes)]);
        assert_eq!(consensus_logs(&long), Err(DigestError::MalformedLog(0)));
    }

    #[test]
    fn the_seal_message_is_the_formula_of_the_design() {
        let message = seal_message(&[1; 32], b"header");
        assert_eq!(&message[..12], b"allod/seal/1");
        assert_eq!(&message[12..44], &[1; 32]);
        assert_eq!(&message[44..], &blake2b_256(b"header"));
    }
}
