//! Chains that are forged from genesis on, served to a newcomer.

use crate::{
    attacker::Attacker,
    bad_blocks::wrong_time,
    chain::Chain,
    honest::{Honest, Member, Part, Setup},
    shadow::Shadow,
    stock::{Manner, Stock},
    wire,
};
use allod_block_rules::fork_choice::BlockWeight;
use allod_e2e::eventually;
use allod_import_tests::{block::Made, farming::Plan};
use allod_sync::protocol::Tip;
use futures::future::join_all;
use std::time::Duration;

/// Farmer of the forged chains.
const FORGER: u8 = 50;

/// A chain of a forger's own, and what it may claim of it.
async fn forged(chain: &Chain, blocks: u32) -> (Vec<Made>, Tip) {
    let shadow = Shadow::new(chain);
    let mut made = Vec::new();
    for _ in 0..blocks {
        let plan = Plan {
            farmer: FORGER,
            ..Plan::default()
        };
        let block = tokio::task::block_in_place(|| shadow.node.make(plan));
        shadow.node.accept(&block).await;
        made.push(block);
    }
    (made, shadow.tip())
}

fn forger(chain: &Chain, blocks: &[Made], tip: Tip, targets: &[String]) -> Attacker {
    let stock = Stock::new(tip);
    for block in blocks {
        stock.add(block);
    }
    Attacker::new(chain, stock, targets)
}

/// A newcomer among `count` peers who say much and show nothing joins the honest chain all the same: `manner` is theirs, and
/// the honest chain is what they begin with. Each that claims and delivers nothing costs a newcomer without a boot node a
/// minute, once.
pub async fn boasters_around_a_newcomer(count: usize, manner: Manner) {
    let folder = tempfile::tempdir().expect("a folder");
    let chain = Chain::like_development(folder.path(), "boasted", |parameters| {
        parameters.confirmation_depth = 12;
    })
    .await;
    let mut honest = Honest::start(&chain, &[Part::Farmer, Part::Follower]).await;
    let newcomer = Member::start(&chain, 2, Part::Follower, None, Setup::default()).await;
    let targets = [newcomer.address.clone()];
    let shadow = Shadow::new(&chain);
    shadow.follow(honest.first()).await;
    let boasters: Vec<Attacker> = (0..count)
        .map(|_| {
            let boaster = forger(&chain, &[], shadow.tip(), &targets);
            boaster.stock.answer_in(manner);
            boaster
        })
        .collect();
    join_all(boasters.iter().map(|boaster| boaster.connected(1))).await;
    let guide = guide(&chain, &honest, &newcomer).await;
    let before = honest.first().best().await;
    eventually("the newcomer to join the honest chain", || async {
        shadow.follow(honest.first()).await;
        for boaster in &boasters {
            // An inventor keeps no claim.
            boaster.stock.claim(shadow.tip());
        }
        (newcomer.node.best().await >= before).then_some(())
    })
    .await;
    honest.members.extend([newcomer, guide]);
    honest.agree().await;
    honest.assert_well().await;
}

/// A node of the honest chain that goes to a newcomer.
async fn guide(chain: &Chain, honest: &Honest, newcomer: &Member) -> Member {
    let known = ["--reserved-nodes".to_owned(), newcomer.address.clone()];
    let setup = Setup {
        arguments: known.into(),
        ..Setup::default()
    };
    let first = honest.members[0].address.clone();
    let guide = Member::start(chain, 3, Part::Follower, Some(&first), setup).await;
    guide.node.wait_for_block(honest.first().best().await).await;
    guide
}

/// A newcomer who meets eight forgers first bans them, and joins the honest chain when somebody comes who has it.
pub async fn forged_chains_before_an_honest_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let chain = Chain::like_development(folder.path(), "forged", |parameters| {
        parameters.confirmation_depth = 12;
    })
    .await;
    let mut honest = Honest::start(&chain, &[Part::Farmer, Part::Follower]).await;

    // Heavier than the honest chain, and its last block proves no time.
    let (mut heavy, mut tip) = forged(&chain, 60).await;
    let last = heavy.last_mut().expect("sixty blocks");
    wrong_time(last);
    tip.hash = last.hash().into();
    // Right, light, and said to be heavy.
    let (light, mut boast) = forged(&chain, 8).await;
    boast.weight = BlockWeight::MAX / 2;

    let newcomer = Member::start(&chain, 2, Part::Follower, None, Setup::default()).await;
    let targets = [newcomer.address.clone()];
    let forgers: Vec<Attacker> = (0..4)
        .flat_map(|_| {
            [
                forger(&chain, &heavy, tip, &targets),
                forger(&chain, &light, boast, &targets),
            ]
        })
        .collect();
    // Another genesis in the handshake: not even heard.
    let said = wire::handshake([9; 32], (tip.hash, tip.number));
    let stranger = Attacker::with_handshake(&chain, Stock::new(tip), &targets, said);

    for forger in &forgers {
        eventually("every forger to be off", || async {
            let heard = newcomer.has_peer(forger.id).await;
            let over = forger.stock.asked_for_tip() > 0 && forger.listeners() == 0;
            (!heard && over).then_some(())
        })
        .await;
    }
    assert!(!newcomer.has_peer(stranger.id).await, "another genesis");
    // What is right of a forged chain is heavier than nothing, so the newcomer may have taken it meanwhile.

    let guide = guide(&chain, &honest, &newcomer).await;
    honest.members.extend([newcomer, guide]);
    honest.agree().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    for forger in &forgers {
        honest.drop_off(forger, "a forged chain").await;
    }
    honest.assert_well().await;
}
