//! Sealing blocks.

use super::{Shared, connection::follow as follow_stream};
use crate::{events::FarmerEvent, node_client::NodeClient, pool::Panicked, signing::SigningError};
use allod_rpc_types::farmer::SigningRequest;
use std::{ops::ControlFlow, sync::Arc};

/// Answers requests for seals.
pub(super) async fn follow<C: NodeClient>(shared: &Arc<Shared<C>>) {
    follow_stream(
        "headers to seal",
        shared.on_event.as_ref(),
        async || {
            Ok(ControlFlow::Continue(
                shared.client.subscribe_signing().await?,
            ))
        },
        async |request| {
            if let Err(panicked) = answer(shared, request).await {
                tracing::error!("sealing: {panicked}");
            }
            ControlFlow::<()>::Continue(())
        },
    )
    .await
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
