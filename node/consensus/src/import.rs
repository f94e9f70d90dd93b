//! The one door into the chain.
//!
//! A block passes [`check`](crate::check), then execution, then the fork choice; it is stored together
//! with its weight. Last, the block at confirmation depth becomes final and history. Own blocks pass the
//! same rules, but were executed when they were made.
//!
//! What is answered when a block breaks a rule, or when this node cannot tell, is in
//! [`verdict`](crate::verdict); surplus blocks of one claim are in [`siblings`](crate::siblings).

use crate::{
    BlockVerdict, Error, ImportClient, Verdicts, chain_data,
    check::{Checked, blocking, shape},
    equivocation::EquivocationWatch,
    execute::{StateChanges, check_inherents, execute, inherent_data},
    finality,
    future::{CLOCK_RETRY, FutureBlocks},
    late::LateHandles,
    siblings::{Parked, Siblings},
};
use allod_archiver::Archiver;
use allod_block_rules::{
    BlockError, ChainData, Parent, RuleSchedule, SealedHeader, child_query, fork_choice,
};
use allod_consensus_primitives::{ChildContext, Claim, FarmingApi, PreDigest};
use allod_core::{ChainParameters, Hash, SegmentHeader, Slot, parameters::MAX_SLOTS_AHEAD};
use allod_kzg::Kzg;
use allod_metrics::ImportStage;
use allod_timekeeper::PotVerifier;
use sc_client_api::{Backend, Finalizer};
use sc_consensus::{
    BlockCheckParams, BlockImport, BlockImportParams, ForkChoiceStrategy, ImportResult,
    IncomingBlock, StateAction, StorageChanges,
};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_consensus::BlockOrigin;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT, NumberFor};
use std::{
    marker::PhantomData,
    sync::Arc,
    time::{Duration, Instant},
};

/// All that import works with.
pub struct ImportContext<Block: BlockT, Client> {
    pub client: Arc<Client>,
    /// Parameters of the chain.
    pub parameters: ChainParameters,
    /// Which rules of blocks hold from where.
    pub rules: RuleSchedule,
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
    /// Blocks of one claim.
    pub siblings: Siblings<Block>,
    /// Blocks whose time has not come.
    pub future: Arc<FutureBlocks<Block>>,
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

impl<Block: BlockT, Client> ImportContext<Block, Client> {
    /// How far ahead the slot of a block may be; none while nothing is held back, since the node is
    /// syncing or has no time yet. Without news of its own, time is taken to go on at one slot per
    /// slot duration, so a node that hears no timekeeper waits, but not for ever.
    pub fn farthest_slot(&self) -> Option<Slot> {
        let sync = self.late.sync.get();
        if sync.is_some_and(|oracle| oracle.is_major_syncing()) {
            return None;
        }
        let time = self.late.time.get()?;
        let pause = Duration::from_millis(self.parameters.slot_duration_ms);
        let elapsed = time.tip_instant().elapsed().as_millis();
        let guessed = elapsed.checked_div(pause.as_millis()).unwrap_or(0);
        let now = time
            .tip()
            .saturating_add(u64::try_from(guessed).unwrap_or(u64::MAX));
        Some(now.saturating_add(MAX_SLOTS_AHEAD))
    }
}

impl<Block, Client> ImportContext<Block, Client>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
    Client::Api: FarmingApi<Block>,
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
}

impl<Block, I, Client, BE> AllodBlockImport<Block, I, Client, BE>
where
    Block: BlockT,
    Block::Header: HeaderT<Number = u32>,
    Block::Hash: Into<[u8; 32]>,
    BE: Backend<Block>,
    I: BlockImport<Block, Error = sp_consensus::Error> + Send + Sync,
    Client: ImportClient<Block> + Finalizer<Block, BE>,
{
    /// Imports a block, or says why it is not imported.
    ///
    /// # Errors
    /// The first rule that the block breaks, or why this node cannot tell.
    pub async fn try_import(
        &self,
        mut block: BlockImportParams<Block>,
    ) -> Result<ImportResult, Error> {
        let context = &self.context;
        let (hash, own) = (block.post_hash(), block.origin == BlockOrigin::Own);
        context.knows_rules_of(*block.header.number())?;
        let sealed = shape(&mut block)?;
        if context.is_known(hash)? || context.siblings.is_parked(&hash) {
            return Ok(ImportResult::AlreadyInChain);
        }
        if !own && context.verdicts.is_condemned(&hash) {
            return Err(Error::Condemned(hash.to_string()));
        }
        let parent = *block.header.parent_hash();
        if context.siblings.is_parked(&parent) {
            return self.child_of_parked(block, parent).await;
        }
        self.import_counted(block, sealed).await
    }

    /// A block whose claim is not one too many, or else parked.
    async fn import_counted(
        &self,
        mut block: BlockImportParams<Block>,
        sealed: SealedHeader<Block::Header>,
    ) -> Result<ImportResult, Error> {
        let begun = Instant::now();
        let checked = self.context.check(&mut block, sealed).await?;
        self.context.late.imported(ImportStage::Check, begun);
        let claim = Claim::from(&checked.pre_digest);
        let own = block.origin == BlockOrigin::Own;
        if !own && self.context.siblings.is_surplus(&claim, &block.post_hash()) {
            self.park(block, checked);
            return Ok(ImportResult::AlreadyInChain);
        }
        self.import_checked(block, checked).await
    }

    fn park(&self, block: BlockImportParams<Block>, checked: Checked) {
        let hash = block.post_hash();
        tracing::debug!(target: "farming", "Block {hash} is the third of its claim, and parked");
        let parked = Parked {
            header: block.header,
            post_digests: block.post_digests,
            body: block.body.unwrap_or_default(),
            justifications: checked.justifications,
        };
        self.context.siblings.park(hash, parked);
    }

    /// A block on top of parked ones. If it would become the best one by its header, they are
    /// imported, and it after them; otherwise it is parked, too.
    async fn child_of_parked(
        &self,
        mut block: BlockImportParams<Block>,
        parent: Block::Hash,
    ) -> Result<ImportResult, Error> {
        let context = &self.context;
        let ancestors = context.siblings.parked_chain(parent);
        let justifications = block.justifications.clone().unwrap_or_default();
        let child = Parked {
            header: block.header.clone(),
            post_digests: block.post_digests.clone(),
            body: block.body.clone().unwrap_or_default(),
            justifications,
        };
        let (this, chain, last) = (context.clone(), ancestors.clone(), child.clone());
        let data = blocking(move || this.follow_parked(&chain, &last)).await?;
        let best = chain_data::load::<Block, _>(&*context.client, context.client.info().best_hash)?;
        if !fork_choice::becomes_best(data.weight, best.weight) {
            context.siblings.park(block.post_hash(), child);
            return Ok(ImportResult::AlreadyInChain);
        }
        for ancestor in ancestors {
            let mut params = BlockImportParams::new(block.origin, ancestor.header);
            params.post_digests = ancestor.post_digests;
            params.body = Some(ancestor.body);
            params.justifications = Some(ancestor.justifications);
            params.state_action = StateAction::Execute;
            let hash = params.post_hash();
            let sealed = shape(&mut params)?;
            let checked = context.check(&mut params, sealed).await;
            let imported = match checked {
                Ok(checked) => self.import_checked(params, checked).await,
                Err(error) => Err(error),
            };
            if let Err(error) = imported {
                if context.verdicts.remember(hash, &error) {
                    context.siblings.forget(&hash);
                }
                return Err(error);
            }
        }
        let sealed = shape(&mut block)?;
        let checked = context.check(&mut block, sealed).await?;
        self.import_checked(block, checked).await
    }

    /// Executes and stores a block that passed all other checks.
    async fn import_checked(
        &self,
        mut block: BlockImportParams<Block>,
        checked: Checked,
    ) -> Result<ImportResult, Error> {
        let context = &self.context;
        let hash = block.post_hash();
        block.justifications = Some(checked.justifications);
        if block.origin != BlockOrigin::Own {
            // An author is checked by everybody else.
            let begun = Instant::now();
            let changes = self.execute(whole_block(&block)?, checked.headers).await;
            context.late.imported(ImportStage::Execute, begun);
            if let Err(Error::ClockBehind) = changes {
                self.hold_until_later(&block);
            }
            let changes = StorageChanges::Changes(changes?);
            block.state_action = StateAction::ApplyChanges(changes);
        }

        let _one_at_a_time = context.one_at_a_time.lock().await;
        let best = chain_data::load::<Block, _>(&*context.client, context.client.info().best_hash)?;
        block.auxiliary.extend(chain_data::entries::<Block, _>(
            &*context.client,
            *block.header.number(),
            hash,
            &checked.data,
        )?);
        block.fork_choice = Some(ForkChoiceStrategy::Custom(fork_choice::becomes_best(
            checked.data.weight,
            best.weight,
        )));
        let header = block.post_header();
        let begun = Instant::now();
        let result = self.inner.import_block(block).await?;
        context.late.imported(ImportStage::Store, begun);
        if let ImportResult::Imported(imported) = &result {
            let claim = Claim::from(&checked.pre_digest);
            context.siblings.imported(claim, hash);
            if imported.is_new_best {
                let begun = Instant::now();
                if let Err(error) = self.finalize() {
                    // The block is there all the same. The next one tries again.
                    tracing::error!(target: "farming", "No block becomes final: {error}");
                }
                context.late.imported(ImportStage::Finalize, begun);
            }
            self.notice_equivocation(&checked.pre_digest, header).await;
        }
        Ok(result)
    }

    async fn execute(
        &self,
        block: Block,
        headers: Vec<SegmentHeader>,
    ) -> Result<StateChanges<Block>, Error> {
        let expected = inherent_data(headers).await?;
        let client = self.context.client.clone();
        blocking(move || {
            check_inherents(&*client, block.clone(), expected)?;
            execute(&*client, block)
        })
        .await
    }

    /// Holds a block that was made later than this node's clock shows. If the clock is wrong, the block
    /// is asked for again with its descendants.
    fn hold_until_later(&self, block: &BlockImportParams<Block>) {
        let now = Instant::now();
        let incoming = IncomingBlock {
            hash: block.post_hash(),
            header: Some(block.post_header()),
            body: block.body.clone(),
            indexed_body: None,
            justifications: block.justifications.clone(),
            origin: None,
            allow_missing_state: false,
            skip_execution: false,
            import_existing: false,
            state: None,
        };
        let moment = now.checked_add(CLOCK_RETRY).unwrap_or(now);
        let future = &self.context.future;
        future.hold_until(block.origin, incoming, moment, now);
    }

    /// Makes the block at confirmation depth final, and history.
    fn finalize(&self) -> Result<(), Error> {
        let context = &self.context;
        let parameters = &context.parameters;
        let Some(number) = finality::finalize::<Block, _, BE>(&*context.client, parameters)? else {
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

    /// What the import queue is told, and the log.
    fn answer(&self, hash: Block::Hash, error: &Error) -> ImportResult {
        let context = &self.context;
        context.late.refused(error);
        context.verdicts.remember(hash, error);
        let verdict = error.verdict();
        match verdict {
            BlockVerdict::Objective | BlockVerdict::Sender => {
                if error.is_repeated() {
                    tracing::debug!(target: "farming", "{error}");
                } else {
                    tracing::warn!(target: "farming", "Block {hash} is refused: {error}");
                }
            }
            BlockVerdict::Local => {
                tracing::error!(target: "farming", "Block {hash} is not imported: {error}");
            }
            BlockVerdict::UnknownParent => {
                tracing::debug!(target: "farming", "Block {hash}: {error}");
            }
        }
        verdict.answer()
    }
}

#[async_trait::async_trait]
impl<Block, I, Client, BE> BlockImport<Block> for AllodBlockImport<Block, I, Client, BE>
where
    Block: BlockT,
    Block::Header: HeaderT<Number = u32>,
    Block::Hash: Into<[u8; 32]>,
    BE: Backend<Block>,
    I: BlockImport<Block, Error = sp_consensus::Error> + Send + Sync,
    Client: ImportClient<Block> + Finalizer<Block, BE>,
{
    type Error = sp_consensus::Error;

    async fn check_block(
        &self,
        block: BlockCheckParams<Block>,
    ) -> Result<ImportResult, Self::Error> {
        let context = &self.context;
        if context.siblings.is_parked(&block.hash) {
            return Ok(ImportResult::AlreadyInChain);
        }
        if context.verdicts.is_condemned(&block.hash) {
            return Ok(ImportResult::KnownBad);
        }
        // Whether it is worth its ancestors, import finds out by its header.
        if context.siblings.is_parked(&block.parent_hash) {
            return Ok(ImportResult::imported(false));
        }
        self.inner.check_block(block).await
    }

    async fn import_block(
        &self,
        block: BlockImportParams<Block>,
    ) -> Result<ImportResult, Self::Error> {
        let (hash, own) = (block.post_hash(), block.origin == BlockOrigin::Own);
        match self.try_import(block).await {
            Ok(result) => Ok(result),
            // Who made a block wants to know what is wrong with it.
            Err(error) if own => Err(error.into()),
            Err(error) => Ok(self.answer(hash, &error)),
        }
    }
}
