//! What a fetched branch is worth: followed from where it parts, without any state.

use crate::{
    branch::{Branch, BranchError},
    chain::{AllodBlock, ChainClient, ClientChain, OwnChain},
    contexts::Contexts,
    protocol::HeaderRecord,
};
use allod_block_rules::{
    BlockError, RuleSchedule, UnknownRules, VerifyDelayFunction,
    fork_choice::BlockWeight,
    header_chain::{
        FollowedHeader, FromGenesis, HeaderContext, HeaderError, HeaderRules, Unverified,
        verify_many,
    },
};
use allod_consensus_primitives::{ConsensusLog, ENGINE_ID, PotJustification, consensus_logs};
use allod_core::{ChainParameters, PotCheckpoints, PotOutput, SegmentHeader};
use allod_kzg::Kzg;
use parity_scale_codec::DecodeAll;
use rand::Rng;
use sp_blockchain::Error as ClientError;
use sp_runtime::{
    Justifications,
    traits::{Block as BlockT, Header},
};
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

/// On the way over a long chain the context of every so many final blocks is kept.
const KEPT_INTERVAL: u32 = 1 << 16;

/// Blocks of a branch that are verified before all of them are, drawn by weight.
pub const SAMPLES: usize = 64;

/// Why a branch could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// Its block breaks a rule.
    #[error("block #{number} of the branch: {error}")]
    Wrong {
        /// Number of the first wrong block that was found.
        number: u32,
        /// The rule.
        error: HeaderError,
    },
    /// A segment that ends with a block of both chains is another one there.
    #[error(
        "block #{number} of the branch does not bring the segment headers that the own block #{number} brings, though they \
         are of blocks which both chains have"
    )]
    OtherSegments {
        /// Number of the block.
        number: u32,
    },
    /// The own chain cannot be followed up to where the branch parts.
    #[error("own block #{number}: {error}")]
    OwnBlock {
        /// Its number.
        number: u32,
        /// Why.
        error: HeaderError,
    },
    /// A block of the own chain is not here.
    #[error("own block #{0} is not in the database")]
    NoOwnBlock(u32),
    /// The database failed.
    #[error("database: {0}")]
    Client(#[from] ClientError),
    /// The branch cannot be read.
    #[error(transparent)]
    Branch(#[from] BranchError),
    /// Nobody waits for it any more.
    #[error("given up")]
    GivenUp,
}

impl JudgeError {
    /// Number of the first wrong block of the branch, if that is the error.
    pub fn wrong_block(&self) -> Option<u32> {
        match self {
            Self::Wrong { number, .. } | Self::OtherSegments { number } => Some(*number),
            Self::OwnBlock { .. }
            | Self::NoOwnBlock(_)
            | Self::Client(_)
            | Self::Branch(_)
            | Self::GivenUp => None,
        }
    }
}

/// By what branches are judged.
pub struct Judge<Block, Client, V> {
    /// The own chain.
    pub chain: ClientChain<Block, Client>,
    /// Of the chain.
    pub parameters: ChainParameters,
    /// Which rules of blocks hold from where.
    pub rules: RuleSchedule,
    /// Commitments and openings.
    pub kzg: Kzg,
    /// Who checks the delay function.
    pub delay_function: V,
    /// What the own chain leads to at some of its final blocks.
    pub contexts: Contexts,
}

/// Blocks that are verified together, the openings of all in one pairing product.
const TOGETHER: usize = 64;
/// Bytes of them after which no further one is taken: a justification may have 4 MiB.
const TOGETHER_BYTES: usize = 8 << 20;

/// How far a branch is verified.
enum Extent<'a> {
    /// Only what costs little.
    Followed,
    /// The blocks in which the chain's weight passes one of these.
    Samples(&'a BTreeSet<BlockWeight>),
    /// Every block.
    All,
}

type Followed<Block> = FollowedHeader<<Block as BlockT>::Header>;

/// Headers that are to be verified together.
struct Chosen<Block: BlockT> {
    numbers: Vec<u32>,
    headers: Vec<Followed<Block>>,
    bytes: usize,
}

impl<Block: BlockT> Default for Chosen<Block> {
    fn default() -> Self {
        Self {
            numbers: Vec::new(),
            headers: Vec::new(),
            bytes: 0,
        }
    }
}

impl<Block, Client, V> Judge<Block, Client, V>
where
    Block: AllodBlock,
    Client: ChainClient<Block>,
    V: VerifyDelayFunction,
{
    fn rules(&self) -> HeaderRules<'_, FromGenesis> {
        HeaderRules {
            genesis_hash: self.chain.genesis_hash(),
            parameters: &self.parameters,
            base: &FromGenesis,
        }
    }

    /// What the own chain up to block `number` leads to. Its blocks were verified when they were
    /// imported, so their headers do; justifications of old blocks may be pruned.
    pub fn own_context(&self, number: u32, stop: &AtomicBool) -> Result<HeaderContext, JudgeError> {
        let rules = self.rules();
        let mut context = match self.contexts.up_to(number) {
            Some(known) if self.is_own(&known)? => known,
            Some(_) | None => HeaderContext::genesis(rules.genesis_hash, &self.parameters),
        };
        let last_final = number.min(self.chain.finalized().number);
        let start = context.number.saturating_add(1);
        for number in start..=number {
            go_on(stop)?;
            let (header, _) = self.own_block(number)?;
            rules
                .follow_known(&mut context, header)
                .map_err(|error| JudgeError::OwnBlock { number, error })?;
            if number == last_final || (number < last_final && number % KEPT_INTERVAL == 0) {
                self.contexts.keep(context.clone());
            }
        }
        context.chain_data.outputs = self.own_outputs(&context)?;
        Ok(context)
    }

    /// Whether the own chain has the block of a context that was kept: what is final stays, so it has.
    fn is_own(&self, known: &HeaderContext) -> Result<bool, JudgeError> {
        Ok(self.chain.on_best_chain(known.number)? == Some(known.hash))
    }

    /// Header and justification of the own chain's block.
    fn own_block(&self, number: u32) -> Result<(Block::Header, Vec<u8>), JudgeError> {
        let hash = self.chain.on_best_chain(number)?;
        let record = hash.map(|hash| self.chain.record(hash)).transpose()?;
        record.flatten().ok_or(JudgeError::NoOwnBlock(number))
    }

    /// Outputs of the slots from an own block's to the newest one that it proves, by its justification
    /// and, for those that its ancestors proved, theirs.
    fn own_outputs(&self, block: &HeaderContext) -> Result<Vec<PotOutput>, JudgeError> {
        let wanted = self.parameters.block_authoring_delay.saturating_add(1);
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let (mut number, mut newest_first) = (block.number, Vec::new());
        while number > 0 && newest_first.len() < wanted {
            let (_, justification) = self.own_block(number)?;
            let justification = PotJustification::from_bytes(&justification).map_err(|error| {
                JudgeError::OwnBlock {
                    number,
                    error: BlockError::from(error).into(),
                }
            })?;
            let checkpoints = justification.checkpoints.iter().rev();
            newest_first.extend(checkpoints.map(PotCheckpoints::output));
            number = number.saturating_sub(1);
        }
        newest_first.truncate(wanted);
        newest_first.reverse();
        Ok(newest_first)
    }

    /// Takes off the blocks of a branch whose rules this release does not know: they are nobody's fault. None if there
    /// are none.
    pub fn cut_to_known_rules(&self, branch: &mut Branch) -> Option<UnknownRules> {
        let unknown = self.rules.first_unknown()?;
        branch
            .cut(unknown.from.saturating_sub(1))
            .then_some(unknown)
    }

    /// The weight of a branch's chain, by its slots and logs.
    ///
    /// # Errors
    /// [`JudgeError::Wrong`] if a header does not follow, [`JudgeError::OtherSegments`] if it brings forged segments.
    pub fn weigh(
        &self,
        branch: &Branch,
        fork: &HeaderContext,
        stop: &AtomicBool,
    ) -> Result<BlockWeight, JudgeError> {
        let weight = self.walk(branch, fork, &Extent::Followed, stop)?;
        self.common_segments(branch, fork, stop)?;
        Ok(weight)
    }

    /// The header of a segment enters `confirmation_depth` + 1 blocks after the last block in it (§5.5). So those that a
    /// branch brings up to there after it parts are of blocks that both chains have, and the own ones were verified.
    fn common_segments(
        &self,
        branch: &Branch,
        fork: &HeaderContext,
        stop: &AtomicBool,
    ) -> Result<(), JudgeError> {
        let depth = self.parameters.confirmation_depth;
        let last = fork.number.saturating_add(depth).saturating_add(1);
        let last = last.min(branch.tip_number());
        for number in fork.number.saturating_add(1)..=last {
            go_on(stop)?;
            let Some(hash) = self.chain.on_best_chain(number)? else {
                break;
            };
            let (own, _) = self
                .chain
                .record(hash)?
                .ok_or(JudgeError::NoOwnBlock(number))?;
            let (theirs, _) = branch_header::<Block>(branch, number)?;
            if segment_headers(&own) != segment_headers(&theirs) {
                // Only a chain on the same block can tell.
                return match self.chain.on_best_chain(fork.number)? == Some(fork.hash) {
                    true => Err(JudgeError::OtherSegments { number }),
                    false => Err(JudgeError::GivenUp),
                };
            }
        }
        Ok(())
    }

    /// Verifies 64 blocks, drawn by weight, of a branch whose chain weighs `weight`.
    ///
    /// # Errors
    /// [`JudgeError::Wrong`] if one of them breaks a rule.
    pub fn sample(
        &self,
        branch: &Branch,
        fork: &HeaderContext,
        weight: BlockWeight,
        stop: &AtomicBool,
    ) -> Result<(), JudgeError> {
        let start = fork.chain_data.weight;
        if weight <= start {
            return Ok(());
        }
        let mut random = rand::thread_rng();
        let drawn = (0..SAMPLES).map(|_| random.gen_range(start..weight));
        let drawn = drawn.collect();
        self.walk(branch, fork, &Extent::Samples(&drawn), stop)?;
        Ok(())
    }

    /// Verifies every block of a branch.
    ///
    /// # Errors
    /// [`JudgeError::Wrong`] with the first one that breaks a rule.
    pub fn verify(
        &self,
        branch: &Branch,
        fork: &HeaderContext,
        stop: &AtomicBool,
    ) -> Result<(), JudgeError> {
        self.walk(branch, fork, &Extent::All, stop)?;
        Ok(())
    }

    fn walk(
        &self,
        branch: &Branch,
        fork: &HeaderContext,
        extent: &Extent<'_>,
        stop: &AtomicBool,
    ) -> Result<BlockWeight, JudgeError> {
        let rules = self.rules();
        let (mut context, mut chosen) = (fork.clone(), Chosen::default());
        for number in fork.number.saturating_add(1)..=branch.tip_number() {
            go_on(stop)?;
            let before = context.chain_data.weight;
            let (followed, bytes) = match self.step(&rules, branch, &mut context, number) {
                Ok(followed) => followed,
                Err(error) => {
                    // What comes before it counts first.
                    self.verify_together(&rules, chosen, stop)?;
                    return Err(error);
                }
            };
            let verified = match extent {
                Extent::Followed => false,
                Extent::Samples(drawn) => drawn
                    .range(before..context.chain_data.weight)
                    .next()
                    .is_some(),
                Extent::All => true,
            };
            if verified {
                chosen.numbers.push(number);
                chosen.headers.push(followed);
                chosen.bytes = chosen.bytes.saturating_add(bytes);
            }
            if chosen.headers.len() >= TOGETHER || chosen.bytes >= TOGETHER_BYTES {
                self.verify_together(&rules, std::mem::take(&mut chosen), stop)?;
            }
        }
        self.verify_together(&rules, chosen, stop)?;
        Ok(context.chain_data.weight)
    }

    /// Verifies headers; the first wrong one counts.
    fn verify_together(
        &self,
        rules: &HeaderRules<'_, FromGenesis>,
        chosen: Chosen<Block>,
        stop: &AtomicBool,
    ) -> Result<(), JudgeError> {
        let Chosen {
            numbers, headers, ..
        } = chosen;
        let go_on = || !stop.load(Ordering::Relaxed);
        let verified = verify_many(&headers, rules, &self.kzg, &self.delay_function, go_on);
        verified.map(drop).map_err(|error| match error {
            Unverified::Wrong(wrong) => JudgeError::Wrong {
                number: numbers.get(wrong.position).copied().unwrap_or(u32::MAX),
                error: wrong.error.into(),
            },
            Unverified::GivenUp => JudgeError::GivenUp,
        })
    }

    fn step(
        &self,
        rules: &HeaderRules<'_, FromGenesis>,
        branch: &Branch,
        context: &mut HeaderContext,
        number: u32,
    ) -> Result<(Followed<Block>, usize), JudgeError> {
        let (header, record) = branch_header::<Block>(branch, number)?;
        let bytes = record.bytes();
        let justification = Justifications::from((ENGINE_ID, record.justification));
        let followed = rules.follow(context, header, Some(justification));
        let followed = followed.map_err(|error| JudgeError::Wrong { number, error })?;
        Ok((followed, bytes))
    }
}

/// A header of a branch, and the record that it comes from.
fn branch_header<Block: AllodBlock>(
    branch: &Branch,
    number: u32,
) -> Result<(Block::Header, HeaderRecord), JudgeError> {
    let record = branch.record(number)?.ok_or(BranchError::TooLong)?;
    // Its hash was compared when it was fetched, so it decodes.
    let header = Block::Header::decode_all(&mut &record.header[..])
        .map_err(|error| ClientError::Backend(error.to_string()))?;
    Ok((header, record))
}

/// The segment headers that a block brings; both chains' headers are known to have logs that can be read.
fn segment_headers(header: &impl Header) -> Vec<SegmentHeader> {
    let logs = consensus_logs(header).unwrap_or_default().into_iter();
    let headers = logs.filter_map(|log| match log {
        ConsensusLog::SegmentHeader(header) => Some(header),
        ConsensusLog::SolutionRange(_)
        | ConsensusLog::PotChange(_)
        | ConsensusLog::KeyBlocked(_) => None,
    });
    headers.collect()
}

fn go_on(stop: &AtomicBool) -> Result<(), JudgeError> {
    match stop.load(Ordering::Relaxed) {
        true => Err(JudgeError::GivenUp),
        false => Ok(()),
    }
}
