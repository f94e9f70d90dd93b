//! Floods of blocks: those that break a rule, siblings, and such from the future.

use super::Network;
use crate::{
    attacker::Attacker,
    bad_blocks::{BAD_BODIES, BAD_HEADERS, BadBlock},
    stock::Stock,
};
use allod_consensus_primitives::FarmingApi as _;
use allod_e2e::{Node, eventually};
use allod_import_tests::{
    block::Made,
    farming::{Farmer, Plan},
};
use allod_runtime::Hash;
use futures::future::join_all;
use serde_json::{Value, json};
use sp_api::ProvideRuntimeApi as _;
use sp_runtime::traits::Header as _;
use std::time::Duration;
use tokio::time::sleep;

/// Between two announcements of one peer: a node looks at four of one peer at a time, and drops what comes meanwhile.
const PACE: Duration = Duration::from_millis(100);
/// Attackers at a time: a node takes 32 peers that come to it.
const AT_ONCE: usize = 8;

/// Whether a node has a block, on whichever branch.
async fn has(node: &Node, block: &Made) -> bool {
    knows(node, &block.hash()).await
}

async fn knows(node: &Node, hash: &Hash) -> bool {
    let header: Value = node.call("chain_getHeader", &[json!(hash)]).await;
    !header.is_null()
}

impl Network {
    /// An attacker that knows the chain as it is and behaves well so far.
    fn attacker(&self) -> Attacker {
        let stock = Stock::new(self.shadow.tip());
        Attacker::new(&self.chain, stock, &self.honest.targets())
    }

    /// So many of them, to whom nodes listen.
    async fn attackers(&self, count: usize) -> Vec<Attacker> {
        self.shadow.follow(self.honest.first()).await;
        let attackers: Vec<Attacker> = (0..count).map(|_| self.attacker()).collect();
        join_all(attackers.iter().map(|it| it.followed(self.attacked()))).await;
        self.shadow.follow(self.honest.first()).await;
        attackers
    }

    /// A right block on the best one, by a farmer who never made any.
    pub(crate) fn made_by(&self, farmer: u8, skip: u64) -> Made {
        self.shadow.make(Plan {
            farmer,
            skip,
            ..Plan::default()
        })
    }

    /// Blocks of a block's claim, each with another time.
    fn siblings(&self, of: &Made, farmer: u8, skip: u64, count: u64) -> Vec<Made> {
        let claim = of.pre_digest();
        let sibling = |number| {
            let plan = Plan {
                parent: Some(of.header.parent_hash),
                farmer,
                skip,
                time: Some(crate::shadow::now() + number),
                ..Plan::default()
            };
            self.shadow.node.make_with(plan, |slot, _| {
                (slot == claim.slot).then(|| claim.solution.clone())
            })
        };
        tokio::task::block_in_place(|| (1..=count).map(sibling).collect())
    }
}

/// Every block that breaks a rule.
pub async fn bad_blocks(network: &Network) {
    bad_headers(network, BAD_HEADERS).await;
    bad_bodies(network, BAD_BODIES).await;
}

/// Whoever announces a header that breaks a rule is off; whoever announces the block as it should be is not, and the
/// block is taken.
pub async fn bad_headers(network: &Network, all: &[BadBlock]) {
    for (farmer, faults) in (1..).zip(all.chunks(AT_ONCE)) {
        let wave = Wave::begin(network, farmer, faults).await;
        let alike = vec![wave.right.clone(); faults.len()];
        wave.announce(&alike).await;
        let off = wave.attackers.iter().zip(faults);
        join_all(off.map(|(attacker, bad)| network.honest.drop_off(attacker, bad.fault))).await;
        taken(network, &wave.fair, &wave.right).await;
    }
}

/// The same of blocks whose headers are right: no node takes one, and whoever gave it to a node that asked is off there.
///
/// Some faults are not in the header. A node that was given one of those does not ask others for a block of that hash before
/// it is announced again, and has nothing against who was not asked: so each attacker has a block of its own.
pub async fn bad_bodies(network: &Network, all: &[BadBlock]) {
    const FIRST_FARMER: u8 = 40;
    for (farmer, faults) in (FIRST_FARMER..).zip(all.chunks(AT_ONCE)) {
        let wave = Wave::begin(network, farmer, faults).await;
        let count = u64::try_from(faults.len()).expect("a few");
        wave.announce(&network.siblings(&wave.right, farmer, 0, count))
            .await;
        let off = wave.attackers.iter().zip(faults);
        join_all(off.map(|(attacker, bad)| network.honest.drop_off_somewhere(attacker, bad.fault)))
            .await;
        taken(network, &wave.fair, &wave.right).await;
    }
}

/// A fair peer with a block that keeps every rule, and attackers who have a fault each.
struct Wave<'a> {
    fair: Attacker,
    right: Made,
    attackers: Vec<Attacker>,
    faults: &'a [BadBlock],
}

impl<'a> Wave<'a> {
    async fn begin(network: &Network, farmer: u8, faults: &'a [BadBlock]) -> Self {
        let names: Vec<&str> = faults.iter().map(|bad| bad.fault).collect();
        eprintln!("farmer {farmer} announces: {}", names.join("; "));
        let mut attackers = network.attackers(faults.len() + 1).await;
        let fair = attackers.pop().expect("one more");
        let right = network.made_by(farmer, 0);
        // A header whose parent is not there yet is not judged.
        let parent = right.header.parent_hash;
        for member in network.honest.attacked() {
            eventually("the parent of bad blocks", || async {
                knows(&member.node, &parent).await.then_some(())
            })
            .await;
        }
        Self {
            fair,
            right,
            attackers,
            faults,
        }
    }

    /// Each attacker announces the block in its place, with its fault.
    async fn announce(&self, blocks: &[Made]) {
        let each = self.attackers.iter().zip(self.faults).zip(blocks);
        join_all(each.map(|((attacker, bad), block)| {
            let mut wrong = block.clone();
            (bad.spoil)(&mut wrong);
            async move { attacker.announce(&wrong).await }
        }))
        .await;
    }
}

async fn taken(network: &Network, fair: &Attacker, right: &Made) {
    fair.announce(right).await;
    for member in network.honest.attacked() {
        eventually("the right block", || async {
            has(&member.node, right).await.then_some(())
        })
        .await;
        assert!(member.has_peer(fair.id).await, "who was fair is off");
    }
}

/// Of many blocks of one claim nodes take two beside the one that is built on, and the chain blocks the key.
///
/// One of them has to get into the chain, or there is nothing to report. That is a race with the honest farmer, so there are
/// some tries, each by another key.
pub async fn siblings(network: &Network) {
    for farmer in 100..110 {
        if siblings_of(network, farmer).await {
            return;
        }
    }
    panic!("none of ten claims with many blocks got into the chain");
}

/// Whether one of a farmer's siblings got into the chain. If so, the key is blocked.
async fn siblings_of(network: &Network, farmer: u8) -> bool {
    let attackers = network.attackers(3).await;
    let first = network.made_by(farmer, 0);
    let siblings = network.siblings(&first, farmer, 0, 30);
    for round in siblings.chunks(attackers.len()) {
        for (attacker, block) in attackers.iter().zip(round) {
            attacker.announce(block).await;
        }
        sleep(PACE).await;
    }
    network.honest.go_on(2).await;
    let height = u64::from(*first.header.number());
    let hashes: Vec<Value> = siblings.iter().map(|block| json!(block.hash())).collect();
    for member in network.honest.attacked() {
        let built_on = member.node.hash(height).await.map(Value::from);
        let mut aside = 0;
        for (block, hash) in siblings.iter().zip(&hashes) {
            aside += usize::from(built_on.as_ref() != Some(hash) && has(&member.node, block).await);
        }
        assert!(
            aside <= 2,
            "{aside} blocks of one claim lie aside from the chain"
        );
    }
    let built_on = network.honest.first().hash(height).await.map(Value::from);
    if !built_on.is_some_and(|hash| hashes.contains(&hash)) {
        return false;
    }
    let key = Farmer::new(farmer).public_key();
    eventually(
        "the key of who sealed two blocks for one claim to be blocked",
        || async {
            network.shadow.follow(network.honest.first()).await;
            let node = &network.shadow.node;
            let api = node.client.runtime_api();
            let blocked = api.is_key_blocked(node.best(), key);
            blocked.expect("the runtime answers").then_some(())
        },
    )
    .await;
    true
}

/// Blocks far ahead of time are held, a few of each peer, and the chain goes on without them.
pub async fn future_slots(network: &Network) {
    const FIRST_FARMER: u8 = 110;
    const AHEAD: u64 = 200;
    let attackers = network.attackers(3).await;
    for (farmer, attacker) in (FIRST_FARMER..).zip(&attackers) {
        let first = network.made_by(farmer, AHEAD);
        let skip = first.pre_digest().slot.0
            - network
                .shadow
                .node
                .chain_data(first.header.parent_hash)
                .slot
                .0
            - 1;
        for block in network.siblings(&first, farmer, skip, 40) {
            attacker.announce(&block).await;
            sleep(PACE).await;
        }
    }
    network.honest.go_on(5).await;
}
