//! The packages that build requests, `clients/javascript` and `clients/python`: their own tests, and
//! every call that they build carried out by a chain.

use allod_e2e::{Answer, Node, run};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn assert_success(answer: &Answer) {
    assert_eq!(answer.code, 0, "{}{}", answer.out, answer.err);
}

/// Copies every file that is in `from`, and in the folders that are named, into `to`.
fn copy(from: &Path, folders: &[&str], to: &Path) {
    for folder in [""].iter().chain(folders) {
        fs::create_dir_all(to.join(folder)).unwrap();
        for entry in fs::read_dir(from.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, to.join(folder).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
}

/// The JavaScript package with what it depends on, in a folder of its own that stands to the golden files as the
/// repository's does: `clients/javascript` in `folder`.
async fn javascript_package(folder: &Path) -> PathBuf {
    let package = folder.join("clients/javascript");
    copy(
        &repository().join("clients/javascript"),
        &["src", "test"],
        &package,
    );
    copy(
        &repository().join("tests/vectors"),
        &[],
        &folder.join("tests/vectors"),
    );
    assert_success(&run("npm", &["ci"], &package).await);
    package
}

/// What Node is called with: version 18 has Web Cryptography only if it is told.
async fn node_flags(folder: &Path) -> &'static [&'static str] {
    let version = run("node", &["--version"], folder).await.out;
    match version.starts_with("v18.") {
        true => &["--experimental-global-webcrypto"],
        false => &[],
    }
}

#[tokio::test]
async fn the_javascript_package_passes_its_tests() {
    let folder = tempfile::tempdir().unwrap();
    let package = javascript_package(folder.path()).await;
    let arguments = [node_flags(&package).await, &["--test"]].concat();
    let answer = run("node", &arguments, &package).await;
    assert_success(&answer);
    // The number of tests is counted differently by different versions.
    assert!(answer.out.contains("fail 0"), "{}", answer.out);
    assert!(!answer.out.contains("pass 0"), "{}", answer.out);
}

#[tokio::test]
async fn the_python_package_passes_its_tests() {
    let folder = repository().join("clients/python");
    // Without -B it would leave compiled modules in the repository.
    let answer = run("python3", &["-B", "-m", "unittest"], &folder).await;
    assert_success(&answer);
    assert!(answer.err.contains("Ran 25 tests"), "{}", answer.err);
    // Signatures need the package `cryptography`; without it their tests say that they were left out.
    print!("{}", answer.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_carries_out_every_call_that_the_javascript_package_builds() {
    let folder = tempfile::tempdir().unwrap();
    let client = tempfile::tempdir().unwrap();
    let source = repository().join("tests/clients");
    for name in [
        "package.json",
        "package-lock.json",
        ".npmrc",
        "people.mjs",
        "requests.mjs",
    ] {
        fs::copy(source.join(name), client.path().join(name)).unwrap();
    }
    assert_success(&run("npm", &["ci"], client.path()).await);

    let node = Node::start(folder.path(), &["dev"]).await;
    node.wait_for_block(2).await;
    let package = javascript_package(client.path()).await;
    let golden = fs::canonicalize(repository().join("tests/vectors/auto-id-calls.json")).unwrap();
    let arguments = [
        "requests.mjs",
        &node.url,
        package.to_str().unwrap(),
        golden.to_str().unwrap(),
    ];
    let arguments = [node_flags(client.path()).await, &arguments].concat();
    let answer = run("node", &arguments, client.path()).await;
    assert_success(&answer);
    // Four roots, eighteen more calls, a replay, the golden calls.
    assert_eq!(answer.out.matches("ok: ").count(), 23, "{}", answer.out);
    assert!(node.stop().await.success());
}
