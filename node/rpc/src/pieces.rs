//! Pieces as `allod_piece` and `farmer_piece` hand them out.

use crate::error::server_error;
use allod_core::Piece;
use allod_rpc_types::farmer::PieceBytes;
use jsonrpsee::core::RpcResult;

/// The bytes that travel.
pub(crate) fn piece_bytes(piece: &Piece) -> RpcResult<PieceBytes> {
    PieceBytes::try_from(piece.as_bytes().to_vec()).map_err(server_error)
}
