//! An identity as an account: its identifier is the address (§11.11).
//!
//! No key of the chain's other kinds leads to such an address: one that did would collide with SHA-256, or with what
//! makes addresses of keys and of groups.

use core::marker::PhantomData;

use allod_identity::{Identifier, LinkReport, MAX_VISITED, checks::Signatures};
use frame_support::{ensure, traits::EnsureOrigin, weights::Weight};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use sp_runtime::DispatchError;

use crate::{
    authority::Permitted,
    graph::{Readings, TooMany},
    pallet::{Config, Error, Identities, Pallet},
    weights::WeightInfo,
};

impl<T: Config> Pallet<T> {
    /// The account of an identity.
    pub fn account(identifier: Identifier) -> T::AccountId {
        identifier.0.into()
    }

    /// Makes the account of a new identity exist, whatever it holds, and for ever: its nonce never begins again.
    pub(crate) fn create_account(identifier: Identifier) {
        frame_system::Pallet::<T>::inc_providers(&Self::account(identifier));
    }

    /// The identity that a call comes from, if it holds now.
    ///
    /// # Errors
    /// Why there is none, or why it does not hold: the identity by itself, a recovery that guardians agreed on, or who
    /// stands above it.
    pub fn acting(origin: OriginFor<T>) -> Result<Identifier, DispatchError> {
        let account = ensure_signed(origin)?;
        let identifier = Identifier(account.into());
        ensure!(
            Identities::<T>::contains_key(identifier),
            Error::<T>::NotRegistered
        );
        Self::ensure_holds(identifier)?;
        Ok(identifier)
    }

    /// What [`acting`](Self::acting) weighs at most. Opening a recovery reads all that it reads, and more.
    pub fn acting_weight() -> Weight {
        T::WeightInfo::open_recovery(MAX_VISITED)
    }

    /// Refuses an identity that does not hold now.
    fn ensure_holds(identifier: Identifier) -> Result<(), Error<T>> {
        Self::subject(identifier, Permitted::Valid)?;
        ensure!(
            !Self::is_recovery_agreed(identifier),
            Error::<T>::RecoveryOpen
        );
        let reference = Self::current_reference(identifier).ok_or(Error::<T>::NotRegistered)?;
        let mut readings = Readings::<T>::new();
        let read = readings.read(reference);
        read.map_err(|TooMany| Error::<T>::TooManyIssuers)?;
        let graph = readings.graph(None).ok_or(Error::<T>::TooManyIssuers)?;
        // Signatures were checked when certificates were stored, and do not change with time.
        let links = graph.check(Self::now(), None, Signatures::None);
        match links.iter().find_map(LinkReport::failure) {
            None => Ok(()),
            Some(failure) => Err(Self::refusal(identifier, &failure)),
        }
    }

    /// Whether as many guardians as it takes agreed on a recovery that is open.
    pub(crate) fn is_recovery_agreed(identifier: Identifier) -> bool {
        Self::open_recovery_of(identifier)
            .is_some_and(|recovery| Self::executable_from(&recovery).is_some())
    }
}

/// Origins that are identities which hold now.
pub struct EnsureIdentity<T>(PhantomData<T>);

impl<T: Config> EnsureOrigin<OriginFor<T>> for EnsureIdentity<T> {
    type Success = Identifier;

    fn try_origin(origin: OriginFor<T>) -> Result<Identifier, OriginFor<T>> {
        Pallet::<T>::acting(origin.clone()).map_err(|_| origin)
    }

    // An identity that holds needs a certificate, which nothing here can sign.
    #[cfg(feature = "runtime-benchmarks")]
    fn try_successful_origin() -> Result<OriginFor<T>, ()> {
        Err(())
    }
}
