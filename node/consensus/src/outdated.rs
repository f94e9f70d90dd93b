//! What this release is too old for (§8): blocks whose rules it does not know, and states whose runtime speaks with nodes
//! in a way that it does not know.
//!
//! Neither is a fault of a peer, and no waiting helps: the node stops where its chain comes to such a block. It asks
//! before it judges, since an unknown version may change every rule, and an unknown interface every answer.

use crate::{Error, ImportContext};
use allod_block_rules::{RuleSchedule, UnknownRules};
use allod_consensus_primitives::FarmingApi;
use sp_api::{ApiError, ApiExt, ProvideRuntimeApi, RuntimeApiInfo};
use sp_runtime::traits::{Block as BlockT, NumberFor};

/// Why this release can judge no child of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Outdated {
    /// Its rules are of a later version.
    #[error(transparent)]
    Rules(#[from] UnknownRules),
    /// The block's runtime answers nodes otherwise.
    #[error(
        "the runtime after block {block} needs nodes with version {version} of FarmingApi, and this release has \
         version {known}: install a newer one"
    )]
    Interface {
        /// Number of the block.
        block: u32,
        /// The version that its runtime speaks.
        version: u32,
        /// The newest one that is known here.
        known: u32,
    },
}

/// Why this release can judge no child of block `number`; none if it can.
///
/// # Errors
/// The block's state cannot be read.
pub fn outdated<Block, Client>(
    client: &Client,
    rules: &RuleSchedule,
    block: Block::Hash,
    number: u32,
) -> Result<Option<Outdated>, ApiError>
where
    Block: BlockT,
    Client: ProvideRuntimeApi<Block>,
    Client::Api: FarmingApi<Block>,
{
    match rules.version_of(number.saturating_add(1)) {
        Err(unknown) => Ok(Some(unknown.into())),
        Ok(_) => newer_interface::<Block, _>(client, block, number),
    }
}

/// That the runtime after block `number` speaks with nodes in a later way than is known here; none if it does not.
///
/// A runtime of an older version is no obstacle: it has every method of the version that it names, and none is asked
/// of it that came later.
///
/// # Errors
/// The block's state cannot be read.
pub fn newer_interface<Block, Client>(
    client: &Client,
    block: Block::Hash,
    number: u32,
) -> Result<Option<Outdated>, ApiError>
where
    Block: BlockT,
    Client: ProvideRuntimeApi<Block>,
    Client::Api: FarmingApi<Block>,
{
    let known = <dyn FarmingApi<Block> as RuntimeApiInfo>::VERSION;
    let version = client
        .runtime_api()
        .api_version::<dyn FarmingApi<Block>>(block)?;
    // One without the interface refuses every question, with an error that says so.
    let newer = version.filter(|version| *version > known);
    Ok(newer.map(|version| Outdated::Interface {
        block: number,
        version,
        known,
    }))
}

impl<Block, Client> ImportContext<Block, Client>
where
    Block: BlockT,
    NumberFor<Block>: Into<u32>,
    Client: ProvideRuntimeApi<Block>,
    Client::Api: FarmingApi<Block>,
{
    /// That this release can judge a child of block `parent`, which has number `number`.
    pub(crate) fn can_judge_child(&self, parent: Block::Hash, number: u32) -> Result<(), Error> {
        match outdated::<Block, _>(&*self.client, &self.rules, parent, number)? {
            Some(outdated) => Err(outdated.into()),
            None => Ok(()),
        }
    }

    /// That this release knows the rules for a header, by the number that it says it has. If that is a lie, the rules
    /// that are known find it out.
    pub(crate) fn knows_rules_of(&self, number: NumberFor<Block>) -> Result<(), Error> {
        let known = self.rules.version_of(number.into());
        known.map_err(Outdated::from)?;
        Ok(())
    }
}
