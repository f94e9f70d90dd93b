//! The import queue: the SDK's, behind a service at which blocks from the future are held.
//!
//! Its verifier only takes the seal off the header, as the client wants it; every rule is checked on
//! import, where own blocks pass too. The verifier refuses nothing: an error of it would have sync begin
//! anew with every peer.

use crate::{
    AllodBlockImport, ImportContext,
    future::{FutureBlocks, GivenUp},
};
use allod_consensus_primitives::{digest::seal_item, split_seal};
use futures::FutureExt as _;
use sc_client_api::BlockBackend;
use sc_consensus::{
    BasicQueue, BlockImport, BlockImportParams, ImportQueue, IncomingBlock, Link, Verifier,
    import_queue::{ImportQueueService, RuntimeOrigin},
};
use sp_blockchain::HeaderBackend;
use sp_consensus::BlockOrigin;
use sp_core::traits::SpawnEssentialNamed;
use sp_runtime::{
    Justifications,
    traits::{Block as BlockT, Header as HeaderT, NumberFor},
};
use std::{
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};
use substrate_prometheus_endpoint::Registry;
use tokio::sync::mpsc;

/// How often it is looked whether the time of a block has come.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Takes the seal off.
#[derive(Debug, Clone, Copy, Default)]
pub struct BlockVerifier;

#[async_trait::async_trait]
impl<Block: BlockT> Verifier<Block> for BlockVerifier {
    async fn verify(
        &self,
        mut block: BlockImportParams<Block>,
    ) -> Result<BlockImportParams<Block>, String> {
        block.post_hash = Some(block.header.hash());
        // Import finds that a seal is missing, and whose fault it is.
        if let Ok((header, seal)) = split_seal(block.header.clone()) {
            block.header = header;
            block.post_digests.push(seal_item(&seal));
        }
        Ok(block)
    }
}

/// How far ahead a block may be; none while nothing is held back.
type Farthest = Arc<dyn Fn() -> Option<allod_core::Slot> + Send + Sync>;

/// Reports blocks that were given up, as if the queue had looked at them.
pub type GivenUpSender<Block> = mpsc::UnboundedSender<Vec<GivenUp<Block>>>;

/// The import queue in front of an [`AllodBlockImport`].
pub struct HoldingQueue<Block: BlockT, Queue = BasicQueue<Block>> {
    queue: Queue,
    service: HoldingService<Block>,
    given_up: mpsc::UnboundedReceiver<Vec<GivenUp<Block>>>,
}

/// The way into the queue.
struct HoldingService<Block: BlockT> {
    queue: Box<dyn ImportQueueService<Block>>,
    future: Arc<FutureBlocks<Block>>,
    farthest: Farthest,
    given_up: GivenUpSender<Block>,
}

impl<Block: BlockT> ImportQueueService<Block> for HoldingService<Block> {
    fn import_blocks(&mut self, origin: BlockOrigin, blocks: Vec<IncomingBlock<Block>>) {
        let blocks = match (origin, (self.farthest)()) {
            (BlockOrigin::NetworkBroadcast, Some(farthest)) => {
                let held = self
                    .future
                    .hold_back(origin, blocks, farthest, Instant::now());
                let (blocks, given_up) = held;
                if !given_up.is_empty() {
                    // Nobody listens when the node stops.
                    let _ = self.given_up.send(given_up);
                }
                blocks
            }
            // What sync fetches to catch up was compared before, and is never held.
            (_, _) => blocks,
        };
        if !blocks.is_empty() {
            self.queue.import_blocks(origin, blocks);
        }
    }

    fn import_justifications(
        &mut self,
        who: RuntimeOrigin,
        hash: Block::Hash,
        number: NumberFor<Block>,
        justifications: Justifications,
    ) {
        self.queue
            .import_justifications(who, hash, number, justifications);
    }
}

#[async_trait::async_trait]
impl<Block: BlockT, Queue: ImportQueue<Block>> ImportQueue<Block> for HoldingQueue<Block, Queue> {
    fn service(&self) -> Box<dyn ImportQueueService<Block>> {
        Box::new(HoldingService {
            queue: self.queue.service(),
            future: self.service.future.clone(),
            farthest: self.service.farthest.clone(),
            given_up: self.service.given_up.clone(),
        })
    }

    fn service_ref(&mut self) -> &mut dyn ImportQueueService<Block> {
        &mut self.service
    }

    fn poll_actions(&mut self, context: &mut Context<'_>, link: &dyn Link<Block>) {
        while let Poll::Ready(Some(given_up)) = self.given_up.poll_recv(context) {
            report(given_up, link);
        }
        self.queue.poll_actions(context, link);
    }

    async fn run(self, link: &dyn Link<Block>) {
        let Self {
            queue,
            mut given_up,
            service: _,
        } = self;
        let reports = async {
            while let Some(given_up) = given_up.recv().await {
                report(given_up, link);
            }
        };
        // The service has a sender, so that the reports do not end before the queue.
        tokio::select! {
            () = queue.run(link) => {}
            () = reports => {}
        }
    }
}

/// Tells sync that blocks will not be imported for now.
fn report<Block: BlockT>(given_up: Vec<GivenUp<Block>>, link: &dyn Link<Block>) {
    // One by one: after the first error of a list sync does not look at the others.
    for (error, hash) in given_up {
        link.blocks_processed(0, 1, vec![(Err(error), hash)]);
    }
}

impl<Block: BlockT, Queue: ImportQueue<Block>> HoldingQueue<Block, Queue> {
    /// Puts a service in front of a queue, and the future that opens it again, which is for a task of its
    /// own.
    pub fn new<Client>(
        queue: Queue,
        context: &Arc<ImportContext<Block, Client>>,
    ) -> (
        Self,
        impl Future<Output = ()> + Send + use<Block, Queue, Client>,
    )
    where
        Client: HeaderBackend<Block> + BlockBackend<Block> + Send + Sync + 'static,
    {
        let (sender, given_up) = mpsc::unbounded_channel();
        let clock = context.clone();
        let farthest: Farthest = Arc::new(move || clock.farthest_slot());
        let service = HoldingService {
            queue: queue.service(),
            future: context.future.clone(),
            farthest: farthest.clone(),
            given_up: sender.clone(),
        };
        let release = release(context.clone(), queue.service(), farthest, sender);
        let queue = Self {
            queue,
            service,
            given_up,
        };
        (queue, release)
    }
}

/// Hands blocks to the queue when their time has come, and asks for those again that had to go.
async fn release<Block, Client>(
    context: Arc<ImportContext<Block, Client>>,
    mut queue: Box<dyn ImportQueueService<Block>>,
    farthest: Farthest,
    sender: GivenUpSender<Block>,
) where
    Block: BlockT,
    Client: HeaderBackend<Block> + Send + Sync + 'static,
{
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let is_known = |hash: &Block::Hash| {
            let status = context.client.status(*hash);
            status.is_ok_and(|status| status == sp_blockchain::BlockStatus::InChain)
        };
        let due = context.future.due(farthest(), Instant::now(), is_known);
        for (origin, blocks) in due.chains {
            queue.import_blocks(origin, blocks);
        }
        if !due.given_up.is_empty() && sender.send(due.given_up).is_err() {
            return;
        }
        if let Some(fetch) = context.late.fetch.get() {
            for (hash, number) in due.fetch {
                fetch(hash, number);
            }
        }
    }
}

/// The import queue in front of an [`AllodBlockImport`].
pub fn import_queue<Block, I, C, BE>(
    block_import: AllodBlockImport<Block, I, C, BE>,
    spawner: &impl SpawnEssentialNamed,
    registry: Option<&Registry>,
) -> HoldingQueue<Block>
where
    Block: BlockT,
    AllodBlockImport<Block, I, C, BE>:
        BlockImport<Block, Error = sp_consensus::Error> + Send + Sync + 'static,
    C: HeaderBackend<Block> + BlockBackend<Block> + Send + Sync + 'static,
{
    let context = block_import.context().clone();
    let queue = BasicQueue::new(
        BlockVerifier,
        Box::new(block_import),
        None,
        spawner,
        registry,
    );
    let (queue, release) = HoldingQueue::new(queue, &context);
    spawner.spawn_essential("future-blocks", Some("block-import"), release.boxed());
    queue
}
