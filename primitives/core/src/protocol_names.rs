//! Names of the protocols that the nodes of a chain speak with one another.

use crate::hash::{Hash, HexHash};
use alloc::{
    format,
    string::{String, ToString},
};

/// What the name of every protocol of a chain begins with: nodes of two chains, or of two forks of one, have no protocol
/// in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtocolNames(String);

impl ProtocolNames {
    /// Of the chain with this genesis block and the fork id of its specification, if it has one. The SDK names its
    /// protocols in the same way.
    pub fn of_chain(genesis_hash: &Hash, fork_id: Option<&str>) -> Self {
        let hex = HexHash(genesis_hash).to_string();
        let genesis = hex.strip_prefix("0x").unwrap_or(&hex);
        Self(match fork_id {
            Some(fork_id) => format!("/{genesis}/{fork_id}"),
            None => format!("/{genesis}"),
        })
    }

    /// The whole name of a protocol, such as `sync/tip/1`.
    pub fn name(&self, protocol: &str) -> String {
        let Self(chain) = self;
        format!("{chain}/{protocol}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_genesis_and_the_fork() {
        // Its hex begins as the prefix that is taken off.
        let genesis = [0x00; 32];
        let digits = "00".repeat(32);
        let names = ProtocolNames::of_chain(&genesis, None);
        assert_eq!(names.name("sync/tip/1"), format!("/{digits}/sync/tip/1"));
        let forked = ProtocolNames::of_chain(&genesis, Some("x"));
        assert_eq!(forked.name("time/1"), format!("/{digits}/x/time/1"));
    }
}
