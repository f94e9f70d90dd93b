//! Announcements of blocks (§8): a header that is bad is found out before its body is fetched.
//!
//! The validator does not know which peer announced a header, so it blames nobody. What it finds goes
//! into the [`Verdicts`](crate::Verdicts), and the announcement passes on, as do those whose parent is
//! not here; whoever knows the peer asks the verdicts. Skipped, without blame and without effect,
//! are surplus siblings and what this node cannot judge for a reason of its own.

use crate::{BlockVerdict, Error, ImportClient, ImportContext, check::blocking};
use allod_block_rules::sealed_header_shape;
use allod_consensus_primitives::Claim;
use futures::FutureExt as _;
use sp_consensus::block_validation::{BlockAnnounceValidator, Validation};
use sp_runtime::traits::{Block as BlockT, Header as HeaderT, NumberFor};
use std::{pin::Pin, sync::Arc};

/// Checks announced headers.
pub struct AnnounceValidator<Block: BlockT, Client> {
    context: Arc<ImportContext<Block, Client>>,
}

/// What becomes of an announcement.
#[derive(Debug, PartialEq, Eq)]
enum Announced {
    /// Sync is told, good or bad.
    PassOn,
    /// As if it had not come.
    Skip(&'static str),
}

const SURPLUS: Announced =
    Announced::Skip("two blocks of the announced block's claim are here already");

/// Why an announcement is skipped.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Skipped(&'static str);

impl<Block: BlockT, Client> AnnounceValidator<Block, Client> {
    /// Judges by what import works with.
    pub fn new(context: Arc<ImportContext<Block, Client>>) -> Self {
        Self { context }
    }
}

impl<Block, Client> ImportContext<Block, Client>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: ImportClient<Block>,
{
    fn announced(&self, header: Block::Header) -> Announced {
        let hash = header.hash();
        if self.verdicts.is_condemned(&hash) {
            return Announced::PassOn;
        }
        match self.judge_header(hash, header) {
            Ok(announced) => announced,
            Err(error) => {
                self.verdicts.remember(hash, &error);
                match error.verdict() {
                    BlockVerdict::Objective
                    | BlockVerdict::Sender
                    | BlockVerdict::UnknownParent => {
                        tracing::debug!(target: "farming", "Announced block {hash}: {error}");
                        Announced::PassOn
                    }
                    BlockVerdict::Local => self.local_doubt(&error),
                }
            }
        }
    }

    /// A state that is not here is as good as a parent that is not here: sync knows what to do.
    fn local_doubt(&self, error: &Error) -> Announced {
        if error.is_of_missing_state() {
            Announced::PassOn
        } else {
            tracing::debug!(target: "farming", "An announcement cannot be judged: {error}");
            Announced::Skip("this node cannot judge the announced block")
        }
    }

    fn judge_header(&self, hash: Block::Hash, header: Block::Header) -> Result<Announced, Error> {
        self.knows_rules_of(*header.number())?;
        let sealed = sealed_header_shape(header)?;
        if self.siblings.is_parked(&hash) {
            return Ok(SURPLUS);
        }
        if self.is_known(hash)? {
            return Ok(Announced::PassOn);
        }
        self.check_announced(&sealed)?;
        if self
            .siblings
            .is_surplus(&Claim::from(sealed.pre_digest()), &hash)
        {
            return Ok(SURPLUS);
        }
        Ok(Announced::PassOn)
    }
}

impl<Block, Client> BlockAnnounceValidator<Block> for AnnounceValidator<Block, Client>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: ImportClient<Block>,
{
    fn validate(
        &mut self,
        header: &Block::Header,
        data: &[u8],
    ) -> Pin<Box<dyn Future<Output = Result<Validation, Box<dyn std::error::Error + Send>>> + Send>>
    {
        if !data.is_empty() {
            // Of this chain's blocks nothing is said beside the header.
            let failure = Validation::Failure { disconnect: true };
            return futures::future::ready(Ok(failure)).boxed();
        }
        let (context, header) = (self.context.clone(), header.clone());
        async move {
            let announced = blocking(move || Ok(context.announced(header))).await;
            match announced {
                Ok(Announced::PassOn) => Ok(Validation::Success { is_new_best: false }),
                Ok(Announced::Skip(why)) => {
                    Err(Box::new(Skipped(why)) as Box<dyn std::error::Error + Send>)
                }
                Err(error) => Err(Box::new(error) as Box<dyn std::error::Error + Send>),
            }
        }
        .boxed()
    }
}
