//! Sealing blocks.

use super::{Shared, connection::Subscription};
use crate::{events::FarmerEvent, pool::Panicked, signing::SigningError};
use allod_farmer_rpc::NodeClient;
use allod_rpc_types::farmer::SigningRequest;
use std::sync::Arc;

/// Answers requests for seals, for ever.
pub(super) async fn follow<C: NodeClient>(shared: &Arc<Shared<C>>) {
    let mut requests = Subscription::new("headers to seal", shared.on_event.as_ref());
    loop {
        let request = requests.next(|| shared.client.subscribe_signing()).await;
        if let Err(panicked) = answer(shared, request).await {
            tracing::error!("sealing: {panicked}");
        }
    }
}

async fn answer<C: NodeClient>(
    shared: &Arc<Shared<C>>,
    request: SigningRequest,
) -> Result<(), Panicked> {
    // Off this thread, because the slot is synced to disk.
    let signing = shared.clone();
    let sign = move || signing.signer.lock().sign(&request);
    match shared.farming.run(sign).await? {
        Ok((slot, seal)) => {
            let header_hash = seal.header_hash;
            match shared.client.submit_seal(seal).await {
                Ok(()) => shared.emit(FarmerEvent::Sealed { slot, header_hash }),
                Err(error) => tracing::warn!("the seal of slot {slot} was not taken: {error}"),
            }
        }
        Err(SigningError::AnotherFarmer(key)) => {
            tracing::debug!("a seal of another farmer, {key}, is asked for");
        }
        Err(error) => shared.emit(FarmerEvent::SealRefused {
            error: error.to_string(),
        }),
    }
    Ok(())
}
