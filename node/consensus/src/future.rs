//! Blocks from the future (§8): held outside of the import queue until their time comes.
//!
//! A block whose slot is more than [`MAX_SLOTS_AHEAD`] slots past the node's own time may be good: the
//! network may be ahead, or this node's timekeeper slow. It is held for a minute at most, together with
//! the blocks that build on it, and meanwhile the queue goes on with other blocks. Room is bounded, in
//! all and for each peer; what is nearest in time stays. A block that has to go is written down by its
//! hash and asked for again when its time comes.
//!
//! [`MAX_SLOTS_AHEAD`]: allod_core::parameters::MAX_SLOTS_AHEAD

use allod_consensus_primitives::pre_digest;
use allod_core::Slot;
use parity_scale_codec::Encode;
use parking_lot::Mutex;
use sc_consensus::{BlockImportError, IncomingBlock, import_queue::RuntimeOrigin};
use schnellru::{ByLength, LruMap};
use sp_consensus::BlockOrigin;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT, NumberFor};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::{Duration, Instant},
};

/// How long a block is held at most.
pub const HELD_AT_MOST: Duration = Duration::from_secs(60);
/// When a block is tried again that was made later than this node's clock shows.
pub const CLOCK_RETRY: Duration = Duration::from_secs(5);
/// Blocks that are held at the same time.
pub const MAX_HELD: usize = 128;
/// Their bytes in all.
pub const MAX_HELD_BYTES: usize = 32 * 1024 * 1024;
/// Blocks that are held of one peer.
pub const MAX_HELD_PER_PEER: usize = 16;
/// Their bytes: enough for the largest block with the largest justification.
pub const MAX_HELD_BYTES_PER_PEER: usize = 10 * 1024 * 1024;
/// Hashes of blocks to ask for again.
pub const MAX_TO_FETCH: u32 = 256;

/// What import makes of a block that is given up: see [`BlockVerdict::Local`](crate::BlockVerdict::Local).
pub type GivenUp<Block> = (BlockImportError, <Block as BlockT>::Hash);

/// What a block waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// That the slot is no further ahead than blocks may be.
    Slot(Slot),
    Moment(Instant),
}

/// A block of the future, with what sync says of it.
struct Held<Block: BlockT> {
    origin: BlockOrigin,
    block: IncomingBlock<Block>,
    until: Until,
    since: Instant,
    bytes: usize,
}

/// Slot, then the order in which they came: ancestors before descendants.
type Place = (Slot, u64);

/// Blocks that are held, and hashes to ask for again.
pub struct FutureBlocks<Block: BlockT> {
    inner: Mutex<Inner<Block>>,
}

struct Inner<Block: BlockT> {
    held: BTreeMap<Place, Held<Block>>,
    places: HashMap<Block::Hash, Place>,
    to_fetch: LruMap<Block::Hash, (NumberFor<Block>, Slot)>,
    /// Since when blocks wait for a moment.
    first_held: LruMap<Block::Hash, Instant>,
    next: u64,
}

/// What is to be done at a moment.
pub struct Due<Block: BlockT> {
    /// To be imported, each list an unbroken chain.
    pub chains: Vec<(BlockOrigin, Vec<IncomingBlock<Block>>)>,
    /// Held for too long.
    pub given_up: Vec<GivenUp<Block>>,
    /// To be asked for again.
    pub fetch: Vec<(Block::Hash, NumberFor<Block>)>,
}

/// How many bytes a block from a peer takes.
fn bytes_of<Block: BlockT>(block: &IncomingBlock<Block>) -> usize {
    let header = block.header.as_ref().map_or(0, Encode::encoded_size);
    let body = block.body.iter().flatten().map(Encode::encoded_size);
    let justifications = block.justifications.iter().flat_map(|all| all.iter());
    let justifications = justifications.map(|(_, bytes)| bytes.len());
    body.chain(justifications)
        .fold(header, usize::saturating_add)
}

/// The slot that a header claims; none if it claims none, which the import tells.
fn slot_of<Block: BlockT>(block: &IncomingBlock<Block>) -> Option<Slot> {
    let header = block.header.as_ref()?;
    Some(pre_digest(header).ok()?.slot)
}

impl<Block: BlockT> Default for FutureBlocks<Block> {
    fn default() -> Self {
        Self {
            inner: Mutex::new(Inner {
                held: BTreeMap::new(),
                places: HashMap::new(),
                to_fetch: LruMap::new(ByLength::new(MAX_TO_FETCH)),
                first_held: LruMap::new(ByLength::new(MAX_TO_FETCH)),
                next: 0,
            }),
        }
    }
}

impl<Block: BlockT> FutureBlocks<Block> {
    /// Splits a chain of blocks from a peer: returns those that are no further ahead than `farthest`,
    /// and holds the rest. Also returned are the blocks that have to go for them.
    pub fn hold_back(
        &self,
        origin: BlockOrigin,
        mut blocks: Vec<IncomingBlock<Block>>,
        farthest: Slot,
        now: Instant,
    ) -> (Vec<IncomingBlock<Block>>, Vec<GivenUp<Block>>) {
        let mut inner = self.inner.lock();
        let waits = |block: &IncomingBlock<Block>| {
            let parent = block.header.as_ref().map(|header| header.parent_hash());
            let on_held = parent.is_some_and(|parent| inner.places.contains_key(parent));
            on_held || slot_of(block).is_some_and(|slot| slot > farthest)
        };
        let first = blocks.iter().position(waits).unwrap_or(blocks.len());
        let mut given_up = Vec::new();
        for block in blocks.split_off(first) {
            inner.hold(origin, block, None, now, &mut given_up);
        }
        (blocks, given_up)
    }

    /// Holds a block until a moment, again and again, but no longer than for a minute since the first
    /// time. Whoever calls it has told sync that the block is not imported.
    pub fn hold_until(
        &self,
        origin: BlockOrigin,
        block: IncomingBlock<Block>,
        moment: Instant,
        now: Instant,
    ) {
        let mut inner = self.inner.lock();
        let first = inner.first_held.get(&block.hash).copied();
        let since = first.unwrap_or(now);
        if now.saturating_duration_since(since) >= HELD_AT_MOST {
            return;
        }
        inner.first_held.insert(block.hash, since);
        let mut given_up = Vec::new();
        inner.hold(origin, block, Some(moment), since, &mut given_up);
    }

    /// What is due at a moment at which blocks may be as far ahead as `farthest`; if none, as far as
    /// they like. `is_known` says whether a block is in the database.
    pub fn due(
        &self,
        farthest: Option<Slot>,
        now: Instant,
        is_known: impl Fn(&Block::Hash) -> bool,
    ) -> Due<Block> {
        let farthest = farthest.unwrap_or(Slot(u64::MAX));
        let mut inner = self.inner.lock();
        let is_due = |held: &Held<Block>| match held.until {
            Until::Slot(slot) => slot <= farthest,
            Until::Moment(moment) => moment <= now,
        };
        let places = inner.held.iter().filter(|(_, held)| is_due(held));
        let places: Vec<Place> = places.map(|(place, _)| *place).collect();
        let mut due = Due {
            chains: Vec::new(),
            given_up: Vec::new(),
            fetch: Vec::new(),
        };
        for place in places {
            let Some(held) = inner.take(place) else {
                continue;
            };
            inner.release(held, &is_known, &mut due);
        }
        let old = inner
            .held
            .iter()
            .filter(|(_, held)| now.saturating_duration_since(held.since) >= HELD_AT_MOST);
        let old: Vec<Place> = old.map(|(place, _)| *place).collect();
        for place in old {
            inner.give_up(place, &mut due.given_up);
        }
        let fetch = inner.to_fetch.iter();
        let fetch = fetch.filter(|(_, (_, slot))| *slot <= farthest);
        due.fetch = fetch.map(|(hash, (number, _))| (*hash, *number)).collect();
        for (hash, _) in &due.fetch {
            inner.to_fetch.remove(hash);
        }
        due
    }

    /// How many blocks are held.
    pub fn len(&self) -> usize {
        self.inner.lock().held.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<Block: BlockT> Inner<Block> {
    fn hold(
        &mut self,
        origin: BlockOrigin,
        block: IncomingBlock<Block>,
        moment: Option<Instant>,
        since: Instant,
        given_up: &mut Vec<GivenUp<Block>>,
    ) {
        let hash = block.hash;
        if self.places.contains_key(&hash) {
            return;
        }
        let parent = block.header.as_ref().map(|header| *header.parent_hash());
        let parents_slot = parent.and_then(|parent| Some(self.places.get(&parent)?.0));
        let slot = slot_of(&block).unwrap_or_default();
        let slot = parents_slot.map_or(slot, |parents| parents.max(slot));
        // Its parent may be held until a later slot than it claims itself.
        let until = moment.map_or(Until::Slot(slot), Until::Moment);
        let place = (slot, self.next);
        self.next = self.next.saturating_add(1);
        let (peer, bytes) = (block.origin, bytes_of(&block));
        let held = Held {
            origin,
            block,
            until,
            since,
            bytes,
        };
        self.places.insert(hash, place);
        self.held.insert(place, held);
        while let Some(farthest) = self.surplus_of(peer).or_else(|| self.surplus()) {
            self.give_up(farthest, given_up);
        }
    }

    /// The farthest block of a peer that has more than its quota.
    fn surplus_of(&self, peer: Option<RuntimeOrigin>) -> Option<Place> {
        let theirs = self.held.iter();
        let theirs = theirs.filter(|(_, held)| held.block.origin == peer);
        let (mut count, mut bytes, mut last) = (0_usize, 0_usize, None);
        for (place, held) in theirs {
            count = count.saturating_add(1);
            bytes = bytes.saturating_add(held.bytes);
            last = Some(*place);
        }
        last.filter(|_| count > MAX_HELD_PER_PEER || bytes > MAX_HELD_BYTES_PER_PEER)
    }

    /// The farthest block if there are too many.
    fn surplus(&self) -> Option<Place> {
        let bytes = self.held.values().map(|held| held.bytes);
        let bytes = bytes.fold(0, usize::saturating_add);
        let last = self.held.last_key_value().map(|(place, _)| *place);
        last.filter(|_| self.held.len() > MAX_HELD || bytes > MAX_HELD_BYTES)
    }

    fn take(&mut self, place: Place) -> Option<Held<Block>> {
        let held = self.held.remove(&place)?;
        self.places.remove(&held.block.hash);
        Some(held)
    }

    /// Gives a block up, and those that build on it. They are written down if they waited for a slot.
    fn give_up(&mut self, place: Place, given_up: &mut Vec<GivenUp<Block>>) {
        let Some(held) = self.take(place) else {
            return;
        };
        let mut gone = HashSet::from([held.block.hash]);
        self.write_down(held, given_up);
        // Descendants come later.
        let later: Vec<Place> = self.held.range(place..).map(|(place, _)| *place).collect();
        for place in later {
            let parent = self.held.get(&place).and_then(|held| {
                let header = held.block.header.as_ref()?;
                Some(*header.parent_hash())
            });
            if parent.is_some_and(|parent| gone.contains(&parent))
                && let Some(held) = self.take(place)
            {
                gone.insert(held.block.hash);
                self.write_down(held, given_up);
            }
        }
    }

    fn write_down(&mut self, held: Held<Block>, given_up: &mut Vec<GivenUp<Block>>) {
        if let (Until::Slot(slot), Some(header)) = (held.until, &held.block.header) {
            self.to_fetch
                .insert(held.block.hash, (*header.number(), slot));
        }
        given_up.push((BlockImportError::MissingState, held.block.hash));
    }

    /// Appends a block to the chain that it continues, or begins one with it. Without its parent it is
    /// of no use, and would have sync begin anew.
    fn release(
        &mut self,
        held: Held<Block>,
        is_known: &impl Fn(&Block::Hash) -> bool,
        due: &mut Due<Block>,
    ) {
        let Held { origin, block, .. } = held;
        let parent = block.header.as_ref().map(|header| *header.parent_hash());
        let continues = due.chains.iter_mut().find(|(_, chain)| {
            let last = chain.last().map(|last| last.hash);
            last.is_some() && last == parent
        });
        match (continues, parent) {
            (Some((_, chain)), _) => chain.push(block),
            (None, Some(parent)) if !is_known(&parent) => {
                due.given_up
                    .push((BlockImportError::MissingState, block.hash));
            }
            (None, _) => due.chains.push((origin, vec![block])),
        }
    }
}
