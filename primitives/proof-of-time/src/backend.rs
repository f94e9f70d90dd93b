//! Choice of a back end and dispatch to it.

use crate::{Chain, Checkpoints, Error, native, portable};

/// A way of computing AES.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// The `aes` crate, on every target. (On x86-64 that crate finds AES-NI by itself; build with
    /// `--cfg aes_force_soft` to see its bit-sliced code.)
    Portable,
    /// x86-64's AES-NI: one block per register.
    AesNi,
    /// x86-64's VAES with AVX2: two blocks per register. Evaluates like [`Self::AesNi`].
    Vaes256,
    /// x86-64's VAES with AVX-512: four blocks per register. Evaluates like [`Self::AesNi`].
    Vaes512,
    /// ARMv8's cryptographic extension: one block per register.
    ArmV8,
}

impl Backend {
    /// Every back end, the faster ones at verification after the slower ones.
    pub const ALL: [Self; 5] = [
        Self::Portable,
        Self::ArmV8,
        Self::AesNi,
        Self::Vaes256,
        Self::Vaes512,
    ];

    /// Whether this CPU and this build have the back end.
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            Self::ArmV8 | Self::AesNi | Self::Vaes256 | Self::Vaes512 => native::is_available(self),
        }
    }

    /// The back ends that this CPU and this build have, in the order of [`Self::ALL`].
    pub fn available() -> impl DoubleEndedIterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(|backend| backend.is_available())
    }

    /// The available back end that evaluates fastest. A chain is one block wide, so that wide registers
    /// are of no use to it.
    pub fn best_for_proving() -> Self {
        [Self::ArmV8, Self::AesNi]
            .into_iter()
            .find(|backend| backend.is_available())
            .unwrap_or(Self::Portable)
    }

    /// The available back end that verifies fastest.
    pub fn best_for_verification() -> Self {
        Self::available().next_back().unwrap_or(Self::Portable)
    }

    /// Evaluates a chain. Between chunks of iterations it asks `poll`, and stops with its error if there
    /// is one.
    pub(crate) fn evaluate<E>(
        self,
        chain: &Chain,
        poll: impl Fn() -> Result<(), E>,
    ) -> Result<Result<Checkpoints, E>, Error> {
        match self {
            Self::Portable => Ok(portable::evaluate(chain, poll)),
            Self::ArmV8 | Self::AesNi | Self::Vaes256 | Self::Vaes512 => {
                native::evaluate(self, chain, poll).ok_or(Error::BackendUnavailable(self))
            }
        }
    }

    /// Whether the chain passes through all checkpoints.
    pub(crate) fn check(self, chain: &Chain, checkpoints: &Checkpoints) -> Result<bool, Error> {
        match self {
            Self::Portable => Ok(portable::check(chain, checkpoints)),
            Self::ArmV8 | Self::AesNi | Self::Vaes256 | Self::Vaes512 => {
                native::check(self, chain, checkpoints).ok_or(Error::BackendUnavailable(self))
            }
        }
    }
}
