//! Farmers: sectors, tickets, proofs-of-time, and the blocks that they make.
//!
//! A sector is never plotted as a whole. What a slot's challenge reads is worked out when it is
//! asked for: one table and one chunk for each of the challenge's two pieces.

use crate::{
    block::Made,
    harness::{KZG, Node},
};
use allod_consensus_primitives::{
    ENGINE_ID, FarmingApi, INHERENT_IDENTIFIER, PotJustification, PreDigest, justification_hash,
};
use allod_core::{
    ChunkWitness, HistorySize, PotChange, PotCheckpoints, PotOutput, PublicKey, RewardAddress,
    ScalarBytes, SectorChallenge, SectorId, SegmentHeader, Slot, Solution, SpaceProof,
    audit::mask_chunk, global_challenge, time::PotInput, units::group_of,
};
use allod_proof_of_space::SectorTable;
use allod_runtime::{
    Hash, RuntimeCall, RuntimeEvent, TransactionContext, opaque::Block, signed_transaction,
};
use allod_service::Client;
use allod_verification::is_within_range;
use frame_system::{Event as SystemEvent, EventRecord};
use parity_scale_codec::{Decode, Encode};
use sc_block_builder::BlockBuilderBuilder;
use sc_client_api::StorageProvider;
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::{ApplyExtrinsicFailed, Error};
use sp_core::storage::StorageKey;
use sp_inherents::InherentData;
use sp_io::hashing::twox_128;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{Digest, DispatchError, Justifications, OpaqueExtrinsic, generic::Era};
use sp_timestamp::Timestamp;
use std::collections::HashMap;

/// When slot 0 was, in milliseconds: long ago, so that no block is from the future.
const BEGINNING: u64 = 1_700_000_000_000;
/// Slots within which a farmer wins one. All but surely, even if only each tenth ticket wins.
const MAX_SLOTS_TO_WIN: u64 = 1000;

/// Who farms.
#[derive(Clone)]
pub struct Farmer {
    /// Signs seals.
    pub keypair: Keypair,
}

impl Farmer {
    /// One of 256 farmers, always with the same key.
    pub fn new(number: u8) -> Self {
        let secret = MiniSecretKey::from_bytes(&[number; 32]).unwrap();
        Self {
            keypair: secret.expand_to_keypair(ExpansionMode::Ed25519),
        }
    }

    /// What its sectors and solutions carry.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.keypair.public.to_bytes())
    }
}

/// Which sector is farmed.
#[derive(Clone, Copy)]
pub struct Sector {
    /// Whose it is.
    pub public_key: PublicKey,
    /// Among the farmer's sectors.
    pub index: u32,
    /// It was made at.
    pub history_size: HistorySize,
}

impl Sector {
    /// What its pieces follow from.
    pub fn id(&self) -> SectorId {
        SectorId::new(&self.public_key, self.index, self.history_size)
    }

    /// What a slot asks of it.
    pub fn challenge(&self, slot: Slot, output: PotOutput) -> SectorChallenge {
        SectorChallenge::new(&global_challenge(&output, slot), &self.id())
    }
}

/// What a block is made of. By default an honest farmer's next block on the best one.
#[derive(Clone, Default)]
pub struct Plan {
    /// The best block if none.
    pub parent: Option<Hash>,
    /// Number of the farmer.
    pub farmer: u8,
    /// History size that the farmed sector is made at; the newest one if none.
    pub history_size: Option<HistorySize>,
    /// Slots to leave out after the parent's.
    pub skip: u64,
    /// Segment headers to bring; those that the archiver expects if none.
    pub headers: Option<Vec<SegmentHeader>>,
    /// When the block says that it was made, in milliseconds; the time of the slot if none.
    pub time: Option<u64>,
    /// Milliseconds added to that.
    pub later: u64,
    /// After the inherents.
    pub transactions: Vec<OpaqueExtrinsic>,
    /// Whether the block ends before the first transaction that finds no room in it; otherwise it is an
    /// error if there is one.
    pub until_full: bool,
    /// Whether proof-of-time goes on without the entropy and the iterations that are due.
    pub ignore_change: bool,
}

/// Proof-of-time from a block on.
pub struct Timeline {
    known: HashMap<Slot, PotOutput>,
    evaluated: Vec<(PotInput, PotCheckpoints)>,
    next: PotInput,
    change: Option<PotChange>,
}

impl Timeline {
    /// The output of a slot that is not before the block's own.
    pub fn output(&mut self, slot: Slot) -> PotOutput {
        while self.next.slot <= slot {
            let input = self.next;
            let arrays = allod_proof_of_time::prove(input.seed.0, input.iterations).unwrap();
            let checkpoints = PotCheckpoints::from(arrays);
            let output = checkpoints.output();
            self.known.insert(input.slot, output);
            self.next = input.next(output, self.change.as_ref());
            self.evaluated.push((input, checkpoints));
        }
        self.known[&slot]
    }

    /// The slots that had to be evaluated so far.
    pub fn evaluated(&self) -> &[(PotInput, PotCheckpoints)] {
        &self.evaluated
    }
}

impl Node {
    /// Proof-of-time as it goes on after a block.
    pub fn timeline(&self, block: Hash, ignore_change: bool) -> Timeline {
        let data = self.chain_data(block);
        let pot = self.client.runtime_api().pot_parameters(block).unwrap();
        let change = pot.next_change.filter(|_| !ignore_change);
        let next = match data.newest() {
            None => PotInput::first(
                &self.genesis_hash(),
                &self.parameters.external_entropy,
                pot.iterations,
            ),
            Some((newest, output)) => {
                let slot = newest.saturating_add(1);
                PotInput::after(slot, output, pot.iterations, change.as_ref())
            }
        };
        let known = (data.slot.0..).map(Slot).zip(data.outputs).collect();
        Timeline {
            known,
            evaluated: Vec::new(),
            next,
            change,
        }
    }

    /// Verifies a block's proofs-of-time before the block comes, as gossip does.
    pub fn hear_time_of(&self, block: &Made) {
        let time = self.timeline(block.header.parent_hash, false);
        let proof = PotJustification::from_bytes(&block.proof()).unwrap();
        let verifier = &self.context().pot_verifier;
        verifier
            .verify_chain(time.next, time.change.as_ref(), &proof.checkpoints)
            .unwrap();
    }

    /// The sector that a plan farms.
    pub fn sector(&self, plan: &Plan) -> Sector {
        let parent = plan.parent.unwrap_or_else(|| self.best());
        let newest = HistorySize(self.history_size(parent).0.max(1));
        Sector {
            public_key: Farmer::new(plan.farmer).public_key(),
            index: 0,
            history_size: plan.history_size.unwrap_or(newest),
        }
    }

    /// The tickets of a sector in a slot, as solutions with their distance from the target.
    pub fn tickets(
        &self,
        sector: Sector,
        slot: Slot,
        output: PotOutput,
    ) -> impl Iterator<Item = (u64, Solution)> {
        let id = sector.id();
        let challenge = sector.challenge(slot, output);
        let s_bucket = challenge.s_bucket().get();
        let pieces = self.parameters.pieces_per_sector;
        let store = self.archiver().store();
        let is_read = move |offset: &u16| group_of(*offset, pieces) == challenge.group();
        (0..pieces).filter(is_read).filter_map(move |offset| {
            let index = id.piece_index(offset, sector.history_size, &self.parameters);
            let piece = store.piece(index).unwrap()?;
            let table = SectorTable::new(&id.space_seed(offset).0);
            let proof_of_space = SpaceProof(table.find_proof(s_bucket)?);
            let (chunk, witness) = KZG.open_chunk(piece.record(), s_bucket).unwrap();
            let chunk = ScalarBytes(chunk);
            let distance = challenge.distance(&mask_chunk(&chunk, &proof_of_space));
            let solution = Solution {
                public_key: sector.public_key,
                reward_address: RewardAddress([9; 32]),
                sector_index: sector.index,
                history_size: sector.history_size,
                piece_offset: offset,
                record_commitment: piece.commitment(),
                record_witness: piece.witness(),
                chunk,
                chunk_witness: ChunkWitness(witness),
                proof_of_space,
            };
            Some((distance, solution))
        })
    }

    /// Makes the block of the first slot that the plan's sector wins.
    pub fn make(&self, plan: Plan) -> Made {
        let parent = plan.parent.unwrap_or_else(|| self.best());
        let era_range = self.client.runtime_api().solution_range(parent).unwrap();
        let parent_slot = self.chain_data(parent).slot;
        let sector = self.sector(&plan);
        self.make_with(plan, |slot, output| {
            let range = era_range.for_block(slot, parent_slot);
            let mut tickets = self.tickets(sector, slot, output);
            let (_, solution) = tickets.find(|(distance, _)| is_within_range(*distance, range))?;
            Some(solution)
        })
    }

    /// Makes a block of what `find` makes of the first slot that it likes.
    pub fn make_with(
        &self,
        plan: Plan,
        mut find: impl FnMut(Slot, PotOutput) -> Option<Solution>,
    ) -> Made {
        let parent = plan.parent.unwrap_or_else(|| self.best());
        let mut time = self.timeline(parent, plan.ignore_change);
        let first = self.chain_data(parent).slot.0 + 1 + plan.skip;
        let (slot, slot_output, solution) = (first..first + MAX_SLOTS_TO_WIN)
            .map(Slot)
            .find_map(|slot| {
                let output = time.output(slot);
                find(slot, output).map(|solution| (slot, output, solution))
            })
            .expect("a slot is won soon");
        let newest = slot.saturating_add(self.parameters.block_authoring_delay);
        let future_output = time.output(newest);
        let checkpoints = time
            .evaluated
            .into_iter()
            .map(|(_, checkpoints)| checkpoints);
        let proof = PotJustification::new(checkpoints.collect())
            .unwrap()
            .encode();
        let claim = PreDigest {
            slot,
            solution,
            slot_output,
            future_output,
            justification_hash: justification_hash(&proof),
        };
        let block = self.build(parent, claim, &plan);
        let mut made = Made {
            farmer: Farmer::new(plan.farmer),
            genesis_hash: self.genesis_hash(),
            header: block.header,
            body: block.extrinsics,
            justifications: Some(Justifications::from((ENGINE_ID, proof))),
            seals: Vec::new(),
        };
        made.seal();
        made
    }

    fn build(&self, parent: Hash, claim: PreDigest, plan: &Plan) -> Block {
        let number = self.header(parent).number;
        let headers = plan.headers.clone().unwrap_or_else(|| {
            let archiver = self.archiver();
            archiver.headers_for_child(parent, number).unwrap()
        });
        let time = plan.time.unwrap_or(BEGINNING + claim.slot.0 * 1000);
        let time = Timestamp::new(time + plan.later);
        let mut data = InherentData::new();
        data.put_data(sp_timestamp::INHERENT_IDENTIFIER, &time)
            .unwrap();
        data.put_data(INHERENT_IDENTIFIER, &headers).unwrap();

        let mut builder = BlockBuilderBuilder::<Block, Client>::new(&self.client)
            .on_parent_block(parent)
            .with_parent_block_number(number)
            .with_inherent_digests(Digest {
                logs: vec![claim.into()],
            })
            .build()
            .unwrap();
        let inherents = builder.create_inherents(data).unwrap();
        for inherent in inherents {
            builder.push(inherent).unwrap();
        }
        for transaction in &plan.transactions {
            match builder.push(transaction.clone()) {
                Err(Error::ApplyExtrinsicFailed(ApplyExtrinsicFailed::Validity(error)))
                    if plan.until_full && error.exhausted_resources() =>
                {
                    break;
                }
                pushed => pushed.unwrap(),
            }
        }
        builder.build().unwrap().block
    }

    /// Makes a block and takes it.
    pub async fn grow(&self, plan: Plan) -> Made {
        let made = self.make(plan);
        self.accept(&made).await;
        made
    }

    /// Takes so many blocks of honest farmers.
    pub async fn grow_by(&self, blocks: u32) {
        for _ in 0..blocks {
            self.grow(Plan::default()).await;
        }
    }

    /// Brings calls onto the chain as Alice's transactions, in as many blocks as they fill; other nodes
    /// take these blocks, too. Every call must succeed. Returns her next nonce.
    pub async fn carry(&self, others: &[&Self], calls: Vec<RuntimeCall>, nonce: u32) -> u32 {
        let next = nonce + u32::try_from(calls.len()).unwrap();
        let mut waiting: Vec<_> = calls
            .into_iter()
            .zip(nonce..)
            .map(|(call, nonce)| self.signed(call, nonce))
            .collect();
        while !waiting.is_empty() {
            let made = self.grow(Plan {
                transactions: waiting.clone(),
                until_full: true,
                ..Plan::default()
            });
            let made = made.await;
            for other in others {
                other.accept(&made).await;
            }
            let taken = made.transactions();
            assert!(taken > 0, "a transaction finds no room in an empty block");
            assert_eq!(self.failures(made.hash()), []);
            waiting.drain(..taken);
        }
        next
    }

    /// The errors of those of a block's transactions that failed.
    pub fn failures(&self, block: Hash) -> Vec<DispatchError> {
        let key = StorageKey([twox_128(b"System"), twox_128(b"Events")].concat());
        let events = self.client.storage(block, &key).unwrap().unwrap();
        let records =
            Vec::<EventRecord<RuntimeEvent, Hash>>::decode(&mut events.0.as_slice()).unwrap();
        let failed = records.into_iter().filter_map(|record| match record.event {
            RuntimeEvent::System(SystemEvent::ExtrinsicFailed { dispatch_error, .. }) => {
                Some(dispatch_error)
            }
            _ => None,
        });
        failed.collect()
    }

    /// Alice's transaction.
    pub fn signed(&self, call: RuntimeCall, nonce: u32) -> OpaqueExtrinsic {
        let alice = Sr25519Keyring::Alice;
        let genesis = Hash::from(self.genesis_hash());
        let context = TransactionContext {
            nonce,
            genesis,
            era: Era::Immortal,
            era_start: genesis,
        };
        let sign = |bytes: &[u8]| alice.sign(bytes).into();
        let signed = signed_transaction(call, alice.to_account_id(), &context, sign);
        OpaqueExtrinsic::decode(&mut &signed.encode()[..]).unwrap()
    }

    /// Alice says something that fills a segment and a bit of the next one.
    pub fn long_remark(&self, nonce: u32) -> OpaqueExtrinsic {
        let byte = u8::try_from(nonce).unwrap();
        let remark = vec![byte; self.parameters.segment_bytes()];
        let call = frame_system::Call::remark { remark };
        self.signed(RuntimeCall::System(call), nonce)
    }
}
