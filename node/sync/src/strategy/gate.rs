//! The gate: which blocks that the SDK's strategy wants to import may pass.

use super::{AllodSync, State};
use crate::AllodBlock;
use allod_core::Hash;
use sc_consensus::IncomingBlock;
use sc_network::PeerId;
use sp_blockchain::Error as ClientError;
use sp_runtime::traits::Header as _;
use std::{collections::HashSet, time::Instant};

impl<Block: AllodBlock> AllodSync<Block> {
    /// Whether blocks that the SDK's strategy wants to import are within what may be imported.
    pub(super) fn may_pass(
        &mut self,
        blocks: &[IncomingBlock<Block>],
    ) -> Result<bool, ClientError> {
        for block in blocks {
            let Some(header) = &block.header else {
                continue;
            };
            let (number, hash) = (*header.number(), block.hash.into());
            if self.chain.number_and_parent(hash)?.is_some() {
                continue;
            }
            let passes = match &self.state {
                State::Waiting { .. } => false,
                State::Joining(joining) => joining.branch.hash(number) == Some(hash),
                State::Following => {
                    let parent = (*header.parent_hash()).into();
                    match self.fork_of(number.saturating_sub(1), parent)? {
                        // The import queue knows no such parent either.
                        None => true,
                        Some(fork) => {
                            self.passed.insert(hash, fork);
                            fork >= self.lowest_fork()
                                && number.saturating_sub(fork) < self.margin()
                        }
                    }
                }
            };
            if !passes {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Nothing may part below the final block, nor below the checkpoint, which the best chain has.
    fn lowest_fork(&self) -> u32 {
        let checkpoint = self.settings.checkpoint.map_or(0, |at| at.number);
        self.chain.finalized().number.max(checkpoint)
    }

    /// Number of the block of the best chain that a block builds on; none if it is not known.
    pub(super) fn fork_of(
        &mut self,
        mut number: u32,
        mut hash: Hash,
    ) -> Result<Option<u32>, ClientError> {
        let finalized = self.chain.finalized().number;
        loop {
            if self.chain.on_best_chain(number)? == Some(hash) {
                return Ok(Some(number));
            }
            if let Some((_, parent)) = self.chain.number_and_parent(hash)? {
                if number <= finalized {
                    return Ok(Some(finalized.saturating_sub(1)));
                }
                (number, hash) = (number.saturating_sub(1), parent);
            } else {
                return Ok(self.passed.get(&hash).copied());
            }
        }
    }

    /// The SDK's strategy wants to import what must be compared first: its peers are asked again, and
    /// those that brought the blocks are compared even if their claim is near.
    pub(super) fn hold(
        &mut self,
        blocks: &[IncomingBlock<Block>],
        now: Instant,
    ) -> Result<(), ClientError> {
        let origins: HashSet<PeerId> = blocks.iter().filter_map(|block| block.origin).collect();
        tracing::debug!(target: "sync", "{} blocks are compared before they are imported", blocks.len());
        let again: Vec<_> = self
            .peers
            .iter()
            .filter(|(id, peer)| peer.is_followed && !origins.contains(id))
            .map(|(id, peer)| (*id, peer.best))
            .collect();
        self.renew_inner()?;
        for (id, (hash, number)) in again {
            if let Some(peer) = self.peers.get_mut(&id) {
                peer.is_followed = true;
                self.inner.add_peer(id, hash.into(), number);
            }
        }
        for peer in origins {
            if let Some(peer) = self.peers.get_mut(&peer) {
                peer.suspect(now);
                peer.forget();
            }
        }
        Ok(())
    }
}
