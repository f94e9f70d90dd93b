//! The attacks, each upon a network of its own or upon one that has stood others.

pub mod blocks;
pub mod clocks;
pub mod cut;
pub mod disk;
pub mod genesis;
pub mod messages;
pub mod timekeeper;

use crate::{
    chain::Chain,
    honest::{Honest, Part},
    shadow::Shadow,
};
use tempfile::TempDir;

/// What a node says that verified a heavier chain which does not build on what is final here, and drops its own.
const DROPS: &str = "is dropped, and that chain joined";

/// A network, and what attackers know of its chain.
pub struct Network {
    /// The chain.
    pub chain: Chain,
    /// Its nodes.
    pub honest: Honest,
    /// The attackers' view.
    pub shadow: Shadow,
    _folder: TempDir,
}

impl Network {
    /// Two nodes that are attacked, one of which farms, and one that is left alone. A block is made every other
    /// second, and final after most of a minute.
    pub async fn small() -> Self {
        let parts = [Part::Farmer, Part::Follower, Part::Twin];
        Self::of("attacked", 20, |chain| async move {
            Honest::start(&chain, &parts).await
        })
        .await
    }

    /// Whatever nodes are started for a chain of this name and confirmation depth.
    async fn of<F: Future<Output = Honest>>(
        id: &str,
        depth: u32,
        start: impl FnOnce(Chain) -> F,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let chain = Chain::like_development(folder.path(), id, |parameters| {
            parameters.confirmation_depth = depth;
        })
        .await;
        let shadow = Shadow::new(&chain);
        let honest = start(chain.clone()).await;
        Self {
            chain,
            honest,
            shadow,
            _folder: folder,
        }
    }

    /// How many nodes are attacked.
    pub fn attacked(&self) -> usize {
        self.honest.attacked().count()
    }
}
