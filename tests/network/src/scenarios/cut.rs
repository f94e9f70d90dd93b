//! Networks that are cut, and come together again.

use super::Network;
use crate::{
    chain::Chain,
    honest::{Honest, Part, Setup},
    hosts::Hosts,
};
use allod_e2e::eventually;

/// What a node says whose final blocks are not those of the heavier chain.
const STRANDED: &str = "which is final here";

/// Two farmers on hosts of their own; none where there are no such hosts.
async fn two_farmers(id: &str, depth: u32) -> Option<(Network, Hosts)> {
    let hosts = Hosts::new(2)?;
    let parts = (0..2).map(|place| {
        let host = Some(hosts.host(place));
        (
            Part::Farmer,
            Setup {
                host,
                ..Setup::default()
            },
        )
    });
    let parts = parts.collect();
    let network = Network::of(id, depth, |chain: Chain| async move {
        Honest::set_up(&chain, parts).await
    });
    Some((network.await, hosts))
}

/// Lets each side make so many blocks by itself.
async fn apart(network: &Network, hosts: &Hosts, blocks: u64) {
    hosts.cut();
    network.honest.go_on(blocks).await;
    hosts.heal();
}

/// After a cut shorter than the confirmation depth, everybody has one chain again without help, and blames nobody. Some
/// of its blocks are compared before they are imported if it is longer than half the depth.
pub async fn shorter_than_the_depth() {
    let Some((network, hosts)) = two_farmers("short-cut", 40).await else {
        return;
    };
    for blocks in [4, 24] {
        apart(&network, &hosts, blocks).await;
        network.honest.agree().await;
        network.honest.go_on(3).await;
    }
    network.honest.assert_nobody_blamed().await;
    network.honest.assert_well().await;
}

/// After a cut longer than the confirmation depth, the side with the lighter chain says so, and makes no blocks until it
/// joins the other one by `--resync`. Nobody is blamed.
pub async fn longer_than_the_depth() {
    let Some((mut network, hosts)) = two_farmers("long-cut", 6).await else {
        return;
    };
    apart(&network, &hosts, 14).await;
    let members = &network.honest.members;
    let lighter = eventually(
        "a node that says that its chain is the lighter one",
        || async {
            for (place, member) in members.iter().enumerate() {
                if member.node.count(STRANDED).await > 0 {
                    return Some(place);
                }
            }
            None
        },
    )
    .await;
    network.honest.assert_nobody_blamed().await;
    let stranded = network.honest.members.remove(lighter);
    let before = stranded.node.best().await;
    network.honest.go_on(3).await;
    assert!(
        stranded.node.best().await <= before + 1,
        "it makes no blocks"
    );
    let joined = stranded.restart(&["--resync"]).await;
    network.honest.members.insert(lighter, joined);
    network.honest.agree().await;
    network.honest.assert_nobody_blamed().await;
    network.honest.assert_well().await;
}
