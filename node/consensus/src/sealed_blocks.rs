//! Telling farmers of blocks that others made, so that one whose plot was copied notices its own key.

use crate::link::{FarmingLink, SealedBlock};
use allod_consensus_primitives::{pre_digest, split_seal};
use allod_core::blake2b_256;
use futures::StreamExt;
use sc_client_api::BlockchainEvents;
use sp_consensus::{BlockOrigin, SyncOracle};
use sp_runtime::traits::{Block as BlockT, Header as HeaderT};
use std::sync::Arc;

/// Tells of every block that is imported while the node is not syncing, on whichever fork, but for the node's own. Ends
/// with the client. While it syncs, a node comes by blocks that its farmers made long ago.
pub async fn announce<Block: BlockT, Client: BlockchainEvents<Block>>(
    client: Arc<Client>,
    link: FarmingLink,
    sync: Arc<dyn SyncOracle + Send + Sync>,
) {
    let mut imports = client.every_import_notification_stream();
    while let Some(import) = imports.next().await {
        if sync.is_major_syncing() {
            continue;
        }
        if let Some(block) = sealed_by_others(import.origin, import.header) {
            link.announce_block(block);
        }
    }
}

fn sealed_by_others<Header: HeaderT>(origin: BlockOrigin, header: Header) -> Option<SealedBlock> {
    if origin == BlockOrigin::Own {
        return None;
    }
    let claim = pre_digest(&header).ok()?;
    let (unsealed, _) = split_seal(header).ok()?;
    Some(SealedBlock {
        public_key: claim.solution.public_key,
        slot: claim.slot,
        header_hash: blake2b_256(&unsealed.encode()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_consensus_primitives::{PreDigest, digest::seal_item};
    use allod_core::{HistorySize, PublicKey, Slot};
    use allod_test_chain::claim;
    use parity_scale_codec::Encode;
    use sp_runtime::{generic, traits::BlakeTwo256};

    type Header = generic::Header<u32, BlakeTwo256>;

    fn claim() -> PreDigest {
        claim::pre_digest(Slot(7), claim::solution(PublicKey([1; 32]), HistorySize(3)))
    }

    fn header(number: u32) -> Header {
        Header::new(
            number,
            Default::default(),
            Default::default(),
            Default::default(),
            Default::default(),
        )
    }

    #[test]
    fn farmers_are_told_the_hash_that_they_signed() {
        let mut header = header(7);
        header.digest.logs.push(claim().into());
        let signed = blake2b_256(&header.encode());
        header.digest.logs.push(seal_item(&[5; 64]));
        for origin in [
            BlockOrigin::NetworkBroadcast,
            BlockOrigin::ConsensusBroadcast,
        ] {
            let told = sealed_by_others(origin, header.clone()).expect("a foreign block");
            assert_eq!(told.header_hash, signed);
            assert_eq!((told.slot, told.public_key), (Slot(7), PublicKey([1; 32])));
        }
        assert_eq!(sealed_by_others(BlockOrigin::Own, header), None);
        // Genesis has neither claim nor seal.
        assert_eq!(sealed_by_others(BlockOrigin::File, self::header(0)), None);
    }
}
