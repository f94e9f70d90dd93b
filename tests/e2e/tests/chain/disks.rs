//! Disks that get full, that fail, and that lose what they had promised to keep.
//!
//! A small disk needs a file system of its own, so root; without, those tests say so and end.

use allod_e2e::{ANY_PORTS, Node, TIMEOUT, binary, disk::SmallDisk, eventually, run};
use std::{
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Fills a chain with transactions: each MiB is more than one segment.
fn fill(node: &Node, mebibytes: u32) -> tokio::process::Child {
    tokio::process::Command::new(binary().with_file_name("allod-load"))
        .args(["--url", &node.url, "--share", "1"])
        .args(["--fill", &mebibytes.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts")
}

/// Has some blocks archived beside genesis; gives the number of a block then.
async fn with_history(node: &Node) -> u64 {
    node.wait_for_block(1).await;
    let filled = fill(node, 3).wait().await.unwrap();
    assert!(filled.success());
    eventually("a second segment", || async {
        let size: u64 = node.call("allod_historySize", &[]).await;
        (size >= 2).then_some(())
    })
    .await;
    node.best().await
}

/// Starts the node again: it has what it had, goes on, and its history is what its blocks are.
async fn goes_on(folder: &Path, at_least: u64) {
    let node = Node::start(folder, &["dev"]).await;
    let resumed = node.best().await;
    assert!(
        resumed >= at_least,
        "at block {resumed}, which was {at_least}"
    );
    node.wait_for_block(resumed + 2).await;
    let verified = run(binary(), &["history", "verify", "--url", &node.url], folder).await;
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    assert!(verified.out.contains(" 0 differ"), "{}", verified.out);
    assert!(node.stop().await.success());
}

/// The last line of a node that ended by itself.
fn cause(log: &[String]) -> &str {
    let all = log.join("\n");
    assert!(!all.contains("everything is on disk"), "{all}");
    assert!(!all.contains("panicked"), "{all}");
    let last = log.last().unwrap();
    assert!(last.starts_with("allod: "), "{all}");
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_filled_stops_the_node_with_one_line_and_nothing_is_lost() {
    let Some(disk) = SmallDisk::mount(300) else {
        return;
    };
    let node = Node::start(&disk.path(), &["dev"]).await;
    let height = with_history(&node).await;
    disk.fill();
    let (status, log) = node.end().await;
    assert_eq!(status.code(), Some(2), "{}", log.join("\n"));
    let last = cause(&log);
    assert!(last.contains("make room"), "{last}");
    assert!(
        last.contains(disk.folder.path().to_str().unwrap()),
        "{last}"
    );

    // Still full: it does not begin.
    let base_path = disk.path();
    let dev = ["dev", "--base-path", base_path.to_str().unwrap()];
    let refused = run(binary(), &[&dev[..], &ANY_PORTS].concat(), &base_path).await;
    assert_eq!(refused.code, 2, "{}", refused.err);
    let last = refused.err.lines().last().unwrap();
    assert!(last.contains("MiB free, a node there needs"), "{last}");

    disk.make_room();
    // A block that was being written when there was no room any more may be made again.
    goes_on(&disk.path(), height - 1).await;
}

/// A full disk may show as a signal alone, where a page of a mapped file finds no room.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_finds_no_room_stops_the_node_with_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev"]).await;
    node.wait_for_block(2).await;
    let height = node.best().await;
    let (status, log) = node.stop_by("BUS").await;
    assert_eq!(status.code(), Some(2), "{}", log.join("\n"));
    let last = cause(&log);
    assert!(
        last.contains("a page of the database could not be written; make room"),
        "{last}"
    );
    goes_on(folder.path(), height).await;
}

/// A library that lets a process write no file of segments once a file is there that `FAILING` names: EIO.
const FAILING_DISK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int fd) {
    char link[64], path[4096];
    const char *switch_file = getenv("FAILING");
    if (!switch_file || access(switch_file, F_OK) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, "/history/segment-") != NULL;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    if (fails(fd)) { errno = EIO; return -1; }
    return real(fd, bytes, count);
}

int fsync(int fd) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fsync");
    if (fails(fd)) { errno = EIO; return -1; }
    return real(fd);
}
"#;

/// Compiles the library; none where there is no compiler.
fn failing_disk(folder: &Path) -> Option<PathBuf> {
    let (source, library) = (folder.join("failing.c"), folder.join("failing.so"));
    fs::write(&source, FAILING_DISK).unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(&source)
        .arg("-ldl")
        .status();
    if !compiled.is_ok_and(|status| status.success()) {
        allod_e2e::skipped("there is no C compiler");
        return None;
    }
    Some(library)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_cannot_be_written_stops_the_node_and_comes_out_the_same_later() {
    let folder = tempfile::tempdir().unwrap();
    let Some(library) = failing_disk(folder.path()) else {
        return;
    };
    let (data, switch) = (folder.path().join("data"), folder.path().join("broken"));
    let variables = [
        ("LD_PRELOAD", library.as_os_str()),
        ("FAILING", switch.as_os_str()),
    ];
    let node = Node::start_with(&data, &["dev"], &variables).await;
    let height = with_history(&node).await;
    File::create(&switch).unwrap();
    // Whoever fills the chain loses its node.
    let _filler = fill(&node, 8);
    let (status, log) = node.end().await;
    assert_eq!(status.code(), Some(2), "{}", log.join("\n"));
    let last = cause(&log);
    assert!(last.contains("/history/segment-"), "{last}");
    assert!(last.contains("Input/output error"), "{last}");
    assert!(last.contains("mend the disk"), "{last}");
    goes_on(&data, height - 1).await;
}

/// The files of a chain's history.
fn history(folder: &Path) -> PathBuf {
    folder.join("chains/allod-dev/history")
}

fn cut(path: &Path, bytes: u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(length.saturating_sub(bytes)).unwrap();
}

fn append_zeros(path: &Path, bytes: u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(length + bytes).unwrap();
}

fn newest_segment(folder: &Path) -> PathBuf {
    let size = fs::metadata(folder.join("headers")).unwrap().len() / 128;
    folder.join(format!("segment-{}", size - 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_power_cut_leaves_is_cut_off_and_archived_again() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev"]).await;
    let mut height = with_history(&node).await;
    node.kill().await;
    let history = history(folder.path());
    let damages: [fn(&Path); 5] = [
        |history| cut(&history.join("headers"), 40),
        |history| append_zeros(&history.join("headers"), 4_096),
        |history| cut(&newest_segment(history), 4_096),
        |history| cut(&history.join("journal"), 5),
        |history| append_zeros(&history.join("journal"), 4_096),
    ];
    for damage in damages {
        damage(&history);
        let node = Node::start(folder.path(), &["dev"]).await;
        assert!(node.best().await + 1 >= height);
        node.wait_for_block(height + 1).await;
        height = node.best().await;
        node.kill().await;
    }
    goes_on(folder.path(), height - 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_gone_is_made_again_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev"]).await;
    let height = with_history(&node).await;
    assert!(node.stop().await.success());
    for file in ["headers", "journal"] {
        fs::remove_file(history(folder.path()).join(file)).unwrap();
    }
    let node = Node::start(folder.path(), &["dev"]).await;
    node.line("is archived anew from the database").await;
    assert!(node.stop().await.success());
    goes_on(folder.path(), height).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_that_is_another_is_named_with_the_command_that_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev"]).await;
    with_history(&node).await;
    let path = history(folder.path()).join("segment-0");
    let mut bytes = fs::read(&path).unwrap();
    // A piece in the middle: half of the pieces are taken, so it may be passed over once or twice.
    let offset = 3 * 131_168 + 77;
    bytes[offset] ^= 1;
    fs::write(&path, bytes).unwrap();
    let named = format!(
        "history/segment-0 in the node's folder is damaged at byte {}",
        3 * 131_168
    );
    let verify = ["history", "verify", "--url", &node.url];
    let deadline = tokio::time::Instant::now() + TIMEOUT;
    let found = loop {
        let verified = run(binary(), &verify, folder.path()).await;
        if verified.code != 0 {
            break verified;
        }
        assert!(tokio::time::Instant::now() < deadline, "{}", verified.out);
    };
    assert_eq!(found.code, 2, "{}{}", found.out, found.err);
    let last = found.err.lines().last().unwrap();
    assert!(last.contains(&named), "{last}");
    assert!(last.contains("allod history rebuild"), "{last}");
    assert!(node.stop().await.success());
}
