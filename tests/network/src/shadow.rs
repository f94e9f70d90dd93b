//! An attacker's own view of the chain: a node without a network that takes what the honest ones have, and makes
//! blocks on it.

use crate::chain::Chain;
use allod_consensus_primitives::{digest::seal_item, split_seal};
use allod_e2e::Node;
use allod_import_tests::{
    block::Made,
    farming::{Farmer, Plan},
    harness::Node as Offline,
};
use allod_runtime::{Hash, opaque::Block};
use allod_sync::protocol::Tip;
use serde_json::json;
use sp_blockchain::{BlockStatus, HeaderBackend as _};
use sp_runtime::generic::SignedBlock;
use std::time::{SystemTime, UNIX_EPOCH};

/// An attacker's view of the chain.
pub struct Shadow {
    /// Its node.
    pub node: Offline,
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("the clock is past 1970").as_millis();
    u64::try_from(now).expect("a time that is not far away")
}

impl Shadow {
    /// Knows genesis.
    pub fn new(chain: &Chain) -> Self {
        Self {
            node: chain.offline(),
        }
    }

    /// Takes every block of a node's best chain.
    pub async fn follow(&self, honest: &Node) {
        let mut hash: Hash = honest.call("chain_getBlockHash", &[]).await;
        let mut missing = Vec::new();
        while self.node.client.status(hash).expect("a database") == BlockStatus::Unknown {
            let block = self.fetch(honest, hash).await;
            hash = block.header.parent_hash;
            missing.push(block);
        }
        for block in missing.iter().rev() {
            self.node.accept(block).await;
        }
    }

    async fn fetch(&self, honest: &Node, hash: Hash) -> Made {
        let signed: SignedBlock<Block> = honest.call("chain_getBlock", &[json!(hash)]).await;
        let (header, seal) = split_seal(signed.block.header).expect("an honest block is sealed");
        Made {
            farmer: Farmer::new(0),
            genesis_hash: self.node.genesis_hash(),
            header,
            body: signed.block.extrinsics,
            justifications: signed.justifications,
            seals: vec![seal_item(&seal)],
        }
    }

    /// The best block as a claim.
    pub fn tip(&self) -> Tip {
        let info = self.node.client.info();
        let data = self.node.chain_data(info.best_hash);
        Tip {
            hash: info.best_hash.into(),
            number: info.best_number,
            slot: data.slot,
            weight: data.weight,
            final_number: info.finalized_number,
            final_hash: info.finalized_hash.into(),
        }
    }

    /// A block that keeps every rule, made now on the best one.
    pub fn make(&self, plan: Plan) -> Made {
        tokio::task::block_in_place(|| {
            self.node.make(Plan {
                time: Some(now()),
                ..plan
            })
        })
    }
}
