//! Nodes that follow one another, and that come together again after a cut.

use allod_e2e::{Node, binary, eventually, run};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

/// A node that neither farms nor keeps time.
async fn follower(folder: &Path, chain: &str, of: &Node) -> Node {
    let address = of.address().await;
    Node::start(
        folder,
        &[
            "node",
            "--chain",
            chain,
            "--no-mdns",
            "--bootnodes",
            &address,
        ],
    )
    .await
}

/// Panics unless both nodes have the same blocks, states and segments.
pub async fn agree(one: &Node, other: &Node, up_to: u64) {
    for number in 0..=up_to {
        let hash = one.hash(number).await.expect("the block is there");
        assert_eq!(
            other.hash(number).await,
            Some(hash.clone()),
            "block {number}"
        );
        let ours: Value = one.call("chain_getHeader", &[json!(hash)]).await;
        let theirs: Value = other.call("chain_getHeader", &[json!(hash)]).await;
        assert_eq!(ours["stateRoot"], theirs["stateRoot"]);
    }
    let segments: Vec<Value> = one
        .call("allod_segmentHeaders", &[json!(0), json!(1000)])
        .await;
    let theirs: Vec<Value> = other
        .call("allod_segmentHeaders", &[json!(0), json!(1000)])
        .await;
    let both = segments.len().min(theirs.len());
    assert!(both > 0);
    assert_eq!(segments[..both], theirs[..both]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_node_follows_also_late_and_after_a_pause() {
    let folder = tempfile::tempdir().unwrap();
    let second_folder = tempfile::tempdir().unwrap();
    let farming = Node::start(folder.path(), &["dev"]).await;
    farming.wait_for_block(12).await;

    // Late.
    let second = follower(second_folder.path(), "dev", &farming).await;
    let target = farming.best().await;
    second.wait_for_block(target).await;
    agree(&farming, &second, target).await;
    // New blocks.
    second.wait_for_block(target + 3).await;

    // After a pause.
    assert!(second.stop().await.success());
    farming.wait_for_block(target + 12).await;
    let second = follower(second_folder.path(), "dev", &farming).await;
    second.wait_for_block(target + 13).await;
    agree(&farming, &second, target + 13).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_farmers_cut_off_from_one_another_agree_again() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let plots = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let arguments = |place: usize| {
        let plot = plots[place]
            .path()
            .to_str()
            .expect("a temporary folder has a plain name");
        let mut list = vec!["node", "--chain", "local", "--no-mdns", "--farm", plot];
        list.extend(["--reward-address", ["//Alice", "//Bob"][place]]);
        list
    };
    // Each farms alone, with a clock of its own.
    let mut first_arguments = arguments(0);
    first_arguments.push("--timekeeper");
    let first = Node::start(folders[0].path(), &first_arguments).await;
    let mut second_arguments = arguments(1);
    second_arguments.push("--timekeeper");
    let second = Node::start(folders[1].path(), &second_arguments).await;
    first.wait_for_block(4).await;
    second.wait_for_block(3).await;
    assert_ne!(
        first.hash(2).await,
        second.hash(2).await,
        "they were cut off from one another"
    );
    assert!(second.stop().await.success());

    // Together again: the heavier chain is everybody's.
    let address = first.address().await;
    second_arguments.extend(["--bootnodes", &address]);
    let second = Node::start(folders[1].path(), &second_arguments).await;
    eventually("one chain", || async {
        let number = first
            .best()
            .await
            .min(second.best().await)
            .saturating_sub(2);
        let (one, other) = (first.hash(number).await, second.hash(number).await);
        (number > 4 && one.is_some() && one == other).then_some(())
    })
    .await;
    let common = first
        .best()
        .await
        .min(second.best().await)
        .saturating_sub(2);
    agree(&first, &second, common).await;
}

/// §8: after a cut longer than the confirmation depth each side keeps its own chain and says so, and
/// `--resync` joins the other one.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_cut_off_for_too_long_keeps_its_chain_until_it_is_told_to_resync() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let plot = tempfile::tempdir().unwrap();
    let plot = plot.path().to_str().expect("a plain name");
    let first = Node::start(folders[0].path(), &["dev"]).await;
    let alone = ["node", "--chain", "dev", "--no-mdns", "--timekeeper"];
    let farming = ["--farm", plot, "--reward-address", "//Bob"];
    let second = Node::start(folders[1].path(), &[&alone[..], &farming].concat()).await;
    // Six blocks deep is final on the development chain.
    first.wait_for_block(12).await;
    second.wait_for_block(9).await;
    let own = second.hash(2).await;
    assert_ne!(first.hash(2).await, own, "they were cut off");
    let left_at = second.best().await;
    assert!(second.stop().await.success());
    // Whoever has the lighter chain stops making blocks, so the first one's has to be the heavier; within an
    // era, that is the longer one. The second one may have made a block or two while it was stopping.
    first.wait_for_block(left_at + 4).await;

    let second = follower(folders[1].path(), "dev", &first).await;
    let rest = second.line("which is final here").await;
    assert!(rest.contains("--resync"), "{rest}");
    assert_eq!(second.hash(2).await, own);
    assert!(second.stop().await.success());

    let address = first.address().await;
    let resync = [&alone[..4], &["--bootnodes", &address, "--resync"]].concat();
    let second = Node::start(folders[1].path(), &resync).await;
    let target = first.best().await;
    second.wait_for_block(target).await;
    agree(&first, &second, target.saturating_sub(1)).await;
    assert_ne!(second.hash(2).await, own);
}

/// §8: whoever copies a plot and farms it twice has the key blocked sooner or later. A farmer notices before that.
#[tokio::test(flavor = "multi_thread")]
async fn a_farmer_whose_plot_was_copied_stops_with_one_line() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let plots = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let arguments = |place: usize| {
        let plot = plots[place].path().to_str().expect("a plain name");
        let list = ["node", "--chain", "local", "--no-mdns", "--farm", plot];
        [&list[..], &["--reward-address", "//Alice"]].concat()
    };
    let keeping_time = [arguments(0), vec!["--timekeeper"]].concat();
    let first = Node::start(folders[0].path(), &keeping_time).await;
    first.wait_for_block(2).await;
    assert!(first.stop().await.success());
    for entry in std::fs::read_dir(plots[0].path()).unwrap() {
        let entry = entry.unwrap();
        let copy = plots[1].path().join(entry.file_name());
        std::fs::copy(entry.path(), copy).unwrap();
    }

    // Its own blocks of before the start are no reason.
    let first = Node::start(folders[0].path(), &keeping_time).await;
    let address = first.address().await;
    let copied = [arguments(1), vec!["--bootnodes", &address]].concat();
    let second = Node::start(folders[1].path(), &copied).await;
    let said = "was sealed with this farmer's key";
    let rest = tokio::select! {
        rest = first.line(said) => rest,
        rest = second.line(said) => rest,
    };
    assert!(
        rest.contains("a copy of the plot is farmed elsewhere"),
        "{rest}"
    );
}

/// The development chain under another name: its parameters, but nodes that wait and compare.
async fn network_like_dev(folder: &Path) -> String {
    let spec = run(binary(), &["spec", "dev"], folder).await;
    assert_eq!(spec.code, 0, "{}", spec.err);
    let mut spec: Value = serde_json::from_str(&spec.out).expect("JSON");
    spec["id"] = json!("newcomers");
    spec["protocolId"] = json!("newcomers");
    spec["chainType"] = json!("Local");
    let path = folder.join("spec.json");
    std::fs::write(&path, spec.to_string()).expect("the folder is there");
    path.to_str().expect("a plain name").to_owned()
}

/// §8: a newcomer that meets somebody with a forged chain first, longer than the confirmation depth, takes
/// nothing of it, and ends on the chain of the boot node, which is heavier.
#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_is_not_won_by_the_first_chain_that_it_is_served() {
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let plots = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let chain = network_like_dev(folders[2].path()).await;
    let base = ["node", "--chain", &chain, "--no-mdns"];
    // Each farms alone, after a minute without peers; the second one's chain stays the lighter one.
    let mut made = Vec::new();
    for (place, (owner, blocks)) in [("//Alice", 14), ("//Bob", 8)].into_iter().enumerate() {
        let plot = plots[place].path().to_str().expect("a plain name");
        let farming = ["--timekeeper", "--farm", plot, "--reward-address", owner];
        let node = Node::start(folders[place].path(), &[&base[..], &farming].concat()).await;
        node.wait_for_block(blocks).await;
        let address = node.address().await;
        assert!(node.stop().await.success());
        made.push(address);
    }
    let newcomer = [&base[..], &["--bootnodes", &made[0]]].concat();
    let newcomer = Node::start(folders[2].path(), &newcomer).await;
    let of_newcomer = newcomer.address().await;
    let to_newcomer = [&base[..], &["--reserved-nodes", &of_newcomer]].concat();

    let forger = Node::start(folders[1].path(), &to_newcomer).await;
    newcomer.line("none of the boot and reserved nodes").await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    // Later it may give its chain up itself, for that of the newcomer.
    let (forged, forged_best) = (forger.hash(2).await, forger.best().await);
    assert!(forged_best >= 8);
    assert_eq!(newcomer.best().await, 0, "nothing was imported uncompared");

    let honest = Node::start(folders[0].path(), &to_newcomer).await;
    let best = honest.best().await;
    assert!(best > forged_best);
    newcomer.wait_for_block(best).await;
    agree(&honest, &newcomer, best).await;
    assert_ne!(newcomer.hash(2).await, forged);
    assert!(newcomer.finalized().await >= best - 6);
}

/// §8: a node that began alone has compared its chain with nobody's. It gives it up by itself for the boot node's, which
/// is heavier; plot and key stay. And a crash in the midst of that leaves a node that goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_began_alone_gives_its_chain_up_for_that_of_the_boot_node() {
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let plots = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let chain = network_like_dev(folders[2].path()).await;
    let arguments = |place: usize| {
        let plot = plots[place].path().to_str().expect("a plain name");
        let owner = ["//Alice", "//Bob"][place];
        let list = ["node", "--chain", &chain, "--no-mdns", "--timekeeper"];
        [&list[..], &["--farm", plot, "--reward-address", owner]].concat()
    };
    let first = Node::start(folders[0].path(), &arguments(0)).await;
    let second = Node::start(folders[1].path(), &arguments(1)).await;
    first.wait_for_block(9).await;
    second.wait_for_block(9).await;
    let (own, left_at) = (second.hash(2).await, second.best().await);
    assert_ne!(first.hash(2).await, own, "they were cut off");
    let peer = |address: &str| address.rsplit('/').next().map(str::to_owned);
    let identity = peer(&second.address().await);
    assert!(second.stop().await.success());
    let key = || std::fs::read(plots[1].path().join("farmer.key")).expect("a key");
    let plotted_with = key();
    // The second one may have made a block or two while it was stopping.
    first.wait_for_block(left_at + 4).await;

    let address = first.address().await;
    let joining = [&arguments(1)[..], &["--bootnodes", &address]].concat();
    let mut second = Node::start(folders[1].path(), &joining).await;
    let rest = second.line("which is final here: ").await;
    assert!(rest.contains("compared with no boot"), "{rest}");
    second.wait_for_restart().await;
    let target = first.best().await;
    second.wait_for_block(target).await;
    agree(&first, &second, target - 1).await;
    assert_ne!(second.hash(2).await, own);
    assert_eq!(key(), plotted_with);
    assert_eq!(peer(&second.address().await), identity);
    assert!(second.stop().await.success());

    // As a crash would leave it that comes while the database is removed.
    let kept = folders[1].path().join("chains/newcomers");
    std::fs::write(kept.join("resync"), "").expect("the folder is there");
    for entry in std::fs::read_dir(kept.join("paritydb/full")).expect("a database") {
        let file = entry.expect("a file").path();
        if file.extension().is_none() {
            std::fs::remove_file(file).expect("a file");
        }
    }
    let second = Node::start(folders[1].path(), &joining).await;
    assert_eq!(second.count("Dropped").await, 2);
    let target = first.best().await;
    second.wait_for_block(target).await;
    agree(&first, &second, target - 1).await;
    assert!(!kept.join("resync").exists());
}
