//! Chains that are forged from genesis on, served to a newcomer.

use super::DROPS;
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
use allod_e2e::{Node, eventually};
use allod_import_tests::{block::Made, farming::Plan};
use allod_sync::protocol::Tip;
use futures::future::join_all;
use std::time::Duration;
use tokio::time::{Instant, sleep};

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

/// Blocks of the honest chain when the newcomer comes.
const HONEST_BLOCKS: u64 = 32;
/// Those of the long forged one, the last of which is wrong. The right ones are more than the confirmation depth, so that
/// some of them become final where they are taken, and weigh less than the honest chain.
const LONG_FORGED: u32 = 20;
/// Those of the short forged one.
const SHORT_FORGED: u32 = 8;
/// How often a newcomer may drop a copy of the chain on its way: where it begins anew, it may meet forgers first again.
const MOST_COPIES: usize = 3;
/// How long a newcomer may take that somebody has come to who has the honest chain.
const JOIN_LIMIT: Duration = Duration::from_secs(240);

/// A newcomer who meets eight forgers first parts from those whom it compares, takes no wrong block, and joins the honest
/// chain, which is heavier than what is right of theirs, soon after somebody comes who has it.
///
/// Until then it may take what is right of a forged chain, and drop that again: nobody has named a boot node to it. In the
/// end nothing forged is on its chain, and so nothing forged is final.
pub async fn forged_chains_before_an_honest_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let chain = Chain::like_development(folder.path(), "forged", |parameters| {
        parameters.confirmation_depth = 12;
    })
    .await;
    let mut honest = Honest::start(&chain, &[Part::Farmer, Part::Follower]).await;

    // Its last block proves no time.
    let (mut heavy, mut tip) = forged(&chain, LONG_FORGED).await;
    let last = heavy.last_mut().expect("some blocks");
    wrong_time(last);
    tip.hash = last.hash().into();
    // Right, light, and said to be heavy.
    let (light, mut boast) = forged(&chain, SHORT_FORGED).await;
    boast.weight = BlockWeight::MAX / 2;

    honest.first().wait_for_block(HONEST_BLOCKS).await;
    let shadow = Shadow::new(&chain);
    shadow.follow(honest.first()).await;
    assert!(
        shadow.tip().weight > tip.weight,
        "the honest chain is the heaviest"
    );

    // At the same port if it begins anew, so that all who know it find it again.
    let port = free_port().to_string();
    let setup = Setup {
        arguments: vec!["--port".into(), port],
        ..Setup::default()
    };
    let mut newcomer = Member::start(&chain, 2, Part::Follower, None, setup).await;
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

    // Whoever comes after what is right of the chain was taken is near, or lighter, and nothing is known against it.
    eventually("a forger who was compared to be off", || async {
        for forger in &forgers {
            let heard = newcomer.has_peer(forger.id).await || forger.listeners() > 0;
            if forger.stock.asked_for_tip() > 0 && !heard {
                return Some(());
            }
        }
        None
    })
    .await;
    assert!(!newcomer.has_peer(stranger.id).await, "another genesis");
    let taken = newcomer.node.best().await;
    eprintln!("the newcomer has taken {taken} blocks of a forged chain; somebody honest comes");
    assert!(taken < u64::from(LONG_FORGED), "a wrong block");

    let guide = guide(&chain, &honest, &newcomer).await;
    join(&mut newcomer, honest.first()).await;
    for block in heavy.iter().chain(&light) {
        let hash = newcomer.node.hash(block.header.number.into()).await;
        assert_ne!(hash, Some(format!("{:?}", block.hash())), "a forged block");
    }
    let number = newcomer.node.finalized().await;
    assert!(number > 0, "something is final");
    let final_here = newcomer.node.hash(number).await;
    assert_eq!(final_here, honest.first().hash(number).await);

    honest.members.extend([newcomer, guide]);
    honest.agree().await;
    honest.assert_well().await;
}

/// A port that nobody listens at.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

/// Waits until a newcomer is on an honest node's chain; it may begin anew on the way.
async fn join(newcomer: &mut Member, honest: &Node) {
    let began = Instant::now();
    loop {
        newcomer.node.follow_restarts().await;
        let number = honest.best().await.saturating_sub(2);
        let wanted = honest.hash(number).await;
        let parameters = [number.into()];
        let hash = newcomer.node.try_call("chain_getBlockHash", &parameters);
        let there: Result<Option<String>, String> = hash.await;
        let dropped = newcomer.node.count(DROPS).await;
        assert!(
            dropped <= MOST_COPIES,
            "it drops its copy of the chain again and again"
        );
        if there.is_ok_and(|hash| hash == wanted) {
            let seconds = began.elapsed().as_secs();
            eprintln!(
                "it is on the honest chain after {seconds} s, having begun anew {dropped} times"
            );
            return;
        }
        if began.elapsed() > JOIN_LIMIT {
            let log = newcomer.node.last_lines().await;
            panic!("the newcomer is not on the honest chain; it said last:\n{log}");
        }
        sleep(Duration::from_secs(1)).await;
    }
}
