//! Golden vectors, agreement of all back ends with an obvious twin, and what verification must reject.

use crate::{
    Backend, Block, CHUNK, Chain, Checkpoints, Error, Seed, prove, prove_on, prove_with_stop,
    verify, verify_on,
};
use aes::Aes128;
use aes::cipher::{BlockEncrypt, KeyInit};
use core::cell::Cell;
use core::num::NonZeroU32;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use proptest::prelude::*;
use serde::Deserialize;

/// A block from its hexadecimal digits.
pub(crate) fn block(digits: &str) -> Block {
    let mut block = Block::default();
    hex::decode_to_slice(digits, &mut block).expect("32 hexadecimal digits");
    block
}

fn count(iterations: u32) -> NonZeroU32 {
    NonZeroU32::new(iterations).expect("not zero")
}

/// The delay function as the design words it.
fn twin(seed: Seed, iterations: u32) -> Checkpoints {
    let key: Block = core::array::from_fn(|i| allod_core::blake2b_256(&seed)[i]);
    let cipher = Aes128::new(&key.into());
    let mut state = seed.into();
    core::array::from_fn(|_| {
        for _ in 0..iterations / 8 {
            cipher.encrypt_block(&mut state);
        }
        state.into()
    })
}

#[derive(Deserialize)]
struct Golden {
    seed: String,
    iterations: u32,
    checkpoints: [String; 8],
}

#[test]
fn golden_values() {
    let vectors: Vec<Golden> = allod_test_support::vectors::read("proof-of-time.json");
    assert!(!vectors.is_empty());
    for golden in vectors {
        let seed = block(&golden.seed);
        let iterations = count(golden.iterations);
        let checkpoints = golden.checkpoints.map(|digits| block(&digits));
        assert_eq!(prove(seed, iterations), Ok(checkpoints));
        assert_eq!(verify(seed, iterations, &checkpoints), Ok(true));
        for backend in Backend::available() {
            assert_eq!(prove_on(backend, seed, iterations), Ok(checkpoints));
            assert_eq!(verify_on(backend, seed, iterations, &checkpoints), Ok(true));
        }
    }
}

proptest! {
    // Each case is a thousand verifications per back end.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_changed_bit_is_rejected(seed: Seed, iterations in (1u32..20).prop_map(|n| n * 16)) {
        let valid = twin(seed, iterations);
        for backend in Backend::available() {
            for place in 0..8 {
                for bit in 0..128 {
                    let mut changed = valid;
                    changed[place][bit / 8] ^= 1 << (bit % 8);
                    prop_assert_eq!(
                        verify_on(backend, seed, count(iterations), &changed),
                        Ok(false),
                        "{:?} accepted a change of bit {} in checkpoint {}", backend, bit, place
                    );
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn back_ends_agree_with_the_twin(seed: Seed, iterations in (1u32..100).prop_map(|n| n * 16)) {
        let checkpoints = twin(seed, iterations);
        for backend in Backend::available() {
            prop_assert_eq!(prove_on(backend, seed, count(iterations)), Ok(checkpoints));
            prop_assert_eq!(verify_on(backend, seed, count(iterations), &checkpoints), Ok(true));
        }
    }

    #[test]
    fn other_inputs_are_rejected(
        seed: Seed,
        other: Seed,
        [n, m] in any::<[u8; 2]>(),
    ) {
        let [n, m] = [n, m].map(|n| (u32::from(n) + 1) * 16);
        prop_assume!(seed != other && n != m);
        let valid = twin(seed, n);
        for backend in Backend::available() {
            prop_assert_eq!(verify_on(backend, other, count(n), &valid), Ok(false));
            prop_assert_eq!(verify_on(backend, seed, count(m), &valid), Ok(false));
        }
    }

    #[test]
    fn another_order_is_rejected(seed: Seed, a in 0usize..8, b in 0usize..8) {
        prop_assume!(a != b);
        let mut checkpoints = twin(seed, 64);
        checkpoints.swap(a, b);
        for backend in Backend::available() {
            prop_assert_eq!(verify_on(backend, seed, count(64), &checkpoints), Ok(false));
        }
    }

    #[test]
    fn iterations_are_a_multiple_of_sixteen(seed: Seed, iterations in 1u32..) {
        prop_assume!(iterations % 16 != 0);
        let error = Error::IterationsNotAMultiple(iterations);
        let checkpoints = Checkpoints::default();
        let iterations = count(iterations);
        prop_assert_eq!(prove(seed, iterations), Err(error));
        prop_assert_eq!(prove_with_stop(seed, iterations, &AtomicBool::new(false)), Err(error));
        prop_assert_eq!(verify(seed, iterations, &checkpoints), Err(error));
        for backend in Backend::available() {
            prop_assert_eq!(prove_on(backend, seed, iterations), Err(error));
            prop_assert_eq!(verify_on(backend, seed, iterations, &checkpoints), Err(error));
        }
    }
}

/// Spans that are shorter than, as long as and longer than a whole number of chunks.
#[test]
fn chunks_make_up_the_span() {
    for span in [2, CHUNK - 2, CHUNK, CHUNK + 2, 3 * CHUNK] {
        let chain = Chain::new([7; 16], count(span * 8)).expect("a multiple of sixteen");
        assert_eq!(chain.chunks().sum::<u32>(), span);
        assert!(chain.chunks().all(|chunk| 0 < chunk && chunk <= CHUNK));
        let expected = twin([7; 16], span * 8);
        for backend in Backend::available() {
            assert_eq!(prove_on(backend, [7; 16], count(span * 8)), Ok(expected));
        }
    }
}

#[test]
fn every_back_end_stops_when_told_to() {
    let chain = Chain::new([3; 16], count(CHUNK * 80)).expect("a multiple of sixteen");
    for backend in Backend::available() {
        let polls = Cell::new(0);
        let stop_at = |limit| {
            polls.set(0);
            backend.evaluate(&chain, || {
                polls.set(polls.get() + 1);
                if polls.get() < limit {
                    Ok(())
                } else {
                    Err(limit)
                }
            })
        };
        assert_eq!(stop_at(1), Ok(Err(1)));
        assert_eq!(stop_at(42), Ok(Err(42)));
        assert_eq!(polls.get(), 42);
        assert_eq!(stop_at(81), Ok(Ok(twin([3; 16], CHUNK * 80))));
        assert_eq!(polls.get(), 80, "{backend:?} polls once per chunk");
    }
}

#[test]
fn a_flag_stops_an_evaluation() {
    let stop = AtomicBool::new(false);
    let seed = [5; 16];
    assert_eq!(
        prove_with_stop(seed, count(1_600), &stop),
        Ok(Some(twin(seed, 1_600)))
    );

    // As much as fits would take most of a minute on the fastest of CPUs.
    std::thread::scope(|scope| {
        let evaluation = scope.spawn(|| prove_with_stop(seed, count(u32::MAX - 15), &stop));
        std::thread::sleep(Duration::from_millis(5));
        stop.store(true, Ordering::Relaxed);
        assert_eq!(evaluation.join().expect("no panic"), Ok(None));
    });
}

#[test]
fn unavailable_back_ends_are_refused() {
    assert!(Backend::Portable.is_available());
    assert!(Backend::best_for_proving().is_available());
    assert!(Backend::best_for_verification().is_available());
    // No CPU has the instructions of two architectures.
    assert!(Backend::available().count() < Backend::ALL.len());
    for backend in Backend::ALL {
        let expected = match backend.is_available() {
            true => Ok(twin([9; 16], 32)),
            false => Err(Error::BackendUnavailable(backend)),
        };
        let verified = expected.map(|_| true);
        assert_eq!(prove_on(backend, [9; 16], count(32)), expected);
        assert_eq!(
            verify_on(backend, [9; 16], count(32), &twin([9; 16], 32)),
            verified
        );
    }
}
