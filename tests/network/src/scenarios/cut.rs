//! Networks that are cut, and come together again.

use super::{DROPS, Network};
use crate::{
    chain::Chain,
    honest::{Honest, Part, Setup},
    hosts::Hosts,
};
use allod_e2e::{Node, eventually};

/// What a node says that verified a heavier chain which does not build on what is final here, and keeps its own.
const KEEPS: &str = "no blocks are made; `allod node --resync` joins it";

/// Two farmers on hosts of their own, with so many sectors each; none where there are no such hosts. The second one has
/// the first for a boot node, and the first has none.
async fn two_farmers(id: &str, depth: u32, sectors: [u32; 2]) -> Option<(Network, Hosts)> {
    let hosts = Hosts::new(2)?;
    let parts = (0..).zip(sectors).map(|(place, sectors)| {
        let setup = Setup {
            arguments: vec!["--sectors".into(), sectors.to_string()],
            host: Some(hosts.host(place)),
            ..Setup::default()
        };
        (Part::Farmer, setup)
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
    let Some((network, hosts)) = two_farmers("short-cut", 40, [2, 2]).await else {
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

/// After a cut longer than the confirmation depth, the side with the lighter chain verifies the other one and says so in
/// one line. If its chain is provisional, it drops it and joins the other one by itself; if not, it makes no blocks until
/// it joins by `--resync`. The other side goes on. Nobody is blamed.
pub async fn longer_than_the_depth() {
    provisional_side_is_lighter().await;
    compared_side_is_lighter().await;
}

/// Waits until a node says one of the two lines, which it does once, and gives what it said.
async fn verdict(node: &Node) -> &'static str {
    let said = eventually(
        "a node that says that its chain is the lighter one",
        || async {
            for line in [DROPS, KEEPS] {
                if node.count(line).await > 0 {
                    return Some(line);
                }
            }
            None
        },
    )
    .await;
    eprintln!("the lighter side: {said}");
    said
}

/// That a node has never found its chain to be the lighter one.
async fn assert_undisturbed(node: &Node) {
    for line in [DROPS, KEEPS] {
        assert_eq!(node.count(line).await, 0, "the heavier side: {line}");
    }
}

/// The first node knows no boot node: whatever it made by itself is provisional.
async fn provisional_side_is_lighter() {
    let Some((mut network, hosts)) = two_farmers("long-cut-provisional", 6, [1, 3]).await else {
        return;
    };
    apart(&network, &hosts, 14).await;
    let [lighter, heavier] = &mut network.honest.members[..] else {
        unreachable!("two farmers");
    };
    assert_eq!(verdict(&lighter.node).await, DROPS);
    // By the same process, at another port.
    lighter.node.wait_for_restart().await;
    assert_eq!(lighter.node.count(DROPS).await, 1, "said once");
    assert_undisturbed(&heavier.node).await;
    join(&network).await;
}

/// The second node's chain was compared with its boot node's: it holds on to what is final there.
async fn compared_side_is_lighter() {
    let Some((mut network, hosts)) = two_farmers("long-cut-compared", 6, [3, 1]).await else {
        return;
    };
    // By now its boot node has more than the first block, so that this start compares.
    let second = network.honest.members.remove(1).restart(&[]).await;
    network.honest.members.push(second);
    network.honest.go_on(2).await;
    network.honest.agree().await;

    apart(&network, &hosts, 14).await;
    let lighter = network.honest.members.remove(1);
    assert_eq!(verdict(&lighter.node).await, KEEPS);
    let before = lighter.node.best().await;
    network.honest.go_on(6).await;
    let after = lighter.node.best().await;
    // One may have been on its way.
    assert!(after <= before + 1, "it made {} blocks", after - before);
    assert_eq!(lighter.node.count(KEEPS).await, 1, "said once");
    assert_undisturbed(network.honest.first()).await;
    network.honest.assert_nobody_blamed().await;
    let joined = lighter.restart(&["--resync"]).await;
    network.honest.members.push(joined);
    join(&network).await;
}

/// Both sides end on one chain.
async fn join(network: &Network) {
    network.honest.agree().await;
    network.honest.assert_nobody_blamed().await;
    network.honest.assert_well().await;
}
