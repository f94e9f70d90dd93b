//! Whose fault it is that a block is not imported (§8), and what a node remembers of it.
//!
//! | fault | answer of the import | what the SDK makes of it |
//! |---|---|---|
//! | [`Objective`](BlockVerdict::Objective) | `Ok(KnownBad)` | the rest of the batch is dropped, the peer that sent the block is disconnected; sync goes on |
//! | [`Sender`](BlockVerdict::Sender) | `Ok(KnownBad)` | the same, and nothing is remembered: the block may be good |
//! | [`Local`](BlockVerdict::Local) | `Ok(MissingState)` | the rest of the batch is dropped; no peer is blamed, sync does not begin anew |
//! | [`UnknownParent`](BlockVerdict::UnknownParent) | `Ok(UnknownParent)` | sync begins anew with all peers; none is blamed |
//!
//! An `Err`, of the import or of the verifier, has sync begin anew with every peer, and says nothing
//! about the one that sent the block: so none of them is ever returned for a block of a peer.

use crate::Error;
use allod_block_rules::BlockError;
use allod_consensus_primitives::JustificationError;
use allod_verification::SolutionError;
use parking_lot::Mutex;
use sc_consensus::ImportResult;
use schnellru::{ByLength, LruMap};
use std::hash::Hash;

/// Headers that are remembered as bad. Making one costs its author next to nothing.
pub const MAX_CONDEMNED_HEADERS: u32 = 16_384;
/// Blocks that are remembered as bad only after they were executed. Each costs its author a win, so
/// they are kept apart from headers, which would push them out.
pub const MAX_CONDEMNED_EXECUTIONS: u32 = 1024;

/// Whose fault it is that a block is not imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockVerdict {
    /// The block breaks a rule, by itself and its ancestors: every node comes to this verdict, and
    /// whoever passed the block on as good is to blame.
    Objective,
    /// What came beside the header is not what the header names. The block of this hash may be good.
    Sender,
    /// This node cannot tell, or cannot go on. Nobody else is to blame.
    Local,
    /// The parent is not known here.
    UnknownParent,
}

impl BlockVerdict {
    /// The answer of the import: see the table above.
    pub fn answer(self) -> ImportResult {
        match self {
            Self::Objective | Self::Sender => ImportResult::KnownBad,
            Self::Local => ImportResult::MissingState,
            Self::UnknownParent => ImportResult::UnknownParent,
        }
    }
}

/// What an error is, as far as a verdict on the block depends on it.
enum Nature<'a> {
    /// A rule that is looked at before execution.
    Rule(&'a BlockError),
    /// The block was refused before: nothing new is said.
    Repeated,
    /// What it took the runtime to find out, which costs more than everything before it.
    Execution,
    /// The headers that the block builds on do not lead to it.
    NotFollowed,
    UnknownParent,
    /// The parent's state is not here.
    MissingState,
    /// This node's own trouble.
    Trouble,
}

impl Error {
    /// The one place that knows every error: whatever else is asked of them goes by this.
    fn nature(&self) -> Nature<'_> {
        match self {
            Self::Rule(rule) => Nature::Rule(rule),
            Self::Condemned(_) => Nature::Repeated,
            Self::Inherents(_) | Self::Trap(_) | Self::StateRoot { .. } => Nature::Execution,
            Self::NotFollowed(_) => Nature::NotFollowed,
            Self::UnknownParent(_) => Nature::UnknownParent,
            Self::NoState(_) => Nature::MissingState,
            Self::Outdated(_)
            | Self::NoChainData(_)
            | Self::DamagedChainData(_)
            | Self::ClockBehind
            | Self::NoInherentData(_)
            | Self::StorageChanges(_)
            | Self::Archiver(_)
            | Self::Runtime(_)
            | Self::Client(_)
            | Self::Import(_)
            | Self::Stopped => Nature::Trouble,
        }
    }

    /// Whose fault it is.
    pub fn verdict(&self) -> BlockVerdict {
        match self.nature() {
            Nature::Rule(rule) => verdict_of_rule(rule),
            Nature::Repeated | Nature::Execution | Nature::NotFollowed => BlockVerdict::Objective,
            Nature::UnknownParent => BlockVerdict::UnknownParent,
            Nature::MissingState | Nature::Trouble => BlockVerdict::Local,
        }
    }

    fn is_of_execution(&self) -> bool {
        matches!(self.nature(), Nature::Execution)
    }

    /// Whether nothing new is said: the block was refused before.
    pub(crate) fn is_repeated(&self) -> bool {
        matches!(self.nature(), Nature::Repeated)
    }

    /// Whether it is that the parent's state is not here.
    pub(crate) fn is_of_missing_state(&self) -> bool {
        matches!(self.nature(), Nature::MissingState)
    }
}

fn verdict_of_rule(rule: &BlockError) -> BlockVerdict {
    match rule {
        BlockError::NoBody
        // Checked before it is hashed.
        | BlockError::BodyTooLarge { .. }
        | BlockError::ExtrinsicsRoot { .. }
        | BlockError::SeveralJustifications(_)
        | BlockError::Justification(
            JustificationError::Missing | JustificationError::Hash { .. },
        ) => BlockVerdict::Sender,
        // What is final here is this node's opinion, and how to come by a state its own wish.
        BlockError::NotExecuted(_) | BlockError::BelowFinal(_) => BlockVerdict::Local,
        BlockError::Solution(rule) => verdict_of_solution(rule),
        BlockError::Justification(JustificationError::Malformed(_))
        | BlockError::HeaderTooLarge { .. }
        | BlockError::Digest(_)
        | BlockError::ForeignDigest(_)
        | BlockError::Seal(_)
        | BlockError::SlotNotAfterParent { .. }
        | BlockError::SlotOutOfReach { .. }
        | BlockError::MissingCheckpoints { .. }
        | BlockError::WrongOutput { .. }
        | BlockError::WrongProofOfTime(_)
        | BlockError::UnboundedRaise { .. }
        | BlockError::SegmentHeaders { .. }
        | BlockError::ConsensusDigest { .. } => BlockVerdict::Objective,
    }
}

fn verdict_of_solution(rule: &SolutionError) -> BlockVerdict {
    match rule {
        // An input that is not the author's.
        SolutionError::Kzg(_) => BlockVerdict::Local,
        SolutionError::KeyBlocked(_)
        | SolutionError::SectorIndex(_)
        | SolutionError::PieceOffset { .. }
        | SolutionError::HistorySizeZero
        | SolutionError::HistorySizeFromTheFuture { .. }
        | SolutionError::Expired { .. }
        | SolutionError::Group { .. }
        | SolutionError::UnknownSegment(_)
        | SolutionError::Point { .. }
        | SolutionError::Scalar(_)
        | SolutionError::ProofOfSpace { .. }
        | SolutionError::OutOfRange { .. }
        | SolutionError::ChunkOpening { .. }
        | SolutionError::RecordOpening { .. } => BlockVerdict::Objective,
    }
}

/// Hashes of blocks that every node refuses: those whose header breaks a rule, and those that do not
/// execute to what their header says. Bounded; the ones not asked about for longest are forgotten.
///
/// Import and the validator of announcements, neither of which knows peers, write here; whoever
/// knows which peer named a hash reads it.
pub struct Verdicts<H> {
    headers: Mutex<LruMap<H, ()>>,
    executions: Mutex<LruMap<H, ()>>,
}

impl<H: Hash + Eq> Default for Verdicts<H> {
    fn default() -> Self {
        Self {
            headers: Mutex::new(LruMap::new(ByLength::new(MAX_CONDEMNED_HEADERS))),
            executions: Mutex::new(LruMap::new(ByLength::new(MAX_CONDEMNED_EXECUTIONS))),
        }
    }
}

impl<H: Hash + Eq> Verdicts<H> {
    /// Remembers the block of this hash if `error` is the block's own fault, and says whether it is.
    pub fn remember(&self, hash: H, error: &Error) -> bool {
        match error.verdict() {
            BlockVerdict::Objective if error.is_of_execution() => {
                self.executions.lock().insert(hash, ());
                true
            }
            BlockVerdict::Objective => {
                self.headers.lock().insert(hash, ());
                true
            }
            BlockVerdict::Sender | BlockVerdict::Local | BlockVerdict::UnknownParent => false,
        }
    }

    /// Whether the block of this hash is known to be bad, whoever sends it.
    pub fn is_condemned(&self, hash: &H) -> bool {
        self.executions.lock().get(hash).is_some() || self.headers.lock().get(hash).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header_fault() -> Error {
        BlockError::ForeignDigest(1).into()
    }

    fn execution_fault() -> Error {
        Error::Trap("unreachable".into())
    }

    #[test]
    fn a_flood_of_headers_neither_grows_nor_pushes_out_what_was_executed() {
        let verdicts = Verdicts::default();
        assert!(verdicts.remember(u64::MAX, &execution_fault()));
        for hash in 0..3 * u64::from(MAX_CONDEMNED_HEADERS) {
            verdicts.remember(hash, &header_fault());
        }
        assert!(verdicts.is_condemned(&u64::MAX));
        assert!(!verdicts.is_condemned(&0));
        let newest = 2 * u64::from(MAX_CONDEMNED_HEADERS);
        assert!(verdicts.is_condemned(&newest));
        assert_eq!(verdicts.headers.lock().len(), 16_384);
    }

    #[test]
    fn executions_are_bounded_too() {
        let verdicts = Verdicts::default();
        for hash in 0..2 * MAX_CONDEMNED_EXECUTIONS {
            verdicts.remember(hash, &execution_fault());
        }
        assert_eq!(verdicts.executions.lock().len(), 1024);
        assert!(!verdicts.is_condemned(&0));
        assert!(verdicts.is_condemned(&MAX_CONDEMNED_EXECUTIONS));
    }

    /// A hash says nothing about what a sender put beside the header, and nothing about this node.
    #[test]
    fn only_what_the_hash_stands_for_is_remembered() {
        let verdicts = Verdicts::default();
        let faults: [(Error, BlockVerdict); 6] = [
            (BlockError::NoBody.into(), BlockVerdict::Sender),
            (
                BlockError::Justification(JustificationError::Missing).into(),
                BlockVerdict::Sender,
            ),
            (Error::ClockBehind, BlockVerdict::Local),
            (Error::Stopped, BlockVerdict::Local),
            (
                Error::Archiver(allod_archiver::Error::Stopped),
                BlockVerdict::Local,
            ),
            (
                Error::UnknownParent(String::new()),
                BlockVerdict::UnknownParent,
            ),
        ];
        for (hash, (error, verdict)) in (0..).zip(faults) {
            assert_eq!(error.verdict(), verdict, "{error}");
            assert!(!verdicts.remember(hash, &error), "{error}");
            assert!(!verdicts.is_condemned(&hash), "{error}");
        }
    }
}
