//! The back end for every target, by means of the `aes` crate.

use crate::{Chain, Checkpoints};
use aes::Aes128;
use aes::cipher::{BlockDecrypt, BlockEncrypt, KeyInit};

/// Evaluates a chain; see [`Backend::evaluate`](crate::Backend).
pub(crate) fn evaluate<E>(
    chain: &Chain,
    poll: impl Fn() -> Result<(), E>,
) -> Result<Checkpoints, E> {
    let cipher = Aes128::new(&chain.key.into());
    let mut state = chain.seed.into();
    let mut checkpoints = Checkpoints::default();
    for checkpoint in &mut checkpoints {
        for chunk in chain.chunks() {
            poll()?;
            for _ in 0..chunk {
                cipher.encrypt_block(&mut state);
            }
        }
        *checkpoint = state.into();
    }
    Ok(checkpoints)
}

/// Whether the chain passes through all checkpoints. The spans go through the cipher together, since a
/// bit-sliced implementation computes several blocks in the time of one.
pub(crate) fn check(chain: &Chain, checkpoints: &Checkpoints) -> bool {
    let cipher = Aes128::new(&chain.key.into());
    let mut forward = chain.starts(checkpoints).map(Into::into);
    let mut backward = checkpoints.map(Into::into);
    for _ in 0..chain.span / 2 {
        cipher.encrypt_blocks(&mut forward);
        cipher.decrypt_blocks(&mut backward);
    }
    forward == backward
}
