//! Proof-of-time: the sequential AES delay function and its verification (§4).
//!
//! With `key = H(seed)[..16]` (BLAKE2b-256), AES-128 is applied to the seed `iterations` times. The
//! state after every eighth of the iterations is a checkpoint; the last checkpoint is the output.
//!
//! Evaluating is sequential: each block is the input of the next, so the only thing that helps is the
//! latency of an AES round. Verifying is not: the checkpoints cut the chain into eight spans whose ends
//! are all known, and since AES is a permutation each span is walked from both ends at once, encrypting
//! from its start and decrypting from its end until they meet in the middle. That makes sixteen
//! independent chains of a sixteenth of the length, enough to fill the pipeline of a CPU, or the wide
//! registers of one that has VAES. It is also why `iterations` is a multiple of sixteen.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `backend` | the sets of instructions there are, which of them this CPU has, and dispatch |
//! | `portable` | both directions by means of the `aes` crate, for every target |
//! | `native` | both directions by means of the CPU's AES instructions |
//! | `native::schedule` | round keys, arranged for iterations that follow each other directly |
//! | `native::vector` | the loops, for any register that AES instructions work on |
//! | `native::x86_64`, `native::aarch64` | the registers of an architecture and their instructions |
//!
//! Without the feature `std` (as in the runtime) there is only the portable back end.

#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing
    )
)]

mod backend;
#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod native;
#[cfg(not(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[path = "native/none.rs"]
mod native;
mod portable;
#[cfg(test)]
mod tests;

use allod_core::{
    PotOutput, PotSeed, blake2b_256,
    hash::first_half,
    parameters::{CHECKPOINTS, ITERATIONS_MULTIPLE},
};
use core::convert::Infallible;
use core::num::NonZeroU32;
use core::sync::atomic::{AtomicBool, Ordering};

pub use backend::Backend;

/// What an evaluation starts from: one AES block, from which the key is derived too.
pub type Seed = [u8; PotSeed::SIZE];

/// The last state of an evaluation, equal to the last of its [`Checkpoints`].
pub type Output = [u8; PotOutput::SIZE];

/// The states after equal parts of the iterations, in order.
pub type Checkpoints = [Block; CHECKPOINTS];

/// An AES block, key or round key.
type Block = [u8; 16];

/// Number of iterations between two looks at whether to stop: about 10 µs with AES instructions, a
/// millisecond without, and long enough for the looks to cost nothing.
const CHUNK: u32 = 1_024;

/// Spans from one checkpoint to the next.
const SPANS: u32 = CHECKPOINTS as u32;

/// Why an evaluation or a verification could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Spans with a middle each need so many (§4).
    #[error("{0} iterations of proof-of-time are not a multiple of {ITERATIONS_MULTIPLE}")]
    IterationsNotAMultiple(u32),
    /// A back end was asked for whose instructions this CPU or this build does not have.
    #[error("this CPU or build lacks the instructions of the proof-of-time back end {0:?}")]
    BackendUnavailable(Backend),
}

/// Evaluates the delay function with the back end that suits this CPU best.
///
/// # Errors
/// [`Error::IterationsNotAMultiple`].
pub fn prove(seed: Seed, iterations: NonZeroU32) -> Result<Checkpoints, Error> {
    prove_on(Backend::best_for_proving(), seed, iterations)
}

/// Like [`prove`], but gives up with `None` soon (well below a millisecond on a CPU with AES
/// instructions) after another thread has set `stop`.
///
/// # Errors
/// [`Error::IterationsNotAMultiple`].
pub fn prove_with_stop(
    seed: Seed,
    iterations: NonZeroU32,
    stop: &AtomicBool,
) -> Result<Option<Checkpoints>, Error> {
    let chain = Chain::new(seed, iterations)?;
    let poll = || match stop.load(Ordering::Relaxed) {
        true => Err(()),
        false => Ok(()),
    };
    Ok(Backend::best_for_proving().evaluate(&chain, poll)?.ok())
}

/// Whether `checkpoints` are those that [`prove`] gives for the same seed and iterations, checked with
/// the back end that suits this CPU best.
///
/// # Errors
/// [`Error::IterationsNotAMultiple`].
pub fn verify(
    seed: Seed,
    iterations: NonZeroU32,
    checkpoints: &Checkpoints,
) -> Result<bool, Error> {
    verify_on(
        Backend::best_for_verification(),
        seed,
        iterations,
        checkpoints,
    )
}

/// [`prove`] with a chosen back end, for tests and benchmarks.
///
/// # Errors
/// [`Error::IterationsNotAMultiple`], [`Error::BackendUnavailable`].
pub fn prove_on(
    backend: Backend,
    seed: Seed,
    iterations: NonZeroU32,
) -> Result<Checkpoints, Error> {
    let chain = Chain::new(seed, iterations)?;
    let Ok(checkpoints) = backend.evaluate(&chain, || Ok::<(), Infallible>(()))?;
    Ok(checkpoints)
}

/// [`verify`] with a chosen back end, for tests and benchmarks.
///
/// # Errors
/// [`Error::IterationsNotAMultiple`], [`Error::BackendUnavailable`].
pub fn verify_on(
    backend: Backend,
    seed: Seed,
    iterations: NonZeroU32,
    checkpoints: &Checkpoints,
) -> Result<bool, Error> {
    backend.check(&Chain::new(seed, iterations)?, checkpoints)
}

/// A chain of encryptions: what the back ends work from.
struct Chain {
    seed: Seed,
    key: Block,
    /// Number of iterations from one checkpoint to the next, even.
    span: u32,
}

impl Chain {
    fn new(seed: Seed, iterations: NonZeroU32) -> Result<Self, Error> {
        let iterations = iterations.get();
        if !iterations.is_multiple_of(ITERATIONS_MULTIPLE) {
            return Err(Error::IterationsNotAMultiple(iterations));
        }
        Ok(Self {
            seed,
            key: first_half(&blake2b_256(&seed)),
            span: iterations / SPANS,
        })
    }

    /// The lengths of the pieces of a span between which an evaluation polls.
    fn chunks(&self) -> impl Iterator<Item = u32> + use<> {
        let span = self.span;
        (0..span)
            .step_by(CHUNK as usize)
            .map(move |done| span.saturating_sub(done).min(CHUNK))
    }

    /// The blocks at which the spans start, given those at which they end.
    fn starts(&self, checkpoints: &Checkpoints) -> Checkpoints {
        let mut starts = *checkpoints;
        starts.rotate_right(1);
        let [first, ..] = &mut starts;
        *first = self.seed;
        starts
    }
}
