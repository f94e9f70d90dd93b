//! A chain of headers with their justifications, followed without any state (§8).
//!
//! Whatever the checks of a block need of its parent's state is in the logs of the headers before it: range,
//! proof-of-time parameters, blocked keys, segments. So a [`HeaderContext`] leads from a block to its
//! child's by the child's header alone. Two steps, since the first one is a hundred times cheaper:
//!
//! 1. [`HeaderRules::follow`]: link, number, digest, slot order, justification hash, the outputs that are
//!    claimed, every log worked out anew; what the chain then weighs.
//! 2. [`FollowedHeader::verify`], or [`verify_many`] for some of them together: seal, solution, delay function.
//!
//! Not to be seen in headers, and not checked: state root and extrinsics, whether a key that is blocked
//! was reported rightly, whether a raise of the iterations was asked for, what segments hold.

mod verify;

pub use verify::{Unverified, WrongHeader, verify_many};

use crate::{
    BlockError, ChainData, Parent, SealedHeader, child_query, fork_choice::block_weight,
    one_justification, sealed_header_shape, slot_after_parent, slot_in_reach,
};
use allod_consensus_primitives::{
    ChildContext, ConsensusLog, MAX_BLOCKED_KEYS, PotJustification, PotParameters, PreDigest,
    SegmentHeaderError, check_segment_header, consensus_logs,
    step::{BeforeStep, Step, is_due, step},
};
use allod_core::{
    ChainParameters, Hash, HistorySize, PotOutput, PublicKey, SegmentCommitment, SegmentHeader,
    SegmentIndex, Slot, SolutionRange, hash::HexHash, time::PotEntropy,
};
use sp_runtime::{Justifications, traits::Header as HeaderT};
use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
};

/// Why a header cannot follow its parent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// It breaks a rule that every block is imported by.
    #[error(transparent)]
    Rule(#[from] BlockError),
    /// It is the child of another block.
    #[error("the header's parent is {}, not {}", HexHash(.actual), HexHash(.expected))]
    NotAChild {
        /// Named by the header.
        actual: Hash,
        /// The block that is followed.
        expected: Hash,
    },
    /// Its number is not the one after its parent's.
    #[error("the header has number {actual}, its parent number {parent}")]
    Number {
        /// Of the header.
        actual: u32,
        parent: u32,
    },
    /// It brings a segment header that does not belong there.
    #[error(transparent)]
    SegmentHeader(#[from] SegmentHeaderError),
    /// It blocks more keys than a block can.
    #[error("the header blocks {0} keys; a block blocks at most {MAX_BLOCKED_KEYS}")]
    BlockedKeys(usize),
}

/// What is known of the chain up to the block that following begins at.
pub trait Base {
    /// The entropy that block `number`, that block or an ancestor of it, gives as a source.
    fn entropy(&self, number: u32) -> Option<PotEntropy>;
    /// Whether a key may not farm a child of it.
    fn is_key_blocked(&self, key: &PublicKey) -> bool;
    /// Commitment of a segment whose header its chain holds.
    fn segment_commitment(&self, index: SegmentIndex) -> Option<SegmentCommitment>;
}

/// Following begins at the first block: nothing is known but what the headers say.
#[derive(Debug, Clone, Copy)]
pub struct FromGenesis;

impl Base for FromGenesis {
    fn entropy(&self, _: u32) -> Option<PotEntropy> {
        None
    }

    fn is_key_blocked(&self, _: &PublicKey) -> bool {
        false
    }

    fn segment_commitment(&self, _: SegmentIndex) -> Option<SegmentCommitment> {
        None
    }
}

/// What a block's chain leads to, as far as headers tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderContext {
    /// The block's number.
    pub number: u32,
    /// The block's hash.
    pub hash: Hash,
    /// Weight, slot and outputs.
    pub chain_data: ChainData,
    /// Range of the era that its child belongs to.
    pub solution_range: SolutionRange,
    /// Slot of the block that ended the last era; 0 in the first era.
    pub era_start: Slot,
    /// Proof-of-time parameters after it.
    pub pot: PotParameters,
    /// Header of the newest segment.
    pub last_segment: Option<SegmentHeader>,
    /// What was followed since the [`Base`].
    news: News,
}

/// What headers say beyond what a [`Base`] knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct News {
    /// Of sources that are not used up.
    entropy: BTreeMap<u32, PotEntropy>,
    blocked_keys: BTreeSet<PublicKey>,
    commitments: BTreeMap<SegmentIndex, SegmentCommitment>,
}

impl HeaderContext {
    /// Of the chain's first block.
    pub fn genesis(hash: Hash, parameters: &ChainParameters) -> Self {
        let pot = PotParameters::genesis(parameters);
        let range = parameters.initial_solution_range;
        Self::of_block(0, hash, ChainData::default(), range, Slot(0), pot, None)
    }

    /// Of a block whose chain is known otherwise. The [`Base`] must know that chain too.
    pub fn of_block(
        number: u32,
        hash: Hash,
        chain_data: ChainData,
        solution_range: SolutionRange,
        era_start: Slot,
        pot: PotParameters,
        last_segment: Option<SegmentHeader>,
    ) -> Self {
        Self {
            number,
            hash,
            chain_data,
            solution_range,
            era_start,
            pot,
            last_segment,
            news: News::default(),
        }
    }
}

/// By what a chain of headers is followed.
#[derive(Debug)]
pub struct HeaderRules<'a, B> {
    /// Hash of the chain's first block.
    pub genesis_hash: Hash,
    /// Of the chain.
    pub parameters: &'a ChainParameters,
    /// Where the following begins.
    pub base: &'a B,
}

/// A header that follows its parent by every rule that costs little.
#[derive(Debug)]
pub struct FollowedHeader<Header> {
    sealed: SealedHeader<Header>,
    justification: PotJustification,
    parent: ChainData,
    context: ChildContext,
    segment_headers: Vec<SegmentHeader>,
}

/// A header that is a child by its links, with its seal apart.
struct Linked<Header> {
    number: u32,
    hash: Hash,
    sealed: SealedHeader<Header>,
}

/// A header, and what it leads to but for its outputs.
struct Next<Header> {
    number: u32,
    hash: Hash,
    sealed: SealedHeader<Header>,
    carried: Carried,
    step: Step,
    child: ChildContext,
}

/// The logs of a header by what becomes of them.
#[derive(Default)]
struct Carried {
    raised_iterations: Option<NonZeroU32>,
    blocked_keys: Vec<PublicKey>,
    segment_headers: Vec<SegmentHeader>,
}

impl Carried {
    fn new(logs: Vec<ConsensusLog>) -> Self {
        let mut carried = Self::default();
        for log in logs {
            match log {
                // Worked out anew, and compared.
                ConsensusLog::SolutionRange(_) => {}
                ConsensusLog::PotChange(change) => {
                    carried.raised_iterations = Some(change.iterations);
                }
                ConsensusLog::KeyBlocked(key) => carried.blocked_keys.push(key),
                ConsensusLog::SegmentHeader(header) => carried.segment_headers.push(header),
            }
        }
        carried
    }
}

impl<B: Base> HeaderRules<'_, B> {
    /// Follows a header with its seal on: `context` becomes that of the header. What it says is checked
    /// but for seal, solution and delay function: see [`FollowedHeader::verify`]. An error leaves
    /// `context` as it was.
    ///
    /// # Errors
    /// The first rule that the header breaks.
    pub fn follow<Header>(
        &self,
        context: &mut HeaderContext,
        header: Header,
        justifications: Option<Justifications>,
    ) -> Result<FollowedHeader<Header>, HeaderError>
    where
        Header: HeaderT<Number = u32>,
        Header::Hash: Into<Hash>,
    {
        let linked = self.linked(context, header)?;
        // Asked of unknown headers alone: after those that are followed as known, no outputs are there to tell.
        let slot = linked.sealed.pre_digest().slot;
        slot_in_reach(slot, &context.chain_data, self.parameters)?;
        let next = self.next(context, linked)?;
        let claim = next.sealed.pre_digest();
        let (justification, _) = one_justification(claim, justifications)?;
        let parent = self.parent(&context.chain_data, &next.child, &next.carried);
        let time = parent.claimed_time(claim, &justification)?;
        let outputs = time.outputs().to_vec();
        let segment_headers = next.carried.segment_headers.clone();
        let (sealed, child, parent) = self.advance(context, next, outputs);
        Ok(FollowedHeader {
            sealed,
            justification,
            parent,
            context: child,
            segment_headers,
        })
    }

    /// Follows a header of a block that was verified before, without its justification. Then `context`
    /// lacks the outputs that a child looks up: whoever goes on from there sets them.
    ///
    /// # Errors
    /// The first rule that the header breaks.
    pub fn follow_known<Header>(
        &self,
        context: &mut HeaderContext,
        header: Header,
    ) -> Result<(), HeaderError>
    where
        Header: HeaderT<Number = u32>,
        Header::Hash: Into<Hash>,
    {
        let linked = self.linked(context, header)?;
        let next = self.next(context, linked)?;
        self.advance(context, next, Vec::new());
        Ok(())
    }

    /// Link, digest, slot order.
    fn linked<Header>(
        &self,
        context: &HeaderContext,
        header: Header,
    ) -> Result<Linked<Header>, HeaderError>
    where
        Header: HeaderT<Number = u32>,
        Header::Hash: Into<Hash>,
    {
        let number = self.link(context, &header)?;
        let hash = header.hash().into();
        let sealed = sealed_header_shape(header)?;
        slot_after_parent(sealed.pre_digest().slot, context.chain_data.slot)?;
        Ok(Linked {
            number,
            hash,
            sealed,
        })
    }

    /// The other rules that do not depend on the justification: segments, logs.
    fn next<Header>(
        &self,
        context: &HeaderContext,
        linked: Linked<Header>,
    ) -> Result<Next<Header>, HeaderError>
    where
        Header: HeaderT<Number = u32>,
    {
        let Linked {
            number,
            hash,
            sealed,
        } = linked;
        let claim = sealed.pre_digest();
        let carried = Carried::new(consensus_logs(sealed.header()).map_err(BlockError::from)?);
        self.segments(context, number, &carried)?;
        let step = self.step(context, number, claim.slot, &carried);
        let child = self.child_context(context, claim, &step, &carried);
        let parent = self.parent(&context.chain_data, &child, &carried);
        let _ = parent.verify_logs(sealed.header())?;
        Ok(Next {
            number,
            hash,
            sealed,
            carried,
            step,
            child,
        })
    }

    fn parent<'b>(
        &'b self,
        chain_data: &'b ChainData,
        context: &'b ChildContext,
        carried: &'b Carried,
    ) -> Parent<'b> {
        Parent {
            genesis_hash: self.genesis_hash,
            parameters: self.parameters,
            chain_data,
            context,
            segment_headers: &carried.segment_headers,
        }
    }

    /// Makes `context` that of the next header. Gives back the header, the context that it was judged
    /// by, and its parent's data.
    fn advance<Header: HeaderT>(
        &self,
        context: &mut HeaderContext,
        next: Next<Header>,
        outputs: Vec<PotOutput>,
    ) -> (SealedHeader<Header>, ChildContext, ChainData) {
        let claim = next.sealed.pre_digest();
        // The iterations of the newest slot that it proves: its own injection is due later.
        let weight = block_weight(next.child.solution_range, next.step.pot.iterations);
        let chain_data = ChainData {
            weight: context.chain_data.weight.saturating_add(weight),
            slot: claim.slot,
            outputs,
        };
        let entropy = claim.entropy();
        let parent = std::mem::replace(&mut context.chain_data, chain_data);
        context.number = next.number;
        context.hash = next.hash;
        self.take_over(context, &next.step, next.carried, entropy);
        (next.sealed, next.child, parent)
    }

    /// The number of a header that is a child.
    fn link<Header>(&self, context: &HeaderContext, header: &Header) -> Result<u32, HeaderError>
    where
        Header: HeaderT<Number = u32>,
        Header::Hash: Into<Hash>,
    {
        let (actual, expected) = ((*header.parent_hash()).into(), context.hash);
        if actual != expected {
            return Err(HeaderError::NotAChild { actual, expected });
        }
        let number = *header.number();
        if context.number.checked_add(1) != Some(number) {
            return Err(HeaderError::Number {
                actual: number,
                parent: context.number,
            });
        }
        Ok(number)
    }

    fn segments(
        &self,
        context: &HeaderContext,
        number: u32,
        carried: &Carried,
    ) -> Result<(), HeaderError> {
        let blocked = carried.blocked_keys.len();
        if u32::try_from(blocked).map_or(true, |blocked| blocked > MAX_BLOCKED_KEYS) {
            return Err(HeaderError::BlockedKeys(blocked));
        }
        let mut previous = context.last_segment;
        for header in &carried.segment_headers {
            check_segment_header(header, previous.as_ref(), number, self.parameters)?;
            previous = Some(*header);
        }
        Ok(())
    }

    fn step(&self, context: &HeaderContext, number: u32, slot: Slot, carried: &Carried) -> Step {
        let before = BeforeStep {
            solution_range: context.solution_range,
            era_start: context.era_start,
            pot: context.pot,
            raised_iterations: carried.raised_iterations,
        };
        let known = &context.news.entropy;
        step(self.parameters, &before, number, slot, |source| {
            known
                .get(&source)
                .copied()
                .or_else(|| self.base.entropy(source))
        })
    }

    /// What the parent's state would answer.
    fn child_context(
        &self,
        context: &HeaderContext,
        claim: &PreDigest,
        step: &Step,
        carried: &Carried,
    ) -> ChildContext {
        let query = child_query(claim, self.parameters);
        let news = &context.news;
        let commitment = |index: SegmentIndex| {
            let known = news.commitments.get(&index).copied();
            known.or_else(|| self.base.segment_commitment(index))
        };
        let last = context.last_segment;
        ChildContext {
            parent_slot: context.chain_data.slot,
            history_size: last.map_or(HistorySize(0), |header| header.history_size()),
            solution_range: context
                .solution_range
                .for_block(claim.slot, context.chain_data.slot),
            key_blocked: news.blocked_keys.contains(&query.public_key)
                || self.base.is_key_blocked(&query.public_key),
            segment_commitment: commitment(query.segment),
            expiry_commitment: commitment(query.expiry_segment),
            pot: context.pot,
            logs: step.logs(carried.blocked_keys.iter().copied()),
        }
    }

    /// Makes the changes that the state of block `context.number` has over its parent's.
    fn take_over(
        &self,
        context: &mut HeaderContext,
        step: &Step,
        carried: Carried,
        entropy: PotEntropy,
    ) {
        if let Some(range) = step.solution_range {
            context.solution_range = range;
            context.era_start = context.chain_data.slot;
        }
        context.pot = step.pot;
        let news = &mut context.news;
        if let Some(source) = step.source {
            news.entropy.remove(&source);
        }
        if is_due(context.number, self.parameters.entropy_interval) {
            news.entropy.insert(context.number, entropy);
        }
        news.blocked_keys.extend(carried.blocked_keys);
        for header in carried.segment_headers {
            news.commitments
                .insert(header.segment_index, header.segment_commitment);
            context.last_segment = Some(header);
        }
    }
}
