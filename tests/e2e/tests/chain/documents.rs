//! README and the documents for users are true: every command in them runs, in order, in one shell, against
//! one development chain.
//!
//! What becomes of a block of commands stands behind its language:
//!
//! | fence | |
//! |---|---|
//! | `sh` | every line succeeds |
//! | `sh fails` | its last command fails, as the text says |
//! | `sh until=WORD` | runs until it has written the word, and then until Ctrl-C |
//! | `sh make` | names targets of the Makefile, which are there |

use allod_e2e::{Node, TIMEOUT, binary, run_within};
use std::{fmt::Write, fs, os::unix::fs::PermissionsExt, path::Path};

/// In the order in which a reader comes to them.
const DOCUMENTS: [&str; 4] = [
    "README.md",
    "docs/identities.md",
    "docs/json-rpc.md",
    "docs/networks.md",
];

/// What a user calls: the program itself, which asks this test's chain where nothing else is said, and
/// listens on ports that are free.
const WRAPPER: &str = r#"#!/usr/bin/env bash
given() { printf '%s\n' "$@" | grep -qx -- "$wanted"; }
add() { wanted=$1; given "${arguments[@]}" || arguments+=("$@"); }
arguments=("$@")
case $1 in
    node) add --rpc-port 0; add --port 0; add --prometheus-port 0; add --no-mdns ;;
    *) if ALLOD "$@" --help | grep -q -- '--url'; then add --url URL; fi ;;
esac
exec ALLOD "${arguments[@]}"
"#;

/// Waits until a node's output has a word, then stops the node as Ctrl-C does.
const UNTIL_WRITTEN: &str = r#"until_written() {
    while ! grep -q -- "$1" output; do
        kill -0 "$2" 2>/dev/null || { cat output >&2; exit 97; }
        sleep 0.2
    done
    kill -INT -- "-$2"
    wait "$2" || true
    grep -q 'Stopped: best #' output || { cat output >&2; exit 98; }
}
"#;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Succeeds,
    Fails,
    Until(String),
    Make,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Block {
    /// Document and line.
    place: String,
    kind: Kind,
    text: String,
}

fn kind(fence: &str) -> Option<Kind> {
    let mut words = fence.strip_prefix("```")?.split_whitespace();
    if words.next()? != "sh" {
        return None;
    }
    Some(match words.next() {
        None => Kind::Succeeds,
        Some("fails") => Kind::Fails,
        Some("make") => Kind::Make,
        Some(word) => match word.strip_prefix("until=") {
            Some(text) => Kind::Until(text.to_owned()),
            None => panic!("a block of unknown kind: {fence}"),
        },
    })
}

/// The blocks of commands in a document.
fn blocks(name: &str, document: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = document.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if !line.starts_with("```") {
            continue;
        }
        let text: Vec<&str> = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| *line != "```")
            .collect();
        if let Some(kind) = kind(line) {
            found.push(Block {
                place: format!("{name}:{}", index + 1),
                kind,
                text: text.join("\n"),
            });
        }
    }
    found
}

/// One script of all blocks, which says on standard error where it is.
fn script(repository: &Path, blocks: &[Block]) -> String {
    let mut script = format!("set -em\n{UNTIL_WRITTEN}cd '{}'\n", repository.display());
    for Block { place, kind, text } in blocks {
        writeln!(script, "echo '{place}' >&2").unwrap();
        match kind {
            Kind::Succeeds => writeln!(script, "{text}"),
            Kind::Fails => writeln!(script, "if (\n{text}\n); then exit 99; fi"),
            Kind::Until(word) => writeln!(
                script,
                "(\n{text}\n) >output 2>&1 &\nuntil_written '{word}' $!"
            ),
            Kind::Make => {
                for line in text.lines() {
                    assert!(line.starts_with("make "), "{place}: {line}");
                }
                let dry = text.replace("make ", "make -n -C REPOSITORY ");
                let dry = dry.replace("REPOSITORY", &format!("'{}'", repository.display()));
                writeln!(script, "(\n{dry}\n) >/dev/null")
            }
        }
        .unwrap();
    }
    script
}

#[test]
fn blocks_are_told_from_text_by_their_fence() {
    let document = "a\n```sh\none\ntwo\n```\n```text\nsh\n```\n```sh until=Won\nthree\n```\n";
    let expected = [
        ("D:2", Kind::Succeeds, "one\ntwo"),
        ("D:9", Kind::Until("Won".into()), "three"),
    ];
    let expected = expected.map(|(place, kind, text)| Block {
        place: place.into(),
        kind,
        text: text.into(),
    });
    assert_eq!(blocks("D", document), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_documents_does_what_it_says() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let repository = repository.canonicalize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(&folder.path().join("node"), &["dev"]).await;
    node.wait_for_block(2).await;

    let wrapper = WRAPPER
        .replace("ALLOD", binary().to_str().unwrap())
        .replace("URL", &node.url);
    let programs = folder.path().join("programs");
    fs::create_dir(&programs).unwrap();
    let program = programs.join("allod");
    fs::write(&program, wrapper).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();

    let mut all = Vec::new();
    for name in DOCUMENTS {
        let document = fs::read_to_string(repository.join(name)).unwrap();
        let found = blocks(name, &document);
        assert!(!found.is_empty(), "{name} has no commands");
        all.extend(found);
    }
    let address = node.url.trim_start_matches("ws://");
    let text = script(&repository, &all)
        .replace("127.0.0.1:9944", address)
        .replace("--port 30334", "--port 0")
        .replace("--rpc-port 9945", "--rpc-port 0")
        .replace("--prometheus-port 9616", "--prometheus-port 0");
    fs::write(folder.path().join("script"), text).unwrap();
    let path = std::env::var("PATH").unwrap();
    let environment = [
        format!("PATH={}:{path}", programs.display()),
        // Where nodes keep their data, and folders for the reader.
        format!("XDG_DATA_HOME={}", folder.path().join("data").display()),
        format!("TMPDIR={}", folder.path().display()),
    ];
    let mut arguments: Vec<&str> = environment.iter().map(String::as_str).collect();
    arguments.extend(["bash", "script"]);
    // Some sixty commands, of which a dozen wait for blocks.
    let limit = 3 * TIMEOUT;
    let answer = run_within(limit, "env", &arguments, folder.path()).await;
    assert_eq!(answer.code, 0, "{}\n{}", answer.out, answer.err);
    assert!(node.stop().await.success());
}
