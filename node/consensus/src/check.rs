//! The rules of a block in the order of what checking them costs (§8).
//!
//! 0. whether this release is too old to judge it: [`outdated`](crate::outdated);
//! 1. size and digest of the header;
//! 2. whether the block is known, or known to be bad: the caller looks that up;
//! 3. body and justification are the ones that the header names: from here on every fault is that of
//!    the hash;
//! 4. slot: after the parent's, and within reach of one justification;
//! 5. the slot's output, by what is known here of the parent's chain; count of the checkpoints, and
//!    the outputs that the pre-digest names;
//! 6. what of the solution takes hashes alone: claims, expiry, group, range;
//! 7. seal;
//! 8. proof of space;
//! 9. logs and segment headers;
//! 10. openings;
//! 11. delay function, from the parent's newest slot forwards.
//!
//! Whoever has not won a slot gets as far as the sixth, for microseconds; whoever makes proofs of
//! space up, as far as the eighth. Execution comes after all of them: [`execute`](crate::execute).

use crate::{Error, ImportClient, ImportContext, chain_data, execute, finality};
use allod_block_rules::{
    BlockError, ChainData, Evidence, Execution, Parent, SealedHeader, body_of_header, full_block,
    header_shape, one_justification, slot_after_parent, slot_in_reach,
};
use allod_consensus_primitives::{PotJustification, PreDigest, split_seal};
use allod_core::SegmentHeader;
use sc_consensus::{BlockImportParams, StateAction, StorageChanges};
use sp_blockchain::BlockStatus;
use sp_runtime::{
    Justifications,
    traits::{Block as BlockT, Header as HeaderT, NumberFor},
};
use std::sync::Arc;

/// What a block that passed all checks but execution brings along.
pub(crate) struct Checked {
    pub data: ChainData,
    pub pre_digest: PreDigest,
    pub justifications: Justifications,
    /// That it brings.
    pub headers: Vec<SegmentHeader>,
}

/// Runs what keeps a thread busy where that is allowed.
pub(crate) async fn blocking<T: Send + 'static>(
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

/// What a block is made of, by itself.
pub(crate) fn shape<Block: BlockT>(
    block: &mut BlockImportParams<Block>,
) -> Result<SealedHeader<Block::Header>, Error> {
    full_block(execution(&mut block.state_action), block.body.as_deref())?;
    if block.post_digests.is_empty() {
        // The verifier found no seal to take off: what it found instead?
        let _ = split_seal(block.header.clone()).map_err(BlockError::from)?;
    }
    Ok(header_shape(block.header.clone(), &block.post_digests)?)
}

impl<Block, Client> ImportContext<Block, Client>
where
    Block: BlockT,
    Block::Hash: Into<[u8; 32]>,
    NumberFor<Block>: Into<u32> + From<u32>,
    Client: ImportClient<Block>,
{
    /// Checks a block by every rule but those that take execution. The block's justifications are
    /// taken out.
    pub(crate) async fn check(
        self: &Arc<Self>,
        block: &mut BlockImportParams<Block>,
        sealed: SealedHeader<Block::Header>,
    ) -> Result<Checked, Error> {
        let parent_hash = *block.header.parent_hash();
        self.parent_with_state(parent_hash)?;
        let number: u32 = (*block.header.number()).into();
        self.can_judge_child(parent_hash, number.saturating_sub(1))?;
        let body = block.body.as_deref().ok_or(BlockError::NoBody)?;
        let version = self
            .client
            .runtime_version_at(parent_hash, execute::IMPORT)?
            .extrinsics_root_state_version();
        body_of_header(&block.header, body, version)?;
        let (justification, justifications) =
            one_justification(sealed.pre_digest(), block.justifications.take())?;
        finality::builds_on_final::<Block, _>(&*self.client, block.post_hash(), &block.header)?;
        // Curve arithmetic, AES and archiving keep a thread busy for milliseconds up to seconds.
        let this = self.clone();
        let (data, headers, pre_digest) =
            blocking(move || this.check_claims(&sealed, &justification)).await?;
        Ok(Checked {
            data,
            pre_digest,
            justifications,
            headers,
        })
    }

    /// The parent is there, and its state too.
    pub(crate) fn parent_with_state(&self, parent: Block::Hash) -> Result<(), Error> {
        match self.client.block_status(parent)? {
            sp_consensus::BlockStatus::InChainWithState | sp_consensus::BlockStatus::Queued => {
                Ok(())
            }
            sp_consensus::BlockStatus::InChainPruned => Err(Error::NoState(parent.to_string())),
            sp_consensus::BlockStatus::Unknown | sp_consensus::BlockStatus::KnownBad => {
                Err(Error::UnknownParent(parent.to_string()))
            }
        }
    }

    fn check_claims(
        &self,
        sealed: &SealedHeader<Block::Header>,
        justification: &PotJustification,
    ) -> Result<(ChainData, Vec<SegmentHeader>, PreDigest), Error> {
        let pre_digest = sealed.pre_digest();
        let header = sealed.header();
        let parent_hash = *header.parent_hash();
        let parent_number: u32 = (*header.number()).into().saturating_sub(1);
        let parent_data = self.slot_window(parent_hash, pre_digest)?;
        let context = self.child_context(parent_hash, pre_digest)?;
        let parent = self.parent(&parent_data, &context, &[]);
        parent.slot_output_is_known(pre_digest, &self.pot_verifier)?;
        let time = parent.claimed_time(pre_digest, justification)?;
        let (ticket, seal) = parent.proven_ticket(sealed)?;

        let headers = self
            .archiver
            .headers_for_child(parent_hash, parent_number)?;
        let parent = Parent {
            segment_headers: &headers,
            ..parent
        };
        let logs = parent.verify_logs(header)?;
        let solution = parent.openings(pre_digest, ticket)?.verify(&self.kzg)?;
        let time = time.verify(&self.pot_verifier)?;
        let data = parent_data.child(Evidence {
            seal,
            solution,
            time,
            logs,
        });
        Ok((data, headers, pre_digest.clone()))
    }

    /// The slot is after the parent's, and not out of reach. Returns what the node keeps beside the
    /// parent.
    fn slot_window(&self, parent: Block::Hash, pre_digest: &PreDigest) -> Result<ChainData, Error> {
        let data = chain_data::load::<Block, _>(&*self.client, parent)?;
        slot_after_parent(pre_digest.slot, data.slot)?;
        slot_in_reach(pre_digest.slot, &data, &self.parameters)?;
        Ok(data)
    }

    /// What can be said of a header alone whose parent is here: all but bindings, logs, the
    /// delay function and execution. What the openings need of a segment that the parent's
    /// state does not know is left to the import.
    pub(crate) fn check_announced(
        &self,
        sealed: &SealedHeader<Block::Header>,
    ) -> Result<(), Error> {
        let pre_digest = sealed.pre_digest();
        let parent_hash = *sealed.header().parent_hash();
        self.parent_with_state(parent_hash)?;
        let number: u32 = (*sealed.header().number()).into();
        self.can_judge_child(parent_hash, number.saturating_sub(1))?;
        let parent_data = self.slot_window(parent_hash, pre_digest)?;
        let context = self.child_context(parent_hash, pre_digest)?;
        let parent = self.parent(&parent_data, &context, &[]);
        parent.slot_output_is_known(pre_digest, &self.pot_verifier)?;
        let (ticket, _seal) = parent.proven_ticket(sealed)?;
        if context.segment_commitment.is_some() {
            let _solution = parent.openings(pre_digest, ticket)?.verify(&self.kzg)?;
        }
        Ok(())
    }

    /// Whether the block is in the database.
    pub(crate) fn is_known(&self, hash: Block::Hash) -> Result<bool, Error> {
        Ok(self.client.status(hash)? == BlockStatus::InChain)
    }
}
