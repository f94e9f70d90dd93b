//! The golden files of `tests/vectors`, made by other implementations.

use serde::de::DeserializeOwned;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where a golden file lies.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../vectors")
        .join(name)
}

/// Reads a golden file as the type that the test expects in it.
#[track_caller]
pub fn read<T: DeserializeOwned>(name: &str) -> T {
    let text = fs::read(path(name)).unwrap_or_else(|error| panic!("tests/vectors/{name}: {error}"));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("tests/vectors/{name}: {error}"))
}
