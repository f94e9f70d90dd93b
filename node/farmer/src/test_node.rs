//! A node for tests, played by the test.

use crate::test_chain::{PLOT_KEY, SEGMENTS, parameters, piece};
use allod_core::{HistorySize, Piece, PieceIndex, SegmentHeader, SegmentIndex, Slot};
use allod_farmer_rpc::{NodeClient, NodeError};
use allod_rpc_types::farmer::{
    FarmerChainInfo, SealResponse, SealedBlock, SigningRequest, SlotInfo, SolutionSubmission,
};
use async_trait::async_trait;
use futures::{
    StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    stream::BoxStream,
};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A topic that a farmer subscribes to.
pub(crate) struct Topic<T>(Mutex<Vec<UnboundedSender<T>>>);

impl<T> Default for Topic<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone + Send + 'static> Topic<T> {
    fn subscribe(&self) -> BoxStream<'static, T> {
        let (sender, receiver) = unbounded();
        self.0.lock().push(sender);
        receiver.boxed()
    }

    /// Tells all subscribers.
    pub(crate) fn send(&self, item: T) {
        let mut subscribers = self.0.lock();
        subscribers.retain(|it| it.unbounded_send(item.clone()).is_ok());
    }

    /// Ends all subscriptions.
    pub(crate) fn disconnect(&self) {
        self.0.lock().clear();
    }

    pub(crate) fn subscribers(&self) -> usize {
        self.0.lock().len()
    }
}

type ChangePiece = Box<dyn Fn(PieceIndex, Piece) -> Option<Piece> + Send + Sync>;

pub(crate) struct TestNode {
    /// Segments that it has archived.
    pub history_size: AtomicU64,
    pub genesis_hash: Mutex<[u8; 32]>,
    pub slots: Topic<SlotInfo>,
    /// What is open, whatever the best block is.
    pub open_slots: Mutex<Vec<SlotInfo>>,
    pub signing: Topic<SigningRequest>,
    pub blocks: Topic<SealedBlock>,
    pub segments: Topic<SegmentHeader>,
    pub pieces_served: AtomicUsize,
    /// What it says to everything that it can refuse, if it does.
    pub refuses: Mutex<Option<&'static str>>,
    /// What becomes of a piece on its way.
    pub change_piece: Mutex<ChangePiece>,
    solutions: UnboundedSender<SolutionSubmission>,
    seals: UnboundedSender<SealResponse>,
}

/// What the farmer hands in.
pub(crate) struct Received {
    pub solutions: UnboundedReceiver<SolutionSubmission>,
    pub seals: UnboundedReceiver<SealResponse>,
}

impl TestNode {
    pub(crate) fn new(history_size: u64) -> (Self, Received) {
        let (solutions, solutions_out) = unbounded();
        let (seals, seals_out) = unbounded();
        let node = Self {
            history_size: AtomicU64::new(history_size),
            genesis_hash: Mutex::new(PLOT_KEY.genesis_hash),
            slots: Topic::default(),
            open_slots: Mutex::default(),
            signing: Topic::default(),
            blocks: Topic::default(),
            segments: Topic::default(),
            pieces_served: AtomicUsize::new(0),
            refuses: Mutex::default(),
            change_piece: Mutex::new(Box::new(|_, piece| Some(piece))),
            solutions,
            seals,
        };
        let received = Received {
            solutions: solutions_out,
            seals: seals_out,
        };
        (node, received)
    }

    fn permit(&self) -> Result<(), NodeError> {
        match *self.refuses.lock() {
            Some(cause) => Err(NodeError::Refused(cause.to_owned())),
            None => Ok(()),
        }
    }

    fn headers(&self) -> Vec<SegmentHeader> {
        let size = self.history_size.load(Ordering::Relaxed) as usize;
        SEGMENTS[..size].iter().map(|it| it.header).collect()
    }

    /// The history gets another segment.
    pub(crate) fn grow(&self) {
        self.history_size.fetch_add(1, Ordering::Relaxed);
        self.segments.send(*self.headers().last().unwrap());
    }
}

#[async_trait]
impl NodeClient for TestNode {
    async fn chain_info(&self) -> Result<FarmerChainInfo, NodeError> {
        Ok(FarmerChainInfo {
            genesis_hash: *self.genesis_hash.lock(),
            parameters: parameters(),
            history_size: HistorySize(self.history_size.load(Ordering::Relaxed)),
        })
    }

    async fn subscribe_slots(&self) -> Result<BoxStream<'static, SlotInfo>, NodeError> {
        self.permit()?;
        Ok(self.slots.subscribe())
    }

    async fn open_slots(&self, after: Slot) -> Result<Vec<SlotInfo>, NodeError> {
        self.permit()?;
        // Two at a time, so that the farmer has to ask again.
        let open = self.open_slots.lock();
        let later = open.iter().filter(|info| info.slot > after);
        Ok(later.take(2).copied().collect())
    }

    async fn submit_solution(&self, submission: SolutionSubmission) -> Result<(), NodeError> {
        self.permit()?;
        self.solutions
            .unbounded_send(submission)
            .map_err(|error| NodeError::Unreachable(error.to_string()))
    }

    async fn subscribe_signing(&self) -> Result<BoxStream<'static, SigningRequest>, NodeError> {
        Ok(self.signing.subscribe())
    }

    async fn subscribe_blocks(&self) -> Result<BoxStream<'static, SealedBlock>, NodeError> {
        Ok(self.blocks.subscribe())
    }

    async fn submit_seal(&self, seal: SealResponse) -> Result<(), NodeError> {
        self.permit()?;
        self.seals
            .unbounded_send(seal)
            .map_err(|error| NodeError::Unreachable(error.to_string()))
    }

    async fn segment_headers(&self, first: SegmentIndex) -> Result<Vec<SegmentHeader>, NodeError> {
        // One at a time, so that the farmer has to ask again.
        let headers = self.headers();
        let found = headers.get(first.0 as usize).copied();
        Ok(found.into_iter().collect())
    }

    async fn subscribe_segment_headers(
        &self,
    ) -> Result<BoxStream<'static, SegmentHeader>, NodeError> {
        Ok(self.segments.subscribe())
    }

    async fn piece(&self, index: PieceIndex) -> Result<Option<Piece>, NodeError> {
        self.permit()?;
        self.pieces_served.fetch_add(1, Ordering::Relaxed);
        Ok((self.change_piece.lock())(index, piece(index).clone()))
    }
}
