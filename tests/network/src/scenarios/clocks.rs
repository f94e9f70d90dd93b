//! Nodes whose clocks are wrong. Takes libfaketime, Debian's package `faketime`.

use crate::{
    chain::Chain,
    honest::{Honest, Member, Part, Setup},
};
use allod_e2e::eventually;
use std::{
    fs,
    path::{Path, PathBuf},
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

    /// At once: its node may read the file at any moment.
    fn set(&self, offset: &str) {
        let new = self.file.with_extension("new");
        fs::write(&new, offset).expect("the folder is there");
        fs::rename(&new, &self.file).expect("one folder");
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
                // When files were written is as it is.
                ("NO_FAKE_STAT", "1".into()),
            ],
            ..Setup::default()
        }
    }
}

/// What a node says of a block that was made later than its own clock shows.
const LATER: &str = "made later than this node's clock shows; is the clock right?";

/// Waits until a node says that a block was made later than its clock shows.
async fn told(member: &Member, times: usize, who: &str) {
    eventually(
        &format!("{who} to ask whether its clock is right"),
        || async { (member.node.count(LATER).await > times).then_some(()) },
    )
    .await;
    eprintln!("{who} asks whether its clock is right");
}

/// Clocks an hour off, ahead and behind: nobody is blamed, no node stops, those with the right time go on and agree, the one
/// that is behind asks whether its clock is right, and so do the others where they hear of blocks of the one that is ahead.
/// Both are with them once their clocks are right. Then the same with a clock that is set back while its node runs.
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
    let [first, _, of_behind, of_back] = &honest.members[..] else {
        unreachable!("four nodes");
    };

    ahead.set("+3600");
    behind.set("-3600");
    let before = first.node.best().await;
    first.node.wait_for_block(before + 20).await;
    told(of_behind, 0, "the node that is an hour behind").await;
    told(first, 0, "a node that hears of one an hour ahead").await;
    honest.agree_among(&[first, of_back]).await;
    honest.assert_nobody_blamed().await;
    ahead.set(right);
    behind.set(right);
    honest.agree().await;
    honest.go_on(3).await;

    let said = of_back.node.count(LATER).await;
    back.set("-1800");
    let before = first.node.best().await;
    first.node.wait_for_block(before + 10).await;
    told(of_back, said, "the node whose clock was set back").await;
    honest.assert_nobody_blamed().await;
    back.set(right);
    honest.agree().await;
    honest.assert_nobody_blamed().await;
    honest.assert_well().await;
}
