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

#[tokio::test]
async fn the_javascript_package_passes_its_tests() {
    let folder = repository().join("clients/javascript");
    let answer = run("node", &["--test"], &folder).await;
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
    let package = fs::canonicalize(repository().join("clients/javascript")).unwrap();
    let golden = fs::canonicalize(repository().join("tests/vectors/auto-id-calls.json")).unwrap();
    let arguments = [
        "requests.mjs",
        &node.url,
        package.to_str().unwrap(),
        golden.to_str().unwrap(),
    ];
    let answer = run("node", &arguments, client.path()).await;
    assert_success(&answer);
    // Four roots, eighteen more calls, a replay, the golden calls.
    assert_eq!(answer.out.matches("ok: ").count(), 23, "{}", answer.out);
    assert!(node.stop().await.success());
}
