//! What stands in for the back ends that use AES instructions, where there are none.

use crate::{Backend, Chain, Checkpoints};

/// Whether the CPU has the instructions of `backend`.
pub(crate) fn is_available(_backend: Backend) -> bool {
    false
}

/// Evaluates a chain, unless `backend` is unavailable.
pub(crate) fn evaluate<E>(
    _backend: Backend,
    _chain: &Chain,
    _poll: impl Fn() -> Result<(), E>,
) -> Option<Result<Checkpoints, E>> {
    None
}

/// Whether the chain passes through all checkpoints, unless `backend` is unavailable.
pub(crate) fn check(_backend: Backend, _chain: &Chain, _checkpoints: &Checkpoints) -> Option<bool> {
    None
}
