//! Slots that are known to be right, each verified once.
//!
//! What a slot's seed and iterations lead to is a matter of arithmetic, not of opinion: a slot that
//! was verified once, wherever it came from (own evaluation, gossip, a block's justification), is
//! right on every fork that has the same input. So one cache serves timekeeping, import and
//! authoring, and a reorganisation costs no second verification.
//!
//! Only slots that were verified or evaluated get in, so filling the cache with junk costs as much
//! as evaluating the delay function for every entry. Checkpoints that were found wrong are remembered by
//! a hash, apart and fewer of them, so that whoever sends them again costs a look-up.

use allod_block_rules::{KnownSlots, VerifyDelayFunction};
use allod_core::{
    Hash, PotCheckpoints, PotSeed, Slot, blake2b_256,
    parameters::MAX_SLOTS_PER_JUSTIFICATION,
    time::{PotChange, PotInput},
};
use core::num::NonZeroU32;
use parking_lot::{Condvar, Mutex};
use rayon::{
    ThreadPool, ThreadPoolBuilder,
    iter::{IntoParallelRefIterator, ParallelIterator},
};
use schnellru::{ByLength, LruMap};
use std::{
    collections::HashSet,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Slots that the cache holds: the longest justification on each of two forks. About 170 bytes
/// each.
pub const CAPACITY: u32 = MAX_SLOTS_PER_JUSTIFICATION.saturating_mul(2);

/// False claims that are remembered. About 100 bytes each.
pub const REMEMBERED_FALSE: u32 = 4096;

type Key = (PotSeed, NonZeroU32);
/// Of a slot's eight checkpoints.
type ClaimHash = Hash;

/// Verifies slots, each once, and remembers those that are right. A cheap handle: clones share one
/// cache.
#[derive(Clone)]
pub struct PotVerifier {
    inner: Arc<Inner>,
}

struct Inner {
    slots: Mutex<Slots>,
    finished: Condvar,
    computed: AtomicU64,
    /// Of its own, so that an import does not queue behind a farmer's plotting in the same process.
    pool: OnceLock<Option<ThreadPool>>,
}

struct Slots {
    known: LruMap<Key, PotCheckpoints>,
    found_false: LruMap<(Key, ClaimHash), ()>,
    running: HashSet<Key>,
}

impl Default for PotVerifier {
    fn default() -> Self {
        Self::new()
    }
}

impl PotVerifier {
    /// An empty cache.
    pub fn new() -> Self {
        Self {
            inner: Arc::new(Inner {
                slots: Mutex::new(Slots {
                    known: LruMap::new(ByLength::new(CAPACITY)),
                    found_false: LruMap::new(ByLength::new(REMEMBERED_FALSE)),
                    running: HashSet::new(),
                }),
                finished: Condvar::new(),
                computed: AtomicU64::new(0),
                pool: OnceLock::new(),
            }),
        }
    }

    /// Whether `checkpoints` are those of `input`. Blocks for as long as a verification takes,
    /// unless the slot is known. Callers with the same input wait for one another rather than
    /// compute the same thing at the same time. Iterations that are not a multiple of 16 have no
    /// right checkpoints.
    pub fn verify(&self, input: &PotInput, checkpoints: &PotCheckpoints) -> bool {
        let key = key(input);
        let claim = claim_hash(checkpoints);
        let mut slots = self.inner.slots.lock();
        loop {
            if slots.found_false.get(&(key, claim)).is_some() {
                return false;
            }
            if let Some(known) = slots.known.get(&key) {
                return known == checkpoints;
            }
            if slots.running.insert(key) {
                break;
            }
            self.inner.finished.wait(&mut slots);
        }
        drop(slots);

        let _running = Running {
            inner: &self.inner,
            key,
        };
        self.inner.computed.fetch_add(1, Ordering::Relaxed);
        let arrays = checkpoints.to_arrays();
        let verdict = allod_proof_of_time::verify(input.seed.0, input.iterations, &arrays);
        let valid = matches!(verdict, Ok(true));
        if valid {
            self.insert(input, checkpoints);
        } else {
            let mut slots = self.inner.slots.lock();
            slots.found_false.insert((key, claim), ());
        }
        valid
    }

    /// Verifies consecutive slots, those that are not known yet on all cores at once. Blocks.
    ///
    /// `first` is the input of the first slot, `change` the one that is due next, if any. Returns
    /// the input of the slot after the last.
    ///
    /// # Errors
    /// The index of the first slot whose checkpoints are wrong.
    pub fn verify_chain(
        &self,
        first: PotInput,
        change: Option<&PotChange>,
        checkpoints: &[PotCheckpoints],
    ) -> Result<PotInput, usize> {
        let mut input = first;
        let mut unknown = Vec::new();
        let mut wrong = None;
        for (index, claimed) in checkpoints.iter().enumerate() {
            match self.get(&input) {
                Some(known) if known == *claimed => {}
                Some(_) => {
                    wrong = Some(index);
                    break;
                }
                None => unknown.push(Claim {
                    index,
                    input,
                    checkpoints: claimed,
                }),
            }
            input = input.next(claimed.output(), change);
        }
        match self.first_wrong(&unknown).or(wrong) {
            Some(index) => Err(index),
            None => Ok(input),
        }
    }

    /// Adds a slot that the caller knows to be right, because it evaluated it.
    pub fn insert(&self, input: &PotInput, checkpoints: &PotCheckpoints) {
        self.inner
            .slots
            .lock()
            .known
            .insert(key(input), *checkpoints);
    }

    /// The checkpoints of a slot, if it is known.
    pub fn get(&self, input: &PotInput) -> Option<PotCheckpoints> {
        self.inner.slots.lock().known.get(&key(input)).copied()
    }

    /// The checkpoints of all slots from that of `first` up to and including `to`, none if one of
    /// them is not known. Empty if `to` is before the first.
    pub fn known_chain(
        &self,
        first: PotInput,
        change: Option<&PotChange>,
        to: Slot,
    ) -> Option<Vec<PotCheckpoints>> {
        if to.0.saturating_sub(first.slot.0) >= u64::from(CAPACITY) {
            return None;
        }
        let mut chain = Vec::new();
        let mut input = first;
        while input.slot <= to {
            let checkpoints = self.get(&input)?;
            chain.push(checkpoints);
            input = input.next(checkpoints.output(), change);
        }
        Some(chain)
    }

    /// How many slots were verified by computation rather than looked up, since the start.
    pub fn computed(&self) -> u64 {
        self.inner.computed.load(Ordering::Relaxed)
    }

    fn first_wrong(&self, claims: &[Claim<'_>]) -> Option<usize> {
        let is_wrong = |claim: &&Claim<'_>| !self.verify(&claim.input, claim.checkpoints);
        let found = match (claims, self.pool()) {
            ([] | [_], _) | (_, None) => claims.iter().find(is_wrong),
            (_, Some(pool)) => pool.install(|| claims.par_iter().find_first(is_wrong)),
        };
        found.map(|claim| claim.index)
    }

    fn pool(&self) -> Option<&ThreadPool> {
        let build = || {
            ThreadPoolBuilder::new()
                .thread_name(|number| format!("pot-verifier-{number}"))
                .build()
                .inspect_err(|error| {
                    tracing::warn!(
                        target: crate::LOG_TARGET,
                        %error,
                        "No threads to verify proofs-of-time in parallel; verifying one by one",
                    );
                })
                .ok()
        };
        self.inner.pool.get_or_init(build).as_ref()
    }
}

impl VerifyDelayFunction for PotVerifier {
    fn verify_slots(
        &self,
        first: PotInput,
        change: Option<&PotChange>,
        checkpoints: &[PotCheckpoints],
    ) -> Result<(), usize> {
        self.verify_chain(first, change, checkpoints).map(|_| ())
    }
}

impl KnownSlots for PotVerifier {
    fn known(&self, input: &PotInput) -> Option<PotCheckpoints> {
        self.get(input)
    }
}

/// What someone says about a slot.
struct Claim<'a> {
    index: usize,
    input: PotInput,
    checkpoints: &'a PotCheckpoints,
}

/// A verification that is under way; lets those who wait for it go on however it ends.
struct Running<'a> {
    inner: &'a Inner,
    key: Key,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.inner.slots.lock().running.remove(&self.key);
        self.inner.finished.notify_all();
    }
}

fn claim_hash(checkpoints: &PotCheckpoints) -> ClaimHash {
    blake2b_256(checkpoints.to_arrays().as_flattened())
}

/// The slot number does not enter the delay function.
fn key(input: &PotInput) -> Key {
    (input.seed, input.iterations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_chain::{change, evaluate, input, real_chain};
    use allod_core::PotOutput;
    use std::{sync::Barrier, thread};

    fn wrong(mut checkpoints: PotCheckpoints, span: usize) -> PotCheckpoints {
        checkpoints.0[span].0[3] ^= 1;
        checkpoints
    }

    #[test]
    fn a_slot_is_verified_once() {
        let verifier = PotVerifier::new();
        let input = input(1, 7, 64);
        let checkpoints = evaluate(&input);
        assert_eq!(verifier.get(&input), None);
        assert!(!verifier.verify(&input, &wrong(checkpoints, 2)));
        assert_eq!(verifier.computed(), 1);
        assert_eq!(verifier.get(&input), None, "what is wrong is not known");
        assert!(!verifier.verify(&input, &wrong(checkpoints, 2)));
        assert_eq!(verifier.computed(), 1, "but remembered as wrong");
        assert!(verifier.verify(&input, &checkpoints));
        assert!(verifier.verify(&input, &checkpoints));
        assert!(!verifier.verify(&input, &wrong(checkpoints, 2)));
        assert_eq!(verifier.computed(), 2);
        assert_eq!(verifier.get(&input), Some(checkpoints));
    }

    #[test]
    fn a_flood_of_false_claims_is_bounded_and_hides_nothing() {
        let verifier = PotVerifier::new();
        let input = input(1, 7, 16);
        let checkpoints = evaluate(&input);
        for number in 0..REMEMBERED_FALSE + 100 {
            let mut claimed = checkpoints;
            claimed.0[2].0[..4].copy_from_slice(&number.to_le_bytes());
            claimed.0[2].0[15] ^= 1;
            assert!(!verifier.verify(&input, &claimed));
        }
        assert_eq!(verifier.inner.slots.lock().found_false.len(), 4096);
        assert_eq!(verifier.computed(), 4196);
        assert!(verifier.verify(&input, &checkpoints));
    }

    #[test]
    fn iterations_are_part_of_the_input_and_must_be_a_multiple_of_16() {
        let verifier = PotVerifier::new();
        let slot = input(1, 7, 64);
        let checkpoints = evaluate(&slot);
        assert!(verifier.verify(&slot, &checkpoints));
        assert!(!verifier.verify(&input(1, 7, 80), &checkpoints));
        assert!(!verifier.verify(&input(1, 7, 72), &checkpoints));
    }

    #[test]
    fn concurrent_callers_compute_once() {
        const CALLERS: usize = 8;
        let verifier = PotVerifier::new();
        let input = input(1, 7, 1 << 20);
        let checkpoints = evaluate(&input);
        let barrier = Barrier::new(CALLERS);
        thread::scope(|scope| {
            for _ in 0..CALLERS {
                scope.spawn(|| {
                    barrier.wait();
                    assert!(verifier.verify(&input, &checkpoints));
                });
            }
        });
        assert_eq!(verifier.computed(), 1);
    }

    #[test]
    fn those_who_wait_for_a_false_claim_judge_their_own() {
        let verifier = PotVerifier::new();
        let input = input(1, 7, 1 << 20);
        let checkpoints = evaluate(&input);
        let false_claim = wrong(checkpoints, 7);
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                barrier.wait();
                assert!(!verifier.verify(&input, &false_claim));
            });
            barrier.wait();
            assert!(verifier.verify(&input, &checkpoints));
        });
        assert!(verifier.computed() <= 2);
    }

    #[test]
    fn chains_are_verified_through_a_change() {
        let first = input(5, 7, 64);
        let change = change(8, 128, 3);
        let chain = real_chain(first, Some(&change), 9);
        let verifier = PotVerifier::new();
        let after = verifier.verify_chain(first, Some(&change), &chain);
        let next = after.expect("the chain is right");
        assert_eq!(next.slot, Slot(14));
        assert_eq!(next.iterations.get(), 128);
        assert_eq!(next.seed, chain[8].output().next_seed());
        assert_eq!(verifier.computed(), 9);

        assert_eq!(
            verifier.verify_chain(first, Some(&change), &chain),
            Ok(next)
        );
        assert_eq!(verifier.computed(), 9, "all of it was known");
        assert_eq!(verifier.verify_chain(first, None, &chain), Err(3));
        assert_eq!(verifier.verify_chain(first, None, &[]), Ok(first));
    }

    #[test]
    fn the_first_wrong_slot_is_named() {
        let first = input(1, 7, 64);
        let chain = real_chain(first, None, 12);
        for (known, at) in [(0, 0), (0, 4), (0, 11), (5, 4), (5, 5), (12, 3)] {
            let verifier = PotVerifier::new();
            assert!(verifier.verify_chain(first, None, &chain[..known]).is_ok());
            let mut claimed = chain.clone();
            // A wrong inner span leaves the following inputs as they are.
            claimed[at] = wrong(claimed[at], 1);
            claimed[11] = wrong(claimed[11], 6);
            assert_eq!(verifier.verify_chain(first, None, &claimed), Err(at));
        }
    }

    #[test]
    fn a_wrong_output_fails_where_it_is() {
        let first = input(1, 7, 64);
        let mut chain = real_chain(first, None, 4);
        chain[1].0[7] = PotOutput([9; 16]);
        assert_eq!(
            PotVerifier::new().verify_chain(first, None, &chain),
            Err(1),
            "not the slot that starts from the wrong output"
        );
    }

    #[test]
    fn known_chains_have_no_holes() {
        let first = input(1, 7, 64);
        let change = change(4, 128, 3);
        let chain = real_chain(first, Some(&change), 6);
        let verifier = PotVerifier::new();
        assert!(
            verifier
                .verify_chain(first, Some(&change), &chain[..5])
                .is_ok()
        );
        let known = |to| verifier.known_chain(first, Some(&change), Slot(to));
        assert_eq!(known(0), Some(Vec::new()));
        assert_eq!(known(5), Some(chain[..5].to_vec()));
        assert_eq!(known(6), None);
        assert_eq!(known(u64::MAX), None);
        assert_eq!(verifier.known_chain(first, None, Slot(5)), None);
    }
}
