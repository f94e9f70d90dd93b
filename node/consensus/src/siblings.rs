//! Siblings: blocks that one claim was sealed into (§8).
//!
//! An author seals one block for a solution; whoever seals more is reported and blocked. Until then
//! every further one would cost each node an execution. So two blocks of a claim are imported, as
//! many as prove the offence, and any further one is parked: it kept every rule that takes no
//! execution, and is kept as it came. A block on top of a parked one tells that others follow it.
//! Then, if by its header it would become the best block, parked ancestors and it are imported after
//! all; so nodes that kept different pairs converge.

use allod_consensus_primitives::Claim;
use parity_scale_codec::Encode;
use parking_lot::Mutex;
use schnellru::{ByLength, LruMap};
use sp_runtime::{
    DigestItem, Justifications,
    traits::{Block as BlockT, Header as HeaderT},
};
use std::collections::{BTreeMap, HashMap};

/// Blocks of a claim that are imported: they prove the offence.
pub const IMPORTED_SIBLINGS: usize = 2;
/// Claims whose imported blocks are counted, some hours of them.
pub const MAX_COUNTED_CLAIMS: u32 = 4096;
/// Blocks that are parked at the same time.
pub const MAX_PARKED: usize = 64;
/// Bytes of their bodies and justifications in all.
pub const MAX_PARKED_BYTES: usize = 32 * 1024 * 1024;

/// A block that is kept, and not imported.
#[derive(Debug, Clone)]
pub struct Parked<Block: BlockT> {
    /// Without the seal.
    pub header: Block::Header,
    /// The seal.
    pub post_digests: Vec<DigestItem>,
    /// Its extrinsics.
    pub body: Vec<Block::Extrinsic>,
    /// The one justification.
    pub justifications: Justifications,
}

impl<Block: BlockT> Parked<Block> {
    /// The header as it travels.
    pub fn sealed_header(&self) -> Block::Header {
        let mut header = self.header.clone();
        for item in &self.post_digests {
            header.digest_mut().push(item.clone());
        }
        header
    }

    fn bytes(&self) -> usize {
        let justifications = self.justifications.iter().map(|(_, bytes)| bytes.len());
        let extrinsics = self.body.iter().map(Encode::encoded_size);
        justifications
            .chain(extrinsics)
            .fold(self.header.encoded_size(), usize::saturating_add)
    }
}

/// Counts the imported blocks of each claim, and keeps the surplus ones.
pub struct Siblings<Block: BlockT> {
    inner: Mutex<Inner<Block>>,
}

struct Inner<Block: BlockT> {
    imported: LruMap<Claim, Vec<Block::Hash>>,
    parked: HashMap<Block::Hash, (u64, Parked<Block>)>,
    /// Parked ones by age.
    order: BTreeMap<u64, Block::Hash>,
    bytes: usize,
    next: u64,
}

impl<Block: BlockT> Default for Siblings<Block> {
    fn default() -> Self {
        Self {
            inner: Mutex::new(Inner {
                imported: LruMap::new(ByLength::new(MAX_COUNTED_CLAIMS)),
                parked: HashMap::new(),
                order: BTreeMap::new(),
                bytes: 0,
                next: 0,
            }),
        }
    }
}

impl<Block: BlockT> Siblings<Block> {
    /// Whether a block of this claim would be one too many.
    pub fn is_surplus(&self, claim: &Claim, hash: &Block::Hash) -> bool {
        let mut inner = self.inner.lock();
        inner
            .imported
            .get(claim)
            .is_some_and(|imported| imported.len() >= IMPORTED_SIBLINGS && !imported.contains(hash))
    }

    /// Counts a block that was imported. It is not parked any more.
    pub fn imported(&self, claim: Claim, hash: Block::Hash) {
        let mut inner = self.inner.lock();
        inner.remove(&hash);
        match inner.imported.get(&claim) {
            Some(imported) if imported.contains(&hash) => {}
            Some(imported) => imported.push(hash),
            None => {
                inner.imported.insert(claim, vec![hash]);
            }
        }
    }

    /// Keeps a block. The oldest ones make room for it; a block that alone is larger than all the room
    /// is not kept.
    pub fn park(&self, hash: Block::Hash, block: Parked<Block>) {
        let bytes = block.bytes();
        let mut inner = self.inner.lock();
        if bytes > MAX_PARKED_BYTES || inner.parked.contains_key(&hash) {
            return;
        }
        while inner.parked.len() >= MAX_PARKED
            || inner.bytes.saturating_add(bytes) > MAX_PARKED_BYTES
        {
            let Some((_, oldest)) = inner.order.pop_first() else {
                break;
            };
            inner.remove(&oldest);
        }
        let number = inner.next;
        inner.next = number.saturating_add(1);
        inner.bytes = inner.bytes.saturating_add(bytes);
        inner.order.insert(number, hash);
        inner.parked.insert(hash, (number, block));
    }

    /// Whether a block is parked.
    pub fn is_parked(&self, hash: &Block::Hash) -> bool {
        self.inner.lock().parked.contains_key(hash)
    }

    /// The block of this hash and its ancestors as far as they are parked, the oldest first.
    pub fn parked_chain(&self, hash: Block::Hash) -> Vec<Parked<Block>> {
        let inner = self.inner.lock();
        let mut chain = Vec::new();
        let mut next = hash;
        // Each is an ancestor of the one before, so none comes twice.
        while let Some((_, block)) = inner.parked.get(&next) {
            next = *block.header.parent_hash();
            chain.push(block.clone());
        }
        chain.reverse();
        chain
    }

    /// Forgets a parked block that turned out to be bad.
    pub fn forget(&self, hash: &Block::Hash) {
        self.inner.lock().remove(hash);
    }

    /// How many are parked, and their bytes.
    pub fn parked(&self) -> (usize, usize) {
        let inner = self.inner.lock();
        (inner.parked.len(), inner.bytes)
    }
}

impl<Block: BlockT> Inner<Block> {
    fn remove(&mut self, hash: &Block::Hash) {
        if let Some((number, block)) = self.parked.remove(hash) {
            self.order.remove(&number);
            self.bytes = self.bytes.saturating_sub(block.bytes());
        }
    }
}
