//! What a chain of parked blocks and a child weighs, by the headers alone: the state after a parked block
//! is not there (§8).

use crate::{Error, ImportClient, ImportContext, chain_data, execute, siblings::Parked};
use allod_block_rules::{
    BlockError, ChainData, body_of_header,
    header_chain::{Base, HeaderContext, HeaderError, HeaderRules},
};
use allod_consensus_primitives::{FarmingApi, pre_digest, step::is_due};
use allod_core::{
    Hash, PublicKey, SegmentCommitment, SegmentHeader, SegmentIndex, Slot, time::PotEntropy,
};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT};
use std::cell::Cell;

/// The block that the parked ones are on, which is in the database.
struct InDatabase<'a, Block: BlockT, Client> {
    client: &'a Client,
    hash: Block::Hash,
    number: u32,
    /// Something could not be read, so that what follows is not the headers' fault.
    unreadable: Cell<bool>,
}

impl<Block, Client> InDatabase<'_, Block, Client>
where
    Block: BlockT,
    Block::Header: HeaderT<Number = u32>,
    Client: HeaderBackend<Block>,
{
    /// An error is this node's own if something could not be read.
    fn blame<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|error| {
            if self.unreadable.get() {
                Error::NoState(self.hash.to_string())
            } else {
                error
            }
        })
    }

    fn read<T, E>(&self, result: Result<T, E>) -> Option<T> {
        if result.is_err() {
            self.unreadable.set(true);
        }
        result.ok()
    }

    /// Header of an ancestor, or of the block itself.
    fn header(&self, number: u32) -> Result<Option<Block::Header>, Error> {
        let mut next = self.hash;
        while let Some(header) = self.client.header(next)? {
            if *header.number() == number {
                return Ok(Some(header));
            }
            // From where both chains are one, the number leads there.
            if self.client.hash(*header.number())? == Some(next) {
                return match self.client.hash(number)? {
                    Some(hash) if number < *header.number() => Ok(self.client.header(hash)?),
                    Some(_) | None => Ok(None),
                };
            }
            next = *header.parent_hash();
        }
        Ok(None)
    }
}

impl<Block, Client> Base for InDatabase<'_, Block, Client>
where
    Block: BlockT,
    Block::Header: HeaderT<Number = u32>,
    Client: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
    Client::Api: FarmingApi<Block>,
{
    fn entropy(&self, number: u32) -> Option<PotEntropy> {
        // Genesis has no pre-digest.
        let header = self.read(self.header(number))??;
        Some(pre_digest(&header).ok()?.entropy())
    }

    fn is_key_blocked(&self, key: &PublicKey) -> bool {
        let api = self.client.runtime_api();
        self.read(api.is_key_blocked(self.hash, *key))
            .unwrap_or(false)
    }

    fn segment_commitment(&self, index: SegmentIndex) -> Option<SegmentCommitment> {
        let api = self.client.runtime_api();
        self.read(api.segment_commitment(self.hash, index))?
    }
}

impl<Block, Client> ImportContext<Block, Client>
where
    Block: BlockT,
    Block::Header: HeaderT<Number = u32>,
    Block::Hash: Into<[u8; 32]>,
    Client: ImportClient<Block>,
{
    /// Follows parked blocks, the oldest first, to a child of the newest one, and verifies the child.
    /// The parked ones were verified before. Returns what the child leaves to its children.
    pub(crate) fn follow_parked(
        &self,
        parked: &[Parked<Block>],
        child: &Parked<Block>,
    ) -> Result<ChainData, Error> {
        let oldest = parked.first().unwrap_or(child);
        let base_hash = *oldest.header.parent_hash();
        let number = (*oldest.header.number()).saturating_sub(1);
        let base = InDatabase {
            client: &*self.client,
            hash: base_hash,
            number,
            unreadable: Cell::new(false),
        };
        let rules = HeaderRules {
            genesis_hash: self.genesis_hash(),
            parameters: &self.parameters,
            base: &base,
        };
        // What is parked is what its header names, so that whoever sends it again is not blamed for others.
        let version = self
            .client
            .runtime_version_at(base_hash, execute::IMPORT)?
            .extrinsics_root_state_version();
        body_of_header(&child.header, &child.body, version)?;
        let mut context = self.header_context(&base)?;
        let mut last = None;
        for block in parked.iter().chain([child]) {
            let header = block.sealed_header();
            let justifications = Some(block.justifications.clone());
            let followed = rules
                .follow(&mut context, header, justifications)
                .map_err(of_headers);
            last = Some(base.blame(followed)?);
        }
        let last = last.ok_or_else(|| Error::UnknownParent(base_hash.to_string()))?;
        let verified = last.verify(&rules, &self.kzg, &self.pot_verifier);
        base.blame(verified.map_err(Error::from))
    }

    fn header_context(&self, base: &InDatabase<'_, Block, Client>) -> Result<HeaderContext, Error> {
        let api = self.client.runtime_api();
        let (hash, number) = (base.hash, base.number);
        let solution_range = api.solution_range(hash)?;
        let pot = api.pot_parameters(hash)?;
        let era = (0..=number)
            .rev()
            .find(|number| is_due(*number, self.parameters.era_length));
        let era_start = match era {
            None | Some(0) => Slot(0),
            Some(number) => {
                let header = base.header(number)?;
                let header = header.ok_or_else(|| Error::UnknownParent(hash.to_string()))?;
                pre_digest(&header).map_err(BlockError::from)?.slot
            }
        };
        let size = api.history_size(hash)?;
        let last_segment: Option<SegmentHeader> = size
            .0
            .checked_sub(1)
            .and_then(|index| self.archiver.store().header(SegmentIndex(index)));
        let hash: Hash = hash.into();
        let data = chain_data::load::<Block, _>(&*self.client, base.hash)?;
        Ok(HeaderContext::of_block(
            number,
            hash,
            data,
            solution_range,
            era_start,
            pot,
            last_segment,
        ))
    }
}

fn of_headers(error: HeaderError) -> Error {
    match error {
        HeaderError::Rule(rule) => rule.into(),
        other @ (HeaderError::NotAChild { .. }
        | HeaderError::Number { .. }
        | HeaderError::SegmentHeader(_)
        | HeaderError::BlockedKeys(_)) => Error::NotFollowed(other.to_string()),
    }
}
