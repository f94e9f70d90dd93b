//! Name and id of a network.

use super::{NetworkError, wrong};
use crate::is_id;
use allod_core::parameters::MAX_CHAIN_ID_BYTES;
use allod_output::is_visible;

/// Longest name of a network, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// Checks a network's name.
///
/// # Errors
/// What would be right.
pub fn check_name(name: &str) -> Result<(), NetworkError> {
    let hidden = name.chars().find(|character| !is_visible(*character));
    let expected = format!("must be a line of 1 to {MAX_NAME_BYTES} bytes that can be seen");
    let found = match hidden {
        Some(hidden) => format!("and has {}", hidden.escape_unicode()),
        None if name.trim().is_empty() => "and is blank".into(),
        None if name.len() > MAX_NAME_BYTES => format!("and has {} bytes", name.len()),
        None => return Ok(()),
    };
    Err(wrong("name", format!("{expected}, {found}")))
}

/// Checks a network's id.
///
/// # Errors
/// What would be right.
pub fn check_id(id: &str) -> Result<(), NetworkError> {
    if is_id(id) {
        return Ok(());
    }
    let expected = format!(
        "must be 1 to {MAX_CHAIN_ID_BYTES} letters, digits, - and _, since a folder is called so, not `{id}`"
    );
    Err(wrong("id", expected))
}
