//! Noticing that the plot is farmed elsewhere as well.

use super::{FarmerError, Shared, connection::Subscription};
use allod_farmer_rpc::NodeClient;
use allod_rpc_types::farmer::SealedBlock;
use std::sync::Arc;

/// Looks at blocks of others until one was sealed with this farmer's key and not by this farmer. Going on would sooner or
/// later make two blocks of one solution, and cost the key with all that was plotted for it.
pub(super) async fn watch<C: NodeClient>(shared: &Arc<Shared<C>>) -> FarmerError {
    let mut blocks = Subscription::new("blocks of others", shared.on_event.as_ref());
    loop {
        let block = blocks.next(|| shared.client.subscribe_blocks()).await;
        let SealedBlock {
            public_key,
            slot,
            header_hash,
        } = block;
        if shared.signer.lock().is_foreign(&block) {
            return FarmerError::ForeignBlock {
                public_key,
                slot,
                header_hash,
            };
        }
    }
}
