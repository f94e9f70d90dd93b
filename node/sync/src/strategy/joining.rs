//! Imports a branch that was compared, and nothing else meanwhile.

use super::{AllodSync, State};
use crate::{AllodBlock, branch::Branch, chain::Head};
use sp_blockchain::Error as ClientError;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a branch that is joined may stand still before the node asks around again.
const STANDSTILL: Duration = Duration::from_secs(60);

/// A branch that is being imported.
pub(super) struct Joining {
    pub(super) branch: Arc<Branch>,
    best: u32,
    moved_at: Instant,
}

impl Joining {
    /// Whether the branch is here, or stands still, now that the own chain is as it is.
    pub(super) fn has_ended(&mut self, own: Head, now: Instant) -> bool {
        if self.best != own.number {
            self.best = own.number;
            self.moved_at = now;
        }
        let arrived = own.number >= self.branch.tip_number();
        arrived || now.saturating_duration_since(self.moved_at) > STANDSTILL
    }
}

impl<Block: AllodBlock> AllodSync<Block> {
    /// Imports a branch that was compared.
    pub(super) fn join(&mut self, branch: Arc<Branch>, now: Instant) -> Result<(), ClientError> {
        tracing::info!(
            target: "sync",
            "Joining a heavier branch: {} blocks up to #{}, all of them verified",
            branch.blocks(),
            branch.tip_number(),
        );
        self.renew_inner()?;
        let tip = (branch.hash(branch.tip_number()), branch.tip_number());
        for (id, peer) in &mut self.peers {
            let has_it = peer.tip().is_some_and(|claimed| claimed.number >= tip.1);
            if let (Some(hash), true) = (tip.0, has_it) {
                peer.is_followed = true;
                self.inner.add_peer(*id, hash.into(), tip.1);
            }
        }
        self.stranded = None;
        self.state = State::Joining(Joining {
            branch,
            best: self.chain.best()?.number,
            moved_at: now,
        });
        Ok(())
    }
}
