//! What is printed ends without a panic when nobody reads it any more, or when its disk is full.

use allod_e2e::{Node, binary};
use std::{
    fs::{self, File},
    io,
    path::Path,
    process::{Command, Output, Stdio},
};

/// Commands that print something, and need no node.
const PRINTING: [&[&str]; 8] = [
    &["spec", "development"],
    &["spec", "local", "--raw"],
    &["spec", "list"],
    &["spec", "new", "--from", "network.toml"],
    &["--version"],
    &["node", "--help"],
    &["id", "new", "agent", "--out"],
    &["id", "csr", "agent", "--out"],
];

/// Runs a command in a folder, its output going there.
fn run(folder: &Path, arguments: &[String], stdout: impl Into<Stdio>) -> Output {
    Command::new(binary())
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .output()
        .unwrap()
}

/// A pipe that nobody reads.
fn unread() -> io::PipeWriter {
    let (_, writer) = io::pipe().unwrap();
    writer
}

/// A file on a disk that is full.
fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

fn check(folder: &Path, arguments: &[&str]) {
    let error = |output: &Output| String::from_utf8(output.stderr.clone()).unwrap();
    let output = run(folder, &with_file(arguments, "unread.pem"), unread());
    assert_eq!(
        output.status.code(),
        Some(141),
        "{arguments:?}: {}",
        error(&output)
    );
    assert_eq!(error(&output), "", "{arguments:?}");
    let output = run(folder, &with_file(arguments, "full.pem"), full());
    assert_eq!(
        output.status.code(),
        Some(2),
        "{arguments:?}: {}",
        error(&output)
    );
    assert_eq!(
        error(&output),
        "allod: cannot write the output: No space left on device (os error 28)\n",
        "{arguments:?}"
    );
}

/// With a file of its own for what may be written but once.
fn with_file(arguments: &[&str], file: &str) -> Vec<String> {
    let mut with_file: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    if arguments.last() == Some(&"--out") {
        with_file.push(format!("{}-{file}", arguments[1]));
    }
    with_file
}

#[test]
fn a_command_whose_output_is_not_read_or_fills_a_disk_ends_without_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let network = "name = \"N\"\nid = \"n\"\nsectors = 7\n";
    fs::write(folder.path().join("network.toml"), network).unwrap();
    for arguments in PRINTING {
        check(folder.path(), arguments);
    }
    // An error that cannot be told is one all the same.
    let output = Command::new(binary())
        .arg("dive")
        .stdout(Stdio::piped())
        .stderr(full())
        .output()
        .unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_one_that_asks_a_node() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev"]).await;
    node.wait_for_block(2).await;
    let (path, url) = (folder.path().to_owned(), node.url.clone());
    let checked = tokio::task::spawn_blocking(move || {
        check(&path, &["history", "verify", "--url", &url]);
    });
    checked.await.unwrap();
    assert!(node.stop().await.success());
}
