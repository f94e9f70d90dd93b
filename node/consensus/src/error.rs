//! Why a block is not imported: it breaks a rule, or this node cannot tell.

use crate::outdated::Outdated;
use allod_block_rules::{BlockError, fork_choice::BelowFinal};
use allod_verification::SolutionError;

/// An error of consensus.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The block breaks a rule.
    #[error(transparent)]
    Rule(#[from] BlockError),
    /// This release is too old to judge the block.
    #[error(transparent)]
    Outdated(#[from] Outdated),
    /// The parent is not known.
    #[error("the parent {0} is not known")]
    UnknownParent(String),
    /// The parent was imported without what its children need.
    #[error("no consensus data of block {0} in the database")]
    NoChainData(String),
    /// Stored consensus data does not decode.
    #[error("consensus data of block {0} in the database is damaged")]
    DamagedChainData(String),
    /// The state that the block builds on is not here any more.
    #[error("the state of block {0} is not kept here")]
    NoState(String),
    /// The block of this hash was refused before, and will be again.
    #[error("block {0} was refused before")]
    Condemned(String),
    /// The inherents are not right, such as a time before the parent's.
    #[error("inherents: {0}")]
    Inherents(String),
    /// By this node's clock the block was made in the future.
    #[error(
        "the block says that it was made later than this node's clock shows; is the clock right?"
    )]
    ClockBehind,
    /// This node cannot put together what the inherents are compared with.
    #[error("nothing to compare the inherents with: {0}")]
    NoInherentData(String),
    /// The runtime ends the execution of the block.
    #[error("the block does not execute: {0}")]
    Trap(String),
    /// A header that builds on a parked block does not follow from it.
    #[error("the headers since the last block in the database cannot be followed: {0}")]
    NotFollowed(String),
    /// The execution leads to another state.
    #[error("the header has state root {expected}, the block leads to {actual}")]
    StateRoot {
        /// In the header.
        expected: String,
        /// By execution.
        actual: String,
    },
    /// The archiver failed.
    #[error("archiver: {0}")]
    Archiver(#[from] allod_archiver::Error),
    /// The runtime could not be asked.
    #[error("runtime: {0}")]
    Runtime(#[from] sp_api::ApiError),
    /// The database failed.
    #[error("database: {0}")]
    Client(#[from] sp_blockchain::Error),
    /// The client refused the block after all checks.
    #[error(transparent)]
    Import(#[from] sp_consensus::Error),
    /// What the execution changes cannot be read.
    #[error("changes of the state: {0}")]
    StorageChanges(String),
    /// A blocking task was cancelled, as happens when the node stops.
    #[error("the node is shutting down")]
    Stopped,
}

/// The names of an enum's variants, and of a value the name of its own. One that is missing does not compile.
macro_rules! variant_names {
    ($enum:ident, $all:ident, $name_of:ident: $($variant:ident),+ $(,)?) => {
        const $all: &[&str] = &[$(stringify!($variant)),+];

        fn $name_of(value: &$enum) -> &'static str {
            match value {
                $($enum::$variant { .. } => stringify!($variant),)+
            }
        }
    };
}

variant_names! {
    BlockError, RULES, name_of_rule:
    NotExecuted, NoBody, HeaderTooLarge, BodyTooLarge, ExtrinsicsRoot, ForeignDigest, BelowFinal, Digest, Seal,
    SeveralJustifications, Justification, SlotNotAfterParent, SlotOutOfReach, Solution, MissingCheckpoints,
    WrongOutput, WrongProofOfTime, UnboundedRaise, SegmentHeaders, ConsensusDigest,
}

variant_names! {
    Error, FAULTS, name_of_fault:
    Rule, Outdated, UnknownParent, NoChainData, DamagedChainData, NoState, Condemned, Inherents, ClockBehind,
    NoInherentData, Trap, NotFollowed, StateRoot, Archiver, Runtime, Client, Import, StorageChanges, Stopped,
}

impl Error {
    /// Its name in metrics: that of the rule, where it is one.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rule(rule) => name_of_rule(rule),
            fault => name_of_fault(fault),
        }
    }

    /// The names of the rules of a block.
    pub fn rules() -> &'static [&'static str] {
        RULES
    }

    /// Every name that there is.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let faults = FAULTS.iter().filter(|name| **name != "Rule");
        RULES.iter().chain(faults).copied()
    }
}

impl From<BelowFinal> for Error {
    fn from(error: BelowFinal) -> Self {
        Self::Rule(error.into())
    }
}

impl From<SolutionError> for Error {
    fn from(error: SolutionError) -> Self {
        Self::Rule(error.into())
    }
}

impl From<Error> for sp_consensus::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Import(error) => error,
            other => Self::Other(Box::new(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn an_error_is_called_by_its_variant_or_that_of_its_rule() {
        let errors = [
            (Error::ClockBehind, "ClockBehind"),
            (BlockError::NoBody.into(), "NoBody"),
            (BlockError::ForeignDigest(1).into(), "ForeignDigest"),
        ];
        for (error, expected) in errors {
            assert_eq!(error.name(), expected);
            assert!(Error::names().any(|name| name == expected));
        }
        let names: BTreeSet<_> = Error::names().collect();
        assert_eq!(names.len(), Error::names().count(), "one name for two");
        assert!(!names.contains("Rule"));
    }

    /// The two tables of rules in `allod-block-rules` name every variant of [`BlockError`], and no error that there is
    /// not.
    #[test]
    fn the_tables_of_rules_name_every_error() {
        let text = include_str!("../../../primitives/block-rules/src/lib.rs");
        let rows = text.lines().filter_map(|line| line.strip_prefix("//! | "));
        let last = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
        let (mut rules, mut faults) = (BTreeSet::new(), BTreeSet::new());
        for name in last.flat_map(|cell| cell.split('`').skip(1).step_by(2)) {
            match name.strip_prefix("Error::") {
                Some(fault) => faults.insert(fault),
                None => rules.insert(name),
            };
        }
        // The heads of the tables, and the one error that stops the node.
        rules.retain(|name| !["BlockError", "UnknownRules"].contains(name));
        assert_eq!(rules, Error::rules().iter().copied().collect());
        assert!(faults.len() >= 5, "{faults:?}");
        for fault in faults {
            assert!(FAULTS.contains(&fault), "there is no Error::{fault}");
        }
    }
}
