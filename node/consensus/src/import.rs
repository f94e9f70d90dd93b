//! The one door into the chain.
//!
//! In this order: the block is full and builds on what is final; digest, seal, justification;
//! slot; solution; proof-of-time; digests against the parent's state and the archiver; inherents.
//! Cheap checks come first, so that a forged block costs little. A block that passes but is more
//! than 30 slots past this node's own proof-of-time is held back until time has caught up with it.
//! Then the client executes and stores it together with its weight, and the fork choice says which
//! chain is the best one. Last, the block at confirmation depth becomes final and history.

use crate::{
    Error, Verdicts, chain_data,
    equivocation::{EquivocationWatch, ReportEquivocation},
    finality,
};
use allod_archiver::Archiver;
use allod_block_rules::{
    BlockError, ChainData, Evidence, Execution, Parent, SealedHeader, child_query, fork_choice,
    full_block, one_justification, slot_after_parent,
};
use allod_consensus_primitives::{
    ChildContext, FarmingApi, PreDigest, inherent::SegmentHeadersProvider,
};
use allod_core::{ChainParameters, Hash, SegmentHeader, Slot, parameters::MAX_SLOTS_AHEAD};
use allod_kzg::Kzg;
use allod_timekeeper::{PotSourceHandle, PotVerifier};
use sc_client_api::{AuxStore, Backend, BlockBackend, Finalizer};
use sc_consensus::{
    BlockCheckParams, BlockImport, BlockImportParams, ForkChoiceStrategy, ImportResult,
    StateAction, StorageChanges,
};
use sp_api::ProvideRuntimeApi;
use sp_block_builder::BlockBuilder as BlockBuilderApi;
use sp_blockchain::HeaderBackend;
use sp_consensus::{BlockOrigin, SyncOracle};
use sp_runtime::{
    Justifications,
    traits::{Block as BlockT, Header as HeaderT, NumberFor},
};
use std::{
    marker::PhantomData,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// What import needs but is made after it.
pub struct LateHandles<Block: BlockT> {
    /// The node's own proof-of-time.
    pub time: OnceLock<PotSourceHandle>,
    /// Whether the node is syncing.
    pub sync: OnceLock<Arc<dyn SyncOracle + Send + Sync>>,
    /// Where equivocations go.
    pub reporter: OnceLock<Arc<dyn ReportEquivocation<Block::Header>>>,
}

impl<Block: BlockT> Default for LateHandles<Block> {
    fn default() -> Self {
        Self {
            time: OnceLock::new(),
            sync: OnceLock::new(),
            reporter: OnceLock::new(),
        }
    }
}

/// All that import works with.
pub struct ImportContext<Block: BlockT, Client> {
    /// The client.
    pub client: Arc<Client>,
    /// Parameters of the chain.
    pub parameters: ChainParameters,
    /// Commitments and openings.
    pub kzg: Kzg,
    /// Verified slots.
    pub pot_verifier: PotVerifier,
    /// Segment headers.
    pub archiver: Archiver<Block, Client>,
    /// Sealed headers seen.
    pub equivocations: EquivocationWatch<Block::Header>,
    /// Blocks known to be bad.
    pub verdicts: Arc<Verdicts<Block::Hash>>,
    /// What is made later.
    pub late: LateHandles<Block>,
    /// Blocks are imported one at a time: the fork choice compares with the best block.
    pub one_at_a_time: tokio::sync::Mutex<()>,
}

/// Block import with every rule of the chain; cheap to clone.
pub struct AllodBlockImport<Block: BlockT, I, Client, BE> {
    inner: I,
    context: Arc<ImportContext<Block, Client>>,
    backend: PhantomData<fn() -> BE>,
}

impl<Block: BlockT, I: Clone, Client, BE> Clone for AllodBlockImport<Block, I, Client, BE> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            context: self.context.clone(),
            backend: PhantomData,
        }
    }
}

/// What a block that passed all checks brings along.
struct Checked {
    data: ChainData,
    pre_digest: PreDigest,
    justifications: Justifications,
}

impl<Block, Client> ImportContext<Block, Client>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: ProvideRuntimeApi<Block>
        + HeaderBackend<Block>
        + BlockBackend<Block>
        + AuxStore
        + Send
        + Sync
        + 'static,
    Client::Api: FarmingApi<Block> + BlockBuilderApi<Block>,
{
    /// What the state of `parent` says about a child with this pre-digest.
    pub(crate) fn child_context(
        &self,
        parent: Block::Hash,
        pre_digest: &PreDigest,
    ) -> Result<ChildContext, Error> {
        let query = child_query(pre_digest, &self.parameters);
        Ok(self.client.runtime_api().child_context(parent, query)?)
    }

    /// Hash of the genesis block.
    pub(crate) fn genesis_hash(&self) -> Hash {
        self.client.info().genesis_hash.into()
    }

    /// A block, as the rules of its child see it.
    pub(crate) fn parent<'a>(
        &'a self,
        chain_data: &'a ChainData,
        context: &'a ChildContext,
        segment_headers: &'a [SegmentHeader],
    ) -> Parent<'a> {
        Parent {
            genesis_hash: self.genesis_hash(),
            parameters: &self.parameters,
            chain_data,
            context,
            segment_headers,
        }
    }

    async fn check(
        self: &Arc<Self>,
        block: &mut BlockImportParams<Block>,
    ) -> Result<Checked, Error> {
        full_block(execution(&mut block.state_action), block.body.as_deref())?;
        let hash = block.post_hash();
        finality::builds_on_final::<Block, _>(&*self.client, hash, &block.header)?;
        let sealed = SealedHeader::new(block.header.clone(), &block.post_digests)?;
        let seal = sealed.verify_seal(&self.genesis_hash())?;
        let (justification, justifications) =
            one_justification(sealed.pre_digest(), block.justifications.take())?;

        let parent_hash = *block.header.parent_hash();
        let parent_number: u32 = (*block.header.number()).into().saturating_sub(1);
        let parent_data = chain_data::load::<Block, _>(&*self.client, parent_hash)?;
        slot_after_parent(sealed.pre_digest().slot, parent_data.slot)?;
        let context = self.child_context(parent_hash, sealed.pre_digest())?;

        // Curve arithmetic, AES and archiving keep a thread busy for milliseconds up to seconds.
        let this = self.clone();
        let (data, pre_digest, headers) = blocking(move || {
            let headers = this
                .archiver
                .headers_for_child(parent_hash, parent_number)?;
            let parent = this.parent(&parent_data, &context, &headers);
            let pre_digest = sealed.pre_digest();
            let solution = parent.verify_solution(pre_digest, &this.kzg)?;
            let time = parent
                .claimed_time(pre_digest, &justification)?
                .verify(&this.pot_verifier)?;
            let logs = parent.verify_logs(sealed.header())?;
            let data = parent_data.child(Evidence {
                seal,
                solution,
                time,
                logs,
            });
            Ok((data, pre_digest.clone(), headers))
        })
        .await?;
        // An author is checked by everybody else.
        if block.origin != BlockOrigin::Own {
            let whole = whole_block(block)?;
            self.check_inherents(whole, headers).await?;
        }
        Ok(Checked {
            data,
            pre_digest,
            justifications,
        })
    }

    /// The time that the block claims is not in the future, and its inherent brings the segment
    /// headers that its digest names.
    async fn check_inherents(
        &self,
        block: Block,
        headers: Vec<SegmentHeader>,
    ) -> Result<(), Error> {
        let parent_hash = *block.header().parent_hash();
        let expected = (
            sp_timestamp::InherentDataProvider::from_system_time(),
            SegmentHeadersProvider(headers),
        );
        let result =
            sp_block_builder::check_inherents(self.client.clone(), parent_hash, block, &expected)
                .await;
        result.map_err(|error| match error {
            sp_block_builder::CheckInherentsError::CheckInherents(cause) => {
                Error::Inherents(cause.to_string())
            }
            sp_block_builder::CheckInherentsError::CreateInherentData(cause) => {
                Error::Inherents(cause.to_string())
            }
            sp_block_builder::CheckInherentsError::Client(cause) => {
                Error::Inherents(cause.to_string())
            }
            sp_block_builder::CheckInherentsError::CheckInherentsUnknownError(id) => {
                Error::Inherents(format!(
                    "error of inherent {}",
                    String::from_utf8_lossy(&id)
                ))
            }
        })
    }

    /// Waits until the node's own time is within 30 slots of `slot`. Without news of its own, time
    /// is taken to go on at one slot per slot duration, so a node that hears no timekeeper waits,
    /// but not for ever.
    async fn hold_back(&self, slot: Slot) {
        let pause = Duration::from_millis(self.parameters.slot_duration_ms);
        let mut told = false;
        loop {
            let syncing = self
                .late
                .sync
                .get()
                .is_some_and(|oracle| oracle.is_major_syncing());
            let Some(time) = self.late.time.get().filter(|_| !syncing) else {
                return;
            };
            let elapsed = time.tip_instant().elapsed().as_millis();
            let guessed = elapsed.checked_div(pause.as_millis()).unwrap_or(0);
            let now = time
                .tip()
                .saturating_add(u64::try_from(guessed).unwrap_or(u64::MAX));
            if slot <= now.saturating_add(MAX_SLOTS_AHEAD) {
                return;
            }
            if !told {
                tracing::info!(
                    target: "farming",
                    "Holding back a block of slot {slot}: own time is at slot {now}",
                );
                told = true;
            }
            tokio::time::sleep(pause).await;
        }
    }
}

/// Runs what keeps a thread busy where that is allowed.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Stopped)?
}

/// How the client is to come by the state. What may be executed is: so the network's sync asks for
/// every block, and nothing else is possible here.
fn execution<Block: BlockT>(action: &mut StateAction<Block>) -> Execution {
    match action {
        StateAction::ExecuteIfPossible => {
            *action = StateAction::Execute;
            Execution::Here
        }
        StateAction::Execute | StateAction::ApplyChanges(StorageChanges::Changes(_)) => {
            Execution::Here
        }
        StateAction::ApplyChanges(StorageChanges::Import(_)) => Execution::Elsewhere,
        StateAction::Skip => Execution::Never,
    }
}

/// Header and body, for the runtime call that takes them; the client wants the body afterwards. What
/// is cloned are handles: opaque transactions share their bytes with their clones.
fn whole_block<Block: BlockT>(block: &BlockImportParams<Block>) -> Result<Block, Error> {
    let body = block.body.clone().ok_or(BlockError::NoBody)?;
    Ok(Block::new(block.header.clone(), body))
}

impl<Block, I, Client, BE> AllodBlockImport<Block, I, Client, BE>
where
    Block: BlockT,
    NumberFor<Block>: Into<u32> + From<u32>,
    Block::Hash: Into<[u8; 32]>,
    BE: Backend<Block>,
    Client:
        HeaderBackend<Block> + BlockBackend<Block> + Finalizer<Block, BE> + Send + Sync + 'static,
{
    /// Puts the rules in front of the client.
    pub fn new(inner: I, context: Arc<ImportContext<Block, Client>>) -> Self {
        Self {
            inner,
            context,
            backend: PhantomData,
        }
    }

    /// What it works with.
    pub fn context(&self) -> &Arc<ImportContext<Block, Client>> {
        &self.context
    }

    /// Makes the block at confirmation depth final, and history.
    fn finalize(&self) -> Result<(), Error> {
        let context = &self.context;
        let depth = context.parameters.confirmation_depth;
        let Some(number) = finality::finalize::<Block, _, BE>(&*context.client, depth)? else {
            return Ok(());
        };
        let archiver = context.archiver.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = archiver.archive_until(number) {
                tracing::error!(target: "archiver", "Cannot archive block #{number}: {error}");
            }
        });
        Ok(())
    }

    async fn notice_equivocation(&self, pre_digest: &PreDigest, header: Block::Header) {
        let Some(proof) = self.context.equivocations.notice(pre_digest, header) else {
            return;
        };
        tracing::warn!(
            target: "farming",
            "Key {} sealed two blocks for slot {}",
            pre_digest.solution.public_key,
            pre_digest.slot,
        );
        if let Some(reporter) = self.context.late.reporter.get() {
            reporter.report(proof).await;
        }
    }
}

#[async_trait::async_trait]
impl<Block, I, Client, BE> BlockImport<Block> for AllodBlockImport<Block, I, Client, BE>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    BE: Backend<Block>,
    I: BlockImport<Block, Error = sp_consensus::Error> + Send + Sync,
    Client: ProvideRuntimeApi<Block>
        + HeaderBackend<Block>
        + BlockBackend<Block>
        + Finalizer<Block, BE>
        + AuxStore
        + Send
        + Sync
        + 'static,
    Client::Api: FarmingApi<Block> + BlockBuilderApi<Block>,
{
    type Error = sp_consensus::Error;

    async fn check_block(
        &self,
        block: BlockCheckParams<Block>,
    ) -> Result<ImportResult, Self::Error> {
        self.inner.check_block(block).await
    }

    async fn import_block(
        &self,
        mut block: BlockImportParams<Block>,
    ) -> Result<ImportResult, Self::Error> {
        let context = &self.context;
        let hash = block.post_hash();
        let known = context.client.status(hash).map_err(Error::from)?;
        if known == sp_blockchain::BlockStatus::InChain {
            return Ok(ImportResult::AlreadyInChain);
        }
        let checked = context.check(&mut block).await.inspect_err(|error| {
            if matches!(error, Error::Rule(BlockError::BelowFinal(_))) {
                tracing::error!(target: "farming", "{error}");
            }
        })?;
        if block.origin != BlockOrigin::Own {
            context.hold_back(checked.pre_digest.slot).await;
        }

        let _one_at_a_time = context.one_at_a_time.lock().await;
        let best = chain_data::load::<Block, _>(&*context.client, context.client.info().best_hash)?;
        block
            .auxiliary
            .push(chain_data::entry(&hash, &checked.data));
        block.fork_choice = Some(ForkChoiceStrategy::Custom(fork_choice::becomes_best(
            checked.data.weight,
            best.weight,
        )));
        block.justifications = Some(checked.justifications);
        let header = block.post_header();
        let result = self.inner.import_block(block).await?;
        if let ImportResult::Imported(imported) = &result {
            if imported.is_new_best {
                self.finalize()?;
            }
            self.notice_equivocation(&checked.pre_digest, header).await;
        }
        Ok(result)
    }
}
