//! A node of a network whose disk gets full.

use super::Network;
use crate::honest::{Member, Part, Setup};
use allod_e2e::disk::SmallDisk;

/// A follower whose disk is filled stops by itself, and says why; nobody else notices. With room again it follows.
pub async fn full() {
    let Some(disk) = SmallDisk::mount(300) else {
        return;
    };
    let mut network = Network::small().await;
    let known = network.honest.members[0].address.clone();
    let setup = Setup {
        data: Some(disk.path()),
        ..Setup::default()
    };
    let start =
        |setup: Setup| Member::start(&network.chain, 3, Part::Follower, Some(&known), setup);
    let member = start(setup.clone()).await;
    member
        .node
        .wait_for_block(network.honest.first().best().await)
        .await;
    disk.fill();
    let (status, log) = member.node.end().await;
    let last = log.last().expect("it said something");
    assert_eq!(status.code(), Some(2), "{last}");
    assert!(last.contains("make room"), "{last}");
    network.honest.go_on(5).await;
    network.honest.assert_nobody_blamed().await;

    disk.make_room();
    let member = start(setup).await;
    network.honest.members.push(member);
    network.honest.agree().await;
    network.honest.assert_nobody_blamed().await;
    network.honest.assert_well().await;
}
