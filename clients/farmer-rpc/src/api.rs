//! The JSON-RPC methods for farmers.

use allod_core::SegmentHeader;
use allod_rpc_types::farmer::{
    FarmerChainInfo, PieceBytes, SealResponse, SealedBlock, SigningRequest, SlotInfo,
    SolutionSubmission,
};
use jsonrpsee::{
    core::{RpcResult, SubscriptionResult},
    proc_macros::rpc,
};

/// Methods for farmers. Those that make the node work on blocks, and the requests for seals, are
/// unsafe: the server denies them to whom it does not trust.
#[rpc(server, client, namespace = "farmer")]
pub trait FarmerApi {
    /// What the chain is.
    #[method(name = "chainInfo")]
    async fn chain_info(&self) -> RpcResult<FarmerChainInfo>;

    /// Slots to audit.
    #[subscription(name = "subscribeSlots" => "slot", unsubscribe = "unsubscribeSlots", item = SlotInfo, with_extensions)]
    async fn subscribe_slots(&self) -> SubscriptionResult;

    /// Up to 512 slots after `after` in which the next block can be made.
    #[method(name = "openSlots")]
    async fn open_slots(&self, after: u64) -> RpcResult<Vec<SlotInfo>>;

    /// A ticket that won.
    #[method(name = "submitSolution", with_extensions)]
    async fn submit_solution(&self, submission: SolutionSubmission) -> RpcResult<()>;

    /// Headers that wait for a seal.
    #[subscription(name = "subscribeSigning" => "signing", unsubscribe = "unsubscribeSigning", item = SigningRequest, with_extensions)]
    async fn subscribe_signing(&self) -> SubscriptionResult;

    /// Blocks that other nodes made.
    #[subscription(name = "subscribeBlocks" => "block", unsubscribe = "unsubscribeBlocks", item = SealedBlock, with_extensions)]
    async fn subscribe_blocks(&self) -> SubscriptionResult;

    #[method(name = "submitSeal", with_extensions)]
    async fn submit_seal(&self, seal: SealResponse) -> RpcResult<()>;

    /// Up to 1,000 segment headers from index `first` on.
    #[method(name = "segmentHeaders")]
    async fn segment_headers(&self, first: u64) -> RpcResult<Vec<SegmentHeader>>;

    /// Segment headers as they come to be.
    #[subscription(name = "subscribeSegmentHeaders" => "segmentHeader", unsubscribe = "unsubscribeSegmentHeaders", item = SegmentHeader, with_extensions)]
    async fn subscribe_segment_headers(&self) -> SubscriptionResult;

    /// A piece, null if this node does not hold it.
    #[method(name = "piece")]
    async fn piece(&self, index: u64) -> RpcResult<Option<PieceBytes>>;
}
