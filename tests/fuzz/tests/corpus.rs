//! Everything that the corpus holds runs through its target.

use allod_fuzz::{Target, corpus_folder, targets};
use std::{collections::BTreeSet, fs, path::Path};

/// The corpus as a whole stays small enough to be kept in the repository.
const MAX_CORPUS_BYTES: usize = 100 << 10;

/// Names and bytes of a target's files, by name.
fn files(target: &Target) -> Vec<(String, Vec<u8>)> {
    let folder = corpus_folder(target);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_file_runs_through_its_target() {
    let mut wrong = Vec::new();
    for target in targets() {
        for (name, bytes) in files(target) {
            // Told by the test's output if the target panics.
            println!("{}/{name}", target.name);
            let taken = (target.run)(&bytes);
            let expected = match name.split_once('-') {
                Some(("valid", _)) => true,
                Some(("invalid", _)) => false,
                _ => continue,
            };
            if taken != expected {
                wrong.push(format!("{}/{name}", target.name));
            }
        }
    }
    assert!(wrong.is_empty(), "not as their names say: {wrong:?}");
}

#[test]
fn every_target_takes_something_and_refuses_something() {
    for target in targets() {
        let names: Vec<String> = files(target).into_iter().map(|(name, _)| name).collect();
        for kind in ["valid-", "invalid-"] {
            let found = names.iter().any(|name| name.starts_with(kind));
            assert!(found, "{} has no {kind}* in its corpus", target.name);
        }
    }
}

#[test]
fn every_seed_is_in_the_corpus() {
    for target in targets() {
        let files = files(target);
        for seed in (target.seeds)() {
            let found = files.iter().find(|(name, _)| *name == seed.name);
            let same = found.is_some_and(|(_, bytes)| *bytes == seed.bytes);
            assert!(
                same,
                "{}/{}: run the example corpus",
                target.name, seed.name
            );
        }
    }
}

#[test]
fn every_folder_is_that_of_a_target_and_the_whole_is_small() {
    let names: BTreeSet<&str> = targets().map(|target| target.name).collect();
    assert_eq!(names.len(), targets().count(), "two targets of one name");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folders: BTreeSet<String> = fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(folders.iter().eq(names), "{folders:?}");
    let all = targets().flat_map(files).map(|(_, bytes)| bytes.len());
    let total: usize = all.sum();
    assert!(total <= MAX_CORPUS_BYTES, "{total} bytes");
}
