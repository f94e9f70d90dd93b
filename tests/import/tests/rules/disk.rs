//! The history on disks that lose, tear or change what was written, or take nothing more.

use allod_archiver::{
    Archiver, Error as ArchiverError,
    rebuild::{Step, rebuild},
};
use allod_core::{HistorySize, SegmentIndex};
use allod_import_tests::{
    farming::Plan,
    harness::{KZG, Node, parameters},
};
use allod_runtime::opaque::Block;
use allod_service::Client;
use sp_blockchain::HeaderBackend;
use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    path::Path,
};
use tempfile::TempDir;

/// Every file of a history but the journal, which says where it was begun.
type Files = BTreeMap<String, Vec<u8>>;

fn segments(folder: &Path) -> Files {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name != "journal")
        .map(|name| (name.clone(), fs::read(folder.join(name)).unwrap()))
        .collect()
}

fn copy_of(folder: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

fn open(node: &Node, folder: &Path) -> Result<Archiver<Block, Client>, ArchiverError> {
    Archiver::open(node.client.clone(), KZG.clone(), folder, &node.parameters)
}

/// A chain whose blocks end segments in every way: within a block, several in one block, and some
/// blocks after the newest segment.
async fn filled() -> Node {
    let node = Node::new(parameters());
    let mut nonces = 0..;
    for number in 1..=14_u8 {
        let count = match number {
            3 | 8 => 1,
            5 => 3,
            _ => 0,
        };
        let transactions = nonces.by_ref().take(count);
        let transactions = transactions.map(|nonce| node.long_remark(nonce)).collect();
        node.grow(Plan {
            transactions,
            ..Plan::default()
        })
        .await;
    }
    let last = node.client.info().finalized_number;
    node.archiver().archive_until(last).unwrap();
    node
}

fn cut(path: &Path, length: u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(length).unwrap();
}

fn flip(path: &Path, position: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[position] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

/// Whatever a power cut takes or leaves at the end of the files, the next start has the history that
/// there was, byte for byte, and goes on.
#[tokio::test]
async fn the_next_start_archives_again_what_a_power_cut_took() {
    let node = filled().await;
    let original = segments(&node.history_folder());
    let count = node.archiver().store().history_size().0;
    assert!(count > 5, "{count} segments");
    let compare = |case: &str, folder: &Path| {
        let archiver = open(&node, folder).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(
            archiver.store().history_size(),
            HistorySize(count),
            "{case}"
        );
        assert!(segments(folder) == original, "{case}");
        let last = node.client.info().finalized_number;
        assert_eq!(archiver.last_archived(), last, "{case}");
        drop(archiver);
        // And what was written is good: once more, with nothing to mend.
        assert_eq!(open(&node, folder).unwrap().last_archived(), last, "{case}");
    };
    let whole = length(&node.history_folder().join("journal"));
    for at in [0, 1, 3, 4, 40, whole / 2, whole - 20, whole - 1] {
        let copy = copy_of(&node.history_folder());
        let journal = copy.path().join("journal");
        cut(&journal, at);
        compare(&format!("journal cut at {at} of {whole}"), copy.path());
        let copy = copy_of(&node.history_folder());
        let journal = copy.path().join("journal");
        cut(&journal, at);
        cut(&journal, whole + 4096);
        compare(&format!("journal zero from {at} of {whole}"), copy.path());
        let copy = copy_of(&node.history_folder());
        flip(&copy.path().join("journal"), at as usize);
        compare(
            &format!("a bit of the journal flipped at {at}"),
            copy.path(),
        );
    }
    // The newest segments are lost though the journal is not, and with it.
    for kept in 0..count {
        for journal in [true, false] {
            let copy = copy_of(&node.history_folder());
            cut(&copy.path().join("headers"), kept * 128 + kept % 128);
            cut(&copy.path().join("headers"), count * 128);
            if !journal {
                fs::remove_file(copy.path().join("journal")).unwrap();
            }
            let case = format!("{kept} of {count} headers, journal: {journal}");
            compare(&case, copy.path());
        }
    }
    let copy = copy_of(&node.history_folder());
    for lost in count - 2..count {
        fs::remove_file(copy.path().join(format!("segment-{lost}"))).unwrap();
    }
    compare("pieces of the two newest segments lost", copy.path());
    let nothing = tempfile::tempdir().unwrap();
    compare("all of it lost", nothing.path());
}

/// Damage within is named, changes nothing, and is mended on request.
#[tokio::test]
async fn damage_within_is_reported_and_rebuilt() {
    let node = filled().await;
    let original = segments(&node.history_folder());
    let count = node.archiver().store().history_size().0;
    let rebuilt = |folder: &Path| {
        let mut repaired = Vec::new();
        let told = |step| match step {
            Step::Repaired(index) => repaired.push(index.0),
            Step::Whole(_) => {}
            Step::Done(size) => assert_eq!(size, HistorySize(count)),
        };
        rebuild(
            node.client.clone(),
            KZG.clone(),
            folder,
            &node.parameters,
            told,
        )
        .unwrap();
        assert!(segments(folder) == original);
        open(&node, folder).unwrap();
        repaired
    };
    for damaged in 0..count - 1 {
        let copy = copy_of(&node.history_folder());
        let path = copy.path().join(format!("segment-{damaged}"));
        cut(&path, length(&path) - 1);
        let error = open(&node, copy.path()).err().expect("it is damaged");
        let text = error.to_string();
        assert!(
            text.contains(&format!("segment-{damaged} is damaged")),
            "{text}"
        );
        assert!(text.contains("`allod history rebuild`"), "{text}");
        assert_eq!(rebuilt(copy.path()), [damaged]);
    }
    // A flipped bit is seen by whoever looks at the pieces.
    let copy = copy_of(&node.history_folder());
    flip(&copy.path().join("segment-2"), 1000);
    flip(&copy.path().join("segment-4"), 131_100);
    open(&node, copy.path()).unwrap();
    assert_eq!(rebuilt(copy.path()), [2, 4]);
    // Headers come again from the blocks.
    let copy = copy_of(&node.history_folder());
    flip(&copy.path().join("headers"), 3 * 128 + 5);
    assert!(matches!(
        open(&node, copy.path()),
        Err(ArchiverError::Damaged { offset: 384, .. })
    ));
    assert!(rebuilt(copy.path()).is_empty());
    assert!(rebuilt(&node.history_folder()).is_empty());
}

/// A segment that cannot be written stops the archiver before anything is built on it: the chain
/// does not go on without its header.
#[tokio::test]
async fn a_write_that_fails_stops_archiving_and_the_next_start_goes_on() {
    let (node, other) = (Node::new(parameters()), Node::new(parameters()));
    let archiver = node.archiver().clone();
    let in_the_way = node.history_folder().join("segment-1.tmp");
    fs::create_dir(&in_the_way).unwrap();
    let big = node.grow(Plan {
        transactions: vec![node.long_remark(0)],
        ..Plan::default()
    });
    let mut blocks = vec![big.await];
    blocks.extend([
        node.grow(Plan::default()).await,
        node.grow(Plan::default()).await,
    ]);
    assert_eq!(node.client.info().finalized_number, 1);
    let error = archiver.archive_until(1).unwrap_err();
    let cause = archiver.failed().await;
    assert_eq!(
        error.to_string(),
        format!("the archiver has stopped: {cause}")
    );
    assert!(cause.to_string().contains("segment-1.tmp"), "{cause}");
    assert!(cause.to_string().ends_with("start again: nothing is lost"));
    assert_eq!(archiver.failure().unwrap().to_string(), cause.to_string());
    // Not even with a disk that takes writes again: what is in memory is ahead of it.
    fs::remove_dir(&in_the_way).unwrap();
    let info = node.client.info();
    for answer in [
        archiver.archive_until(1).err(),
        archiver
            .headers_for_child(info.best_hash, info.best_number)
            .err(),
    ] {
        assert!(matches!(answer, Some(ArchiverError::Failed(_))));
    }

    let again = open(&node, &node.history_folder()).unwrap();
    for block in &blocks {
        other.accept(block).await;
    }
    other.archiver().archive_until(1).unwrap();
    assert!(again.store().header(SegmentIndex(1)).is_some());
    assert!(segments(&node.history_folder()) == segments(&other.history_folder()));
}
