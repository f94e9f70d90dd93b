//! Nodes whose clocks are wrong. Takes libfaketime, Debian's package `faketime`.

use crate::{
    chain::Chain,
    honest::{Honest, Part, Setup},
};
use allod_e2e::eventually;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// Where the library may lie, if no variable of this name says so.
const VARIABLE: &str = "LIBFAKETIME";

/// The library; none, with a line that says so, where it is not installed.
fn library() -> Option<PathBuf> {
    let named = std::env::var_os(VARIABLE).map(PathBuf::from);
    let installed = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let installed = installed.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"));
    let found = named
        .into_iter()
        .chain(installed)
        .find(|path| path.is_file());
    if found.is_none() {
        eprintln!(
            "skipped: wrong clocks take libfaketime (package `faketime`, or {VARIABLE}=FILE)"
        );
    }
    found
}

/// A clock that can be set while its node runs.
struct Clock {
    file: PathBuf,
}

impl Clock {
    fn new(folder: &Path, name: &str, offset: &str) -> Self {
        let clock = Self {
            file: folder.join(name),
        };
        clock.set(offset);
        clock
    }

    fn set(&self, offset: &str) {
        fs::write(&self.file, offset).expect("the folder is there");
    }

    /// A node by this clock. How long something takes, it measures rightly.
    fn setup(&self, library: &Path) -> Setup {
        Setup {
            variables: vec![
                ("LD_PRELOAD", library.into()),
                ("FAKETIME_TIMESTAMP_FILE", self.file.clone().into()),
                ("FAKETIME_CACHE_DURATION", "1".into()),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
                ("DONT_FAKE_MONOTONIC", "1".into()),
                ("FAKETIME_DISABLE_SHM", "1".into()),
            ],
            ..Setup::default()
        }
    }
}

/// Clocks an hour off, ahead and behind: nobody is blamed, no node stops, those with the right time go on, and the others
/// are with them once their clocks are right. Then a clock is set back while its node runs.
pub async fn off_by_an_hour() {
    let Some(library) = library() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let chain = Chain::like_development(folder.path(), "clocks", |parameters| {
        parameters.confirmation_depth = 200;
    })
    .await;
    let right = "+0";
    let clocks = ["ahead", "behind", "back"].map(|name| Clock::new(folder.path(), name, right));
    let mut parts = vec![(Part::Farmer, Setup::default())];
    parts.extend(
        clocks
            .iter()
            .map(|clock| (Part::Farmer, clock.setup(&library))),
    );
    let honest = Honest::set_up(&chain, parts).await;
    let [ahead, behind, back] = &clocks;
    ahead.set("+3600");
    behind.set("-3600");
    let before = honest.first().best().await;
    honest.first().wait_for_block(before + 20).await;
    honest.assert_nobody_blamed().await;
    ahead.set(right);
    behind.set(right);
    honest.agree().await;
    honest.go_on(3).await;

    back.set("-1800");
    honest
        .first()
        .wait_for_block(honest.first().best().await + 10)
        .await;
    back.set(right);
    // What an hour ahead made and nobody else took is behind it by now.
    eventually("one chain by right clocks", || async {
        honest.agree().await;
        Some(())
    })
    .await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    honest.assert_nobody_blamed().await;
    honest.assert_well().await;
}
