//! Whether a database is provisional (§8): its chain was compared with no boot or reserved node's yet, and has no
//! checkpoint. Such a chain is given up for a heavier one; a chain that was compared is not, unless the user says so.
//!
//! What was met is kept in the client's auxiliary store, so it is gone with the database:
//!
//! | key | value |
//! |---|---|
//! | `allod/sync/compared` | one byte, 1, once the chain was compared with a boot or reserved node's or has a checkpoint |

use sc_client_api::AuxStore;
use sp_blockchain::Error as ClientError;

const COMPARED_KEY: &[u8] = b"allod/sync/compared";
const COMPARED: &[u8] = &[1];

/// When a node drops its copy of the chain by itself, once it has verified a heavier branch that parts below its final
/// block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResyncRule {
    /// Never: it makes no more blocks and says so.
    Never,
    /// If the database is provisional.
    IfProvisional,
    /// Whatever the chain was compared with.
    Always,
}

/// Whether a database is provisional.
///
/// # Errors
/// The database's.
pub fn is_provisional(store: &impl AuxStore) -> Result<bool, ClientError> {
    Ok(store.get_aux(COMPARED_KEY)?.is_none())
}

/// Writes down that it is not any more.
///
/// # Errors
/// The database's.
pub fn set_compared(store: &impl AuxStore) -> Result<(), ClientError> {
    store.insert_aux(&[(COMPARED_KEY, COMPARED)], &[])
}
