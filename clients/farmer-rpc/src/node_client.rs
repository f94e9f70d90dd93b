//! The one interface through which a farmer sees its node.

use allod_core::{Piece, PieceIndex, SegmentHeader, SegmentIndex, Slot};
use allod_rpc_types::farmer::{
    FarmerChainInfo, SealResponse, SealedBlock, SigningRequest, SlotInfo, SolutionSubmission,
};
use async_trait::async_trait;
use futures::stream::BoxStream;

/// The node did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeError {
    /// It cannot be reached; it may be later.
    #[error("the node cannot be reached: {0}")]
    Unreachable(String),
    /// It answered that it will not.
    #[error("the node refuses: {0}")]
    Refused(String),
    /// It answered something else than what was asked for.
    #[error("the node answers what is no answer: {0}")]
    Malformed(String),
}

/// A node, in the same process or at the other end of a connection.
///
/// A subscription ends when the connection does; the farmer then subscribes again.
#[async_trait]
pub trait NodeClient: Send + Sync + 'static {
    /// What the chain is.
    async fn chain_info(&self) -> Result<FarmerChainInfo, NodeError>;

    /// Slots to audit, as their proofs-of-time come in, while the node is not syncing.
    async fn subscribe_slots(&self) -> Result<BoxStream<'static, SlotInfo>, NodeError>;

    /// Slots after `after` in which a child of the best block can be made, in order, at most
    /// [`MAX_OPEN_SLOTS`](allod_rpc_types::farmer::MAX_OPEN_SLOTS). On a chain that nobody farmed for a while they are
    /// many, and the range of late ones is wide.
    async fn open_slots(&self, after: Slot) -> Result<Vec<SlotInfo>, NodeError>;

    /// Hands over a solution. The node may answer before it has used it.
    async fn submit_solution(&self, submission: SolutionSubmission) -> Result<(), NodeError>;

    /// Headers that wait for a seal, of all farmers of this node.
    async fn subscribe_signing(&self) -> Result<BoxStream<'static, SigningRequest>, NodeError>;

    /// Blocks that other nodes made, as they are imported, while the node is not syncing.
    async fn subscribe_blocks(&self) -> Result<BoxStream<'static, SealedBlock>, NodeError>;

    /// Hands over a seal.
    async fn submit_seal(&self, seal: SealResponse) -> Result<(), NodeError>;

    /// Segment headers from `first` on, in order, at most
    /// [`MAX_SEGMENT_HEADERS`](allod_rpc_types::farmer::MAX_SEGMENT_HEADERS); none if there is no
    /// such segment yet.
    async fn segment_headers(&self, first: SegmentIndex) -> Result<Vec<SegmentHeader>, NodeError>;

    /// Segment headers as they come to be, each once its pieces can be had.
    async fn subscribe_segment_headers(
        &self,
    ) -> Result<BoxStream<'static, SegmentHeader>, NodeError>;

    /// A piece of the history, not necessarily a right one; none if it cannot be had now.
    async fn piece(&self, index: PieceIndex) -> Result<Option<Piece>, NodeError>;
}
