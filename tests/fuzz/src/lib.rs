//! Fuzz targets: whatever parses bytes from outside.
//!
//! A target is a function over any bytes. It says whether it took them, and panics where a property does not hold;
//! beside "no panic in the parser" each asserts what its module tells: what was read is written as the same bytes, a
//! verdict is that of a slow twin, an error names an offset within the input.
//!
//! | module | targets |
//! |---|---|
//! | [`x509`] | certificates, revocation lists, requests, paths, names, PEM, private keys |
//! | [`blocks`] | digests, justifications, proofs of equivocation, solutions, gossip of proof-of-time, slots asked for and answers |
//! | [`sync`] | tips and headers that nodes ask one another for |
//! | [`history`] | segments and their items, histories of them, pieces |
//! | [`archive_files`] | the archiver's journal and segment headers |
//! | [`plot_files`] | key, signed claims and `plot.json` of a plot, sectors |
//! | [`identity`] | extrinsics, calls, arguments of calls and of runtime APIs, DIDs |
//! | [`json`] | JSON-RPC both ways, signature files, chain specifications |
//! | `scale` | none of its own: how SCALE is read for the others |
//!
//! # Corpus
//!
//! `corpus/TARGET/` is what fuzzing starts from, and what `cargo test` runs through every target. Files whose name is
//! that of a seed come from the target's [`Target::seeds`]; `cargo run --release -p allod-fuzz --example corpus` writes them.
//! `valid-*` must be taken, `invalid-*` be refused. Whatever else lies there was found by fuzzing, or comes from
//! another program, as its name says, and stays.

#![forbid(unsafe_code)]

pub mod archive_files;
pub mod blocks;
pub mod history;
pub mod identity;
pub mod json;
pub mod plot_files;
mod scale;
pub mod sync;
pub mod x509;

use std::path::PathBuf;
use tempfile::TempDir;

/// One thing that parses bytes from outside.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Name of it, and of its folder in the corpus.
    pub name: &'static str,
    /// Parses the bytes and checks what has to hold; whether they were taken.
    pub run: fn(&[u8]) -> bool,
    /// What fuzzing starts from; the same on every call.
    pub seeds: fn() -> Vec<Seed>,
}

/// A file of the corpus.
#[derive(Debug, Clone)]
pub struct Seed {
    /// `valid-…` if the target must take it, else `invalid-…`.
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Seed {
    fn valid(name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name: format!("valid-{name}"),
            bytes: bytes.into(),
        }
    }

    fn invalid(name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name: format!("invalid-{name}"),
            bytes: bytes.into(),
        }
    }
}

/// Every target.
pub fn targets() -> impl Iterator<Item = &'static Target> {
    [
        x509::TARGETS,
        blocks::TARGETS,
        history::TARGETS,
        archive_files::TARGETS,
        plot_files::TARGETS,
        identity::TARGETS,
        json::TARGETS,
        sync::TARGETS,
    ]
    .into_iter()
    .flatten()
}

/// Where a target's corpus lies.
pub fn corpus_folder(target: &Target) -> PathBuf {
    repository("tests/fuzz/corpus").join(target.name)
}

/// A folder for files to be parsed; in memory if `TMPDIR` is, as in fuzzing.
fn scratch() -> TempDir {
    tempfile::tempdir().expect("a folder for files")
}

/// A path in this repository.
fn repository(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../..", path].iter().collect()
}
