//! `allod_*`: the chain's parameters and its history.
//!
//! | method | parameters | answer |
//! |---|---|---|
//! | `allod_parameters` | – | [`ChainParameters`] |
//! | `allod_historySize` | – | number of segments |
//! | `allod_segmentHeaders` | first index, count (at most 1,000) | list of [`SegmentHeader`] |
//! | `allod_lastSegmentHeaders` | count (at most 1,000) | list of [`SegmentHeader`], oldest first |
//! | `allod_piece` | piece index | 131,168 bytes as `0x…` hex, or null if not held |

use crate::{
    error::{invalid_params, server_error},
    pieces::piece_bytes,
};
use allod_archiver::SegmentStore;
use allod_core::{ChainParameters, HistorySize, PieceIndex, SegmentHeader, SegmentIndex};
use allod_rpc_types::farmer::{MAX_SEGMENT_HEADERS, PieceBytes};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};
use std::sync::Arc;

/// Methods about parameters and history.
#[rpc(server, client, namespace = "allod")]
pub trait HistoryApi {
    /// Parameters that genesis fixed.
    #[method(name = "parameters")]
    fn parameters(&self) -> RpcResult<ChainParameters>;

    /// Segments that this node holds headers of.
    #[method(name = "historySize")]
    fn history_size(&self) -> RpcResult<HistorySize>;

    /// Up to `count` segment headers from index `first` on.
    #[method(name = "segmentHeaders")]
    fn segment_headers(&self, first: u64, count: usize) -> RpcResult<Vec<SegmentHeader>>;

    /// The newest `count` segment headers, oldest first.
    #[method(name = "lastSegmentHeaders")]
    fn last_segment_headers(&self, count: usize) -> RpcResult<Vec<SegmentHeader>>;

    /// A piece, null if this node does not hold it.
    #[method(name = "piece", blocking)]
    fn piece(&self, index: u64) -> RpcResult<Option<PieceBytes>>;
}

/// Answers from the archiver's store.
pub struct HistoryRpc {
    store: Arc<SegmentStore>,
    parameters: ChainParameters,
}

impl HistoryRpc {
    /// For one chain.
    pub fn new(store: Arc<SegmentStore>, parameters: ChainParameters) -> Self {
        Self { store, parameters }
    }
}

fn bounded(count: usize) -> RpcResult<usize> {
    if count > MAX_SEGMENT_HEADERS {
        return Err(invalid_params(
            format!("count is {count}, it may be at most {MAX_SEGMENT_HEADERS}"),
            None,
        ));
    }
    Ok(count)
}

impl HistoryApiServer for HistoryRpc {
    fn parameters(&self) -> RpcResult<ChainParameters> {
        Ok(self.parameters.clone())
    }

    fn history_size(&self) -> RpcResult<HistorySize> {
        Ok(self.store.history_size())
    }

    fn segment_headers(&self, first: u64, count: usize) -> RpcResult<Vec<SegmentHeader>> {
        Ok(self
            .store
            .headers_from(SegmentIndex(first), bounded(count)?))
    }

    fn last_segment_headers(&self, count: usize) -> RpcResult<Vec<SegmentHeader>> {
        Ok(self.store.last_headers(bounded(count)?))
    }

    fn piece(&self, index: u64) -> RpcResult<Option<PieceBytes>> {
        let piece = self.store.piece(PieceIndex(index)).map_err(server_error)?;
        piece.as_ref().map(piece_bytes).transpose()
    }
}
