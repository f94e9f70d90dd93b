//! Who may act, in which state (the table of §11.4), and what a request's signature is worth.

use alloc::vec::Vec;

use allod_identity::{
    CallArguments, CertificateStatus, CertificateStatuses, Identifier, IdentityAuthority,
    IdentityRequest, RequestError, SignatureAlgorithm, api::Standing,
};
use allod_x509::ParsedCertificate;
use frame_support::{ensure, traits::Contains};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::UniqueSaturatedInto;

use crate::{
    pallet::{Certificates, Config, Controllers, Error, Identities, Pallet, Recoveries},
    types::{IdentityRecordOf, RecoveryOf},
};

/// What an identity may be in when a call acts upon it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permitted {
    /// Its certificate counts.
    Valid,
    /// Or has expired.
    ValidOrExpired,
    /// Or was revoked, unless by itself: a new certificate of its issuer helps it.
    Renewable,
    /// Anything short of a hold.
    Deactivatable,
}

impl Permitted {
    fn allows(self, standing: Standing) -> bool {
        match standing {
            Standing::Valid => true,
            Standing::Expired => match self {
                Self::Valid => false,
                Self::ValidOrExpired | Self::Renewable | Self::Deactivatable => true,
            },
            Standing::Revoked => match self {
                Self::Valid | Self::ValidOrExpired => false,
                Self::Renewable | Self::Deactivatable => true,
            },
            Standing::RevokedRoot => match self {
                Self::Valid | Self::ValidOrExpired | Self::Renewable => false,
                Self::Deactivatable => true,
            },
            Standing::OnHold | Standing::Deactivated => false,
        }
    }
}

/// An identity that a call acts upon, as it is when the call begins to change it.
pub(crate) struct Subject<T: Config> {
    pub identifier: Identifier,
    pub record: IdentityRecordOf<T>,
    pub certificate: Vec<u8>,
}

impl<T: Config> Pallet<T> {
    /// What became of an identity, by itself.
    pub(crate) fn standing_of(
        identifier: Identifier,
        record: &IdentityRecordOf<T>,
        certificate: &ParsedCertificate<'_>,
    ) -> Standing {
        if record.is_deactivated {
            return Standing::Deactivated;
        }
        let issuer = record.issuance.issuer_of(identifier);
        match T::Statuses::status(issuer, &record.serial) {
            Some(CertificateStatus::Revoked { .. }) if record.issuance.is_root() => {
                Standing::RevokedRoot
            }
            Some(CertificateStatus::Revoked { .. }) => Standing::Revoked,
            Some(CertificateStatus::OnHold { .. }) => Standing::OnHold,
            None if Self::now() > certificate.validity().not_after => Standing::Expired,
            None => Standing::Valid,
        }
    }

    /// The identity that a call is about, if its standing permits it.
    pub(crate) fn subject(
        identifier: Identifier,
        permitted: Permitted,
    ) -> Result<Subject<T>, Error<T>> {
        let record = Identities::<T>::get(identifier).ok_or(Error::NotRegistered)?;
        ensure!(!record.is_deactivated, Error::SubjectDeactivated);
        let certificate: Vec<u8> = Certificates::<T>::get(identifier)
            .ok_or(Error::NotRegistered)?
            .into();
        let standing = {
            let parsed = ParsedCertificate::parse(&certificate)?;
            Self::standing_of(identifier, &record, &parsed)
        };
        if !permitted.allows(standing) {
            return Err(match standing {
                Standing::Valid | Standing::Expired => Error::SubjectExpired,
                Standing::OnHold => Error::SubjectOnHold,
                Standing::Revoked => Error::SubjectRevoked,
                Standing::RevokedRoot => Error::RootRevoked,
                Standing::Deactivated => Error::SubjectDeactivated,
            });
        }
        Ok(Subject {
            identifier,
            record,
            certificate,
        })
    }

    /// The subject of a call that it signs itself, once the request has been counted.
    pub(crate) fn authenticate_subject<Arguments: CallArguments>(
        identifier: Identifier,
        request: &IdentityRequest,
        arguments: &Arguments,
        permitted: Permitted,
    ) -> Result<Subject<T>, Error<T>> {
        Self::subject(identifier, permitted)?;
        ensure!(request.identifier == identifier, Error::NotAuthorized);
        Self::count(request, arguments, permitted)?;
        // Once more: the nonce has changed.
        Self::subject(identifier, permitted)
    }

    /// The same for a call that the controller signs in its place, if there is one.
    pub(crate) fn authenticate_authority<Arguments: CallArguments>(
        identifier: Identifier,
        request: &IdentityRequest,
        arguments: &Arguments,
        permitted: Permitted,
    ) -> Result<Subject<T>, Error<T>> {
        Self::subject(identifier, permitted)?;
        let authority = Self::authority(identifier);
        ensure!(request.identifier == authority, Error::NotAuthorized);
        // A controller's own standing is another matter than that of what it controls.
        let actor_permitted = match authority == identifier {
            true => permitted,
            false => Permitted::Valid,
        };
        Self::count(request, arguments, actor_permitted)?;
        Self::subject(identifier, permitted)
    }

    /// The identity whose key renews, recovers, sets guardians and deactivates.
    pub(crate) fn authority(identifier: Identifier) -> Identifier {
        Self::controller(identifier).unwrap_or(identifier)
    }

    /// The controller that counts now.
    pub(crate) fn controller(identifier: Identifier) -> Option<Identifier> {
        let frozen_since = Self::frozen_since(identifier);
        Controllers::<T>::get(identifier)?.at(Self::block(), frozen_since)
    }

    /// The recovery that is open now, if any.
    pub(crate) fn open_recovery_of(identifier: Identifier) -> Option<RecoveryOf<T>> {
        let recovery = Recoveries::<T>::get(identifier)?;
        let is_open = Self::block() <= Self::lapses_after(&recovery);
        is_open.then_some(recovery)
    }

    /// Since when a recovery has been open, if one is.
    pub(crate) fn frozen_since(identifier: Identifier) -> Option<BlockNumberFor<T>> {
        Self::open_recovery_of(identifier).map(|recovery| recovery.frozen_since)
    }

    /// Refuses what an open recovery freezes.
    pub(crate) fn ensure_not_frozen(identifier: Identifier) -> Result<(), Error<T>> {
        let is_frozen = Self::open_recovery_of(identifier).is_some();
        ensure!(!is_frozen, Error::RecoveryOpen);
        Ok(())
    }

    /// Checks a request of a registered identity and counts its nonce.
    fn count<Arguments: CallArguments>(
        request: &IdentityRequest,
        arguments: &Arguments,
        permitted: Permitted,
    ) -> Result<(), RequestError> {
        let identifier = request.identifier;
        let mut record = Identities::<T>::get(identifier).ok_or(RequestError::NotRegistered)?;
        ensure!(!record.is_deactivated, RequestError::ActorDeactivated);
        let certificate = Certificates::<T>::get(identifier).ok_or(RequestError::NotRegistered)?;
        let certificate =
            ParsedCertificate::parse(&certificate).map_err(|_| RequestError::NotRegistered)?;
        match Self::standing_of(identifier, &record, &certificate) {
            standing if permitted.allows(standing) => {}
            Standing::Valid | Standing::Expired => return Err(RequestError::ActorExpired),
            Standing::OnHold => return Err(RequestError::ActorOnHold),
            Standing::Revoked | Standing::RevokedRoot => return Err(RequestError::ActorRevoked),
            Standing::Deactivated => return Err(RequestError::ActorDeactivated),
        }
        Self::check_signature(request, arguments, record.nonce, &certificate)?;
        record.nonce = Self::following(record.nonce)?;
        Identities::<T>::insert(identifier, record);
        Ok(())
    }

    /// The nonce after this one.
    pub(crate) fn following(nonce: u64) -> Result<u64, RequestError> {
        nonce.checked_add(1).ok_or(RequestError::NonceOverflow)
    }

    /// Checks and counts a request of an identity about another one: it must be valid by itself.
    pub(crate) fn count_other<Arguments: CallArguments>(
        request: &IdentityRequest,
        arguments: &Arguments,
    ) -> Result<(), Error<T>> {
        Ok(Self::count(request, arguments, Permitted::Valid)?)
    }

    /// Checks everything about a request that needs the acting identity's key and nonce.
    pub(crate) fn check_signature<Arguments: CallArguments>(
        request: &IdentityRequest,
        arguments: &Arguments,
        nonce: u64,
        key: &ParsedCertificate<'_>,
    ) -> Result<(), RequestError> {
        let IdentityRequest {
            identifier,
            algorithm,
            request,
        } = request;
        ensure!(Self::is_in_time(request.valid_until), RequestError::Expired);
        ensure!(request.nonce == nonce, RequestError::WrongNonce);
        ensure!(
            algorithm.key_algorithm() == key.public_key().algorithm,
            RequestError::WrongAlgorithm
        );
        ensure!(
            T::Algorithms::contains(algorithm),
            RequestError::AlgorithmRetired
        );
        let payload = arguments.payload_of(
            Self::genesis_hash(),
            *identifier,
            nonce,
            request.valid_until,
        );
        key.verify_message(*algorithm, &payload.to_bytes(), &request.signature)
            .map_err(|_| RequestError::SignatureInvalid)
    }

    /// A request counts up to the block that it names, which is included.
    pub(crate) fn is_in_time(valid_until: u32) -> bool {
        let now: u64 = Self::block().unique_saturated_into();
        now <= u64::from(valid_until)
    }

    /// The number of this block.
    pub(crate) fn block() -> BlockNumberFor<T> {
        frame_system::Pallet::<T>::block_number()
    }
}

impl<T: Config> IdentityAuthority for Pallet<T> {
    fn authenticate<Arguments: CallArguments>(
        request: &IdentityRequest,
        arguments: &Arguments,
    ) -> Result<(), RequestError> {
        Self::count(request, arguments, Permitted::Valid)
    }

    fn accepts(algorithm: SignatureAlgorithm) -> bool {
        T::Algorithms::contains(&algorithm)
    }

    fn certificate(identifier: Identifier) -> Option<Vec<u8>> {
        Certificates::<T>::get(identifier).map(Into::into)
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn register_for_benchmark(certificate: &[u8]) -> Option<Identifier> {
        use allod_identity::Issuance;
        use frame_support::traits::{Consideration, Footprint};

        use crate::admission::Admitted;

        let payer: T::AccountId = frame_benchmarking::account("payer", 0, 0);
        T::Consideration::ensure_successful(&payer, Footprint::from_parts(1, 20_000));
        let admitted = Admitted {
            issuance: Issuance::SelfIssued,
            depth: 1,
            visited: 0,
        };
        let certificate = certificate.to_vec().try_into().ok()?;
        let (identifier, _) = Self::store_new(payer, certificate, admitted).ok()?;
        Some(identifier)
    }
}
