//! The program itself: output and exit codes.

use std::{
    io::Write,
    process::{Command, Output},
};
use tempfile::NamedTempFile;

fn run(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_conformance"));
    program.args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn with(contents: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(contents.as_bytes()).unwrap();
    file
}

const TIME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/proof-of-time.json");

#[test]
fn success_is_0() {
    let output = run(&["proof-of-time", TIME]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "");
    assert_eq!(
        text(&output.stdout),
        "case 0: holds\ncase 1: holds\ncase 2: holds\ncase 3: holds\n\
         all hold\n4 passed, 0 failed\n"
    );
}

#[test]
fn failure_is_1() {
    let file = with(
        &std::fs::read_to_string(TIME)
            .unwrap()
            .replace("1024", "1040"),
    );
    let output = run(&["proof-of-time", file.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let text = text(&output.stdout);
    assert!(text.contains("\ncase 1: does not hold: prove: expected 9e9615d4"));
    assert!(text.ends_with("\nnot holding: case 1\n3 passed, 1 failed\n"));
}

#[test]
fn malformed_is_2() {
    let malformed = [
        "",
        "[",
        "{}",
        "[{}]",
        "[{\"seed\": \"00\"}]",
        &"[".repeat(100_000),
    ];
    for contents in malformed {
        let file = with(contents);
        let path = file.path().to_str().unwrap();
        for kind in ["proof-of-time", "proof-of-space", "kzg"] {
            let output = run(&[kind, path]);
            assert_eq!(output.status.code(), Some(2));
            assert_eq!(text(&output.stdout), "");
            let message = text(&output.stderr);
            assert_eq!(message.lines().count(), 1, "{message}");
            assert!(message.starts_with(&format!("{path}: ")), "{message}");
        }
    }
    let output = run(&["kzg", "/does/not/exist"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("/does/not/exist: "));
}

#[test]
fn space_is_proved() {
    let seed = "07".repeat(32);
    let mut found = [0, 0];
    for bucket in 0..6_u16 {
        let output = run(&["prove-space", &seed, &bucket.to_string()]);
        assert_eq!(output.status.code(), Some(0));
        let proof = text(&output.stdout).trim_end();
        if proof == "none" {
            found[0] += 1;
            continue;
        }
        found[1] += 1;
        let proof = hex::decode(proof).unwrap();
        // The s-bucket as a 17-bit number, left-aligned.
        let mut challenge = [0; 32];
        challenge[..4].copy_from_slice(&(u32::from(bucket) << 15).to_be_bytes());
        allod_proof_of_space::verify(17, &[7; 32], &challenge, &proof).unwrap();
    }
    assert!(found[1] > 0, "{found:?}");

    for wrong in [
        ["prove-space", "07", "1"],
        ["prove-space", &seed, "8192"],
        ["prove-space", &seed, "-1"],
        ["prove-space", &seed[1..], "1"],
    ] {
        assert_eq!(run(&wrong).status.code(), Some(2));
    }
}
