//! Pieces of this node's store, as `allod_piece` and `farmer_piece` hand them out.

use crate::error::server_error;
use allod_archiver::SegmentStore;
use allod_core::PieceIndex;
use allod_rpc_types::farmer::PieceBytes;
use jsonrpsee::core::RpcResult;

/// The piece with this index, none if this node does not hold it.
pub(crate) fn stored_piece(store: &SegmentStore, index: u64) -> RpcResult<Option<PieceBytes>> {
    let piece = store.piece(PieceIndex(index)).map_err(server_error)?;
    piece
        .map(|piece| PieceBytes::try_from(piece.as_bytes().to_vec()))
        .transpose()
        .map_err(server_error)
}
