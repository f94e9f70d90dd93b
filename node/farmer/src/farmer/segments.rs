//! Following the history.

use super::{
    FarmerError, Shared, check_chain,
    connection::{ENDED, Retry},
};
use crate::history::{HistoryError, SegmentHistory};
use allod_core::{SegmentHeader, SegmentIndex};
use allod_farmer_rpc::{NodeClient, NodeError};
use futures::{StreamExt, stream::BoxStream};

/// Keeps the segment headers up to date; ends if the node changes to another chain.
pub(super) async fn follow<C: NodeClient>(shared: &Shared<C>) -> FarmerError {
    let mut retry = Retry::new("segments", shared.on_event.as_ref());
    loop {
        let error = match subscribe(shared).await {
            Ok(Ok(mut headers)) => {
                while let Some(header) = headers.next().await {
                    retry.reset();
                    if let Err(error) = take(shared, header).await {
                        tracing::warn!("segment header {}: {error}", header.segment_index);
                    }
                }
                ENDED.to_owned()
            }
            Ok(Err(another_chain)) => return another_chain,
            Err(error) => error.to_string(),
        };
        retry.after(&error).await;
    }
}

/// Subscribes to new headers and fetches those that there are. The inner error is final.
async fn subscribe<C: NodeClient>(
    shared: &Shared<C>,
) -> Result<Result<BoxStream<'static, SegmentHeader>, FarmerError>, NodeError> {
    let info = shared.client.chain_info().await?;
    if let Err(error) = check_chain(&shared.directory.key().genesis_hash, &info) {
        return Ok(Err(error));
    }
    // Subscribed first, so that no header falls between.
    let headers = shared.client.subscribe_segment_headers().await?;
    catch_up(shared).await?;
    Ok(Ok(headers))
}

/// Takes a header that the node announced.
async fn take<C: NodeClient>(shared: &Shared<C>, header: SegmentHeader) -> Result<(), NodeError> {
    let pushed = shared.history.write().push(header);
    match pushed {
        Ok(()) => {
            shared.plot_changed.notify_one();
            Ok(())
        }
        Err(error) => {
            tracing::debug!("{error}; asking for the headers");
            catch_up(shared).await
        }
    }
}

/// Fetches the headers that are missing; all of them if they do not fit to those that are there.
async fn catch_up<C: NodeClient>(shared: &Shared<C>) -> Result<(), NodeError> {
    let mut history = shared.history.read().clone();
    if let Err(error) = fetch(&*shared.client, &mut history).await? {
        tracing::warn!("{error}; reading all segment headers again");
        history = SegmentHistory::default();
        let again = fetch(&*shared.client, &mut history).await?;
        again.map_err(|error| NodeError::Refused(error.to_string()))?;
    }
    *shared.history.write() = history;
    shared.plot_changed.notify_one();
    Ok(())
}

async fn fetch<C: NodeClient>(
    client: &C,
    history: &mut SegmentHistory,
) -> Result<Result<(), HistoryError>, NodeError> {
    // Begins with the last one that is known, so that another history is noticed.
    let mut first = SegmentIndex(history.next().0.saturating_sub(1));
    loop {
        let headers = client.segment_headers(first).await?;
        for header in headers {
            if let Err(error) = history.push(header) {
                return Ok(Err(error));
            }
        }
        if history.next() <= first {
            return Ok(Ok(()));
        }
        first = history.next();
    }
}
