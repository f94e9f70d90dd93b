//! What issuers take back: one status for each issuer and serial number (§11.6 of the design).
//!
//! # Who says what about which certificate
//!
//! The issuer's key signs, and nobody else's: a status is about a certificate of the identity that
//! acts, known to the chain or not, so that one can be taken back before anybody registers it. The
//! issuer must be valid by itself; whoever carries the request pays. A root is its own issuer and
//! revokes itself by its own serial number, which is final; it cannot put itself on hold, for nobody
//! could release it.
//!
//! What an issuer has issued fails at verification as soon as the issuer itself is revoked, on hold or
//! deactivated, so that nothing is left standing which only that issuer could take back.
//!
//! # Calls
//!
//! | call | signed by | effect |
//! |---|---|---|
//! | [`revoke`](Pallet::revoke) | the issuer | for ever, with a reason of RFC 5280, 5.3.1 |
//! | [`hold`](Pallet::hold) | the issuer | until released; never after a revocation |
//! | [`release`](Pallet::release) | the issuer | ends a hold, never a revocation |
//! | [`publish_crl`](Pallet::publish_crl) | the issuer, both the request and the list | takes over what the list says |
//! | [`reclaim`](Pallet::reclaim) | anybody | gives back the deposit of a hold that a list has released |
//!
//! # Lists
//!
//! A list says of each entry that it is revoked or on hold. An entry that is revoked already stays so,
//! with its first date and reason. A hold that a *later* list omits is released: every hold carries the time at
//! which the issuer last confirmed it, and counts only while that is not before the last list's
//! thisUpdate. So publishing costs in proportion to the list's own entries and never to what the
//! issuer did before, and nothing is swept. A list is later than the one before by its number, which
//! grows, and by its thisUpdate, which does not fall and does not lie in the future. A nextUpdate that
//! has passed is reported with every verification and changes nothing.
//!
//! The list itself is stored, so that what is exported is what was published; whether the chain knows
//! more is answered beside it. The list to be signed is made from state by
//! [`to_be_signed`](Pallet::to_be_signed).
//!
//! # Storage
//!
//! | map | key | value, most bytes | why |
//! |---|---|---|---|
//! | [`Statuses`] | issuer, serial number | status and deposit, 65 | read at every link that is verified; listed by issuer for the list to be signed |
//! | [`Issuers`] | issuer | counters and the last list's summary, 58 | what decides whether a hold counts, without 32 KiB; for ever, so that an old list never counts as a new one |
//! | [`Crls`] | issuer | the last list and its deposit, 32,820 | export |
//!
//! Beside them there is the pallet's storage version, two bytes in all. A certificate about which its
//! issuer said nothing takes no storage here.
//!
//! Identifiers are SHA-256 values and need no hashing; serial numbers are the issuer's to choose and
//! are hashed.
//!
//! # Deposits
//!
//! One for each status and for each issuer's list, held from whoever carried it. A hold's goes back on
//! its release; when a hold becomes a revocation, by a call or by a list, when a list holds anew what one
//! before it released, and when a list follows a list, the new carrier takes it over. A revocation's
//! stays, for the status does.

#![cfg_attr(not(feature = "std"), no_std)]
// FRAME's macros write the paths of what they find in the pallet in full.
#![allow(unused_qualifications)]

extern crate alloc;
// The runtime of the tests names this pallet as every other runtime does.
#[cfg(test)]
extern crate self as pallet_revocation;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod calls;
mod charges;
mod errors;
mod invariants;
mod lists;
mod lookup;
#[cfg(test)]
#[path = "../../../tests/support/identities/mod.rs"]
mod mock;
#[cfg(test)]
mod tests;
mod types;
pub mod weights;

pub use pallet::*;
pub use types::{
    CrlBytes, CrlNumber, CrlRecord, CrlSummary, IssuerRecord, Status, StatusRecord, Ticket,
};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use allod_identity::{
        Identifier, IdentityAuthority, IdentityRequest, RevocationReason, Serial,
        SignatureAlgorithm, is_serial,
        request::arguments::{HoldArguments, ReleaseArguments, RevokeArguments},
    };
    use frame_support::{
        pallet_prelude::*,
        traits::{Consideration, Footprint, UnixTime},
    };
    use frame_system::pallet_prelude::*;

    use crate::{
        types::{
            CrlBytes, CrlRecordOf, IssuerRecord, Status, StatusRecord, StatusRecordOf, Ticket,
            status_footprint,
        },
        weights::WeightInfo,
    };

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Configuration.
    #[pallet::config]
    pub trait Config: frame_system::Config {
        /// What calls weigh.
        type WeightInfo: WeightInfo;
        /// The deposit for what is stored, held from whoever carries a request: a `HoldConsideration`
        /// with [`HoldReason::Revocation`].
        type Consideration: Consideration<Self::AccountId, Footprint>;
        /// The block's time.
        type Time: UnixTime;
        /// Who checks the requests of identities and knows their certificates.
        type Identities: IdentityAuthority;
    }

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// Why the pallet holds money.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// For statuses and lists.
        #[codec(index = 0)]
        Revocation,
    }

    /// What issuers said about their certificates, by issuer and serial number.
    #[pallet::storage]
    pub type Statuses<T: Config> = StorageDoubleMap<
        _,
        Identity,
        Identifier,
        Blake2_128Concat,
        Serial,
        StatusRecordOf<T>,
        OptionQuery,
    >;

    /// What is known about each issuer that ever said something.
    #[pallet::storage]
    pub type Issuers<T: Config> =
        StorageMap<_, Identity, Identifier, IssuerRecord<BlockNumberFor<T>>, ValueQuery>;

    /// The last list that each issuer published.
    #[pallet::storage]
    pub type Crls<T: Config> = StorageMap<_, Identity, Identifier, CrlRecordOf<T>, OptionQuery>;

    /// What happened.
    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A certificate was revoked.
        Revoked {
            issuer: Identifier,
            /// Its serial number.
            serial: Serial,
            /// Why.
            reason: RevocationReason,
        },
        /// A certificate was put on hold.
        OnHold {
            issuer: Identifier,
            /// Its serial number.
            serial: Serial,
        },
        /// A certificate is not on hold any more.
        Released {
            issuer: Identifier,
            /// Its serial number.
            serial: Serial,
        },
        /// A revocation list was published.
        CrlPublished {
            issuer: Identifier,
            /// How many certificates it lists.
            entries: u32,
            /// How many of them were not revoked before.
            newly_revoked: u32,
        },
    }

    /// Why a call failed; one for each cause. New ones go to the end.
    #[pallet::error]
    #[derive(PartialEq)]
    pub enum Error<T> {
        IssuerNotRegistered,
        /// The issuer's certificate has expired: it may only be renewed or deactivated.
        IssuerExpired,
        IssuerOnHold,
        IssuerRevoked,
        IssuerDeactivated,
        /// The request was valid up to an earlier block.
        RequestExpired,
        /// The request's nonce is not the issuer's next one.
        WrongNonce,
        /// The issuer has used all its nonces.
        NonceOverflow,
        /// The request's algorithm does not go with the issuer's key.
        RequestAlgorithmWrong,
        /// The request's algorithm was accepted once and is not any more.
        RequestAlgorithmRetired,
        /// The request's signature does not verify with the issuer's key over the payload.
        RequestSignatureInvalid,
        /// The serial number is not positive, not minimal, or empty.
        SerialMalformed,
        /// The certificate is revoked already; that is for ever.
        AlreadyRevoked,
        /// The certificate is on hold already.
        AlreadyOnHold,
        /// The certificate is not on hold.
        NotOnHold,
        /// A root cannot put itself on hold: nobody could release it.
        SelfHold,
        /// The hold counts: only its issuer can release it.
        HoldCounts,
        /// More certificates are revoked than can be counted.
        TooManyRevocations,
        /// The list is longer than `MAX_CRL_SIZE`. No call fails so, since its argument holds no more and is
        /// not decoded; it stays because indices do, and names what readers say.
        CrlTooLong,
        /// The list is not DER as RFC 5280 describes it.
        CrlMalformed,
        /// The list is not of version 2.
        CrlVersion,
        /// The list has no nextUpdate, or one before its thisUpdate.
        CrlUpdates,
        /// The list of entries is there but empty.
        CrlNoEntries,
        /// A serial number occurs twice in the list.
        CrlDuplicateEntry,
        /// The list has no number, or one out of range.
        CrlNumber,
        /// The list is a delta list, an indirect one, or one of a part of the certificates.
        CrlPartial,
        /// A reason in the list is none of RFC 5280 for a complete list.
        CrlReason,
        /// An extension of the list is critical and not known.
        CrlUnknownCriticalExtension,
        /// `rustls-webpki` refuses the list.
        CrlRefused,
        /// The declared algorithm is not the list's.
        CrlAlgorithmWrong,
        /// The list names another issuer, or another key of it.
        CrlIssuerMismatch,
        /// The issuer's key usage lacks cRLSign.
        CrlSignMissing,
        /// The list was not signed by the issuer's current key.
        CrlSignatureInvalid,
        /// The list has more entries than were declared.
        CrlMoreEntriesThanDeclared,
        /// The list's number is not above the last one's.
        CrlNumberNotAbove,
        /// The list was made before the last one.
        CrlOlder,
        /// The list was made in the future.
        CrlFromFuture,
        /// The list puts a certificate on hold that is revoked.
        CrlHoldsRevoked,
        /// The list's algorithm was accepted once and is not any more.
        CrlAlgorithmRetired,
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Revokes a certificate, for ever.
        ///
        /// Origin of this and every call: any signed account, which pays fee and deposit.
        ///
        /// - `serial`: of a certificate of the acting identity, registered or not; contents of the DER
        ///   INTEGER.
        /// - `reason`: of RFC 5280, 5.3.1. A hold is another call.
        /// - `request`: by the issuer; arguments are (`serial`, `reason`), with the context
        ///   `allod/revocation/1`.
        ///
        /// Emits [`Event::Revoked`]. The deposit of a hold that this ends is taken over.
        #[pallet::call_index(0)]
        #[pallet::weight(Pallet::<T>::request_weight(T::WeightInfo::revoke(), request.algorithm))]
        pub fn revoke(
            origin: OriginFor<T>,
            serial: Serial,
            reason: RevocationReason,
            request: IdentityRequest,
        ) -> DispatchResult {
            let payer = ensure_signed(origin)?;
            ensure!(is_serial(&serial), Error::<T>::SerialMalformed);
            let issuer = request.identifier;
            let arguments = RevokeArguments {
                serial: &serial,
                reason,
            };
            T::Identities::authenticate(&request, &arguments).map_err(Error::<T>::from)?;
            let old = Statuses::<T>::get(issuer, &serial);
            if let Some(old) = old {
                ensure!(!old.status.is_final(), Error::<T>::AlreadyRevoked);
                old.ticket.release()?;
            }
            let since = Self::now();
            let record = StatusRecord {
                status: Status::Revoked { reason, since },
                ticket: Ticket::new(payer, status_footprint::<T>())?,
            };
            Statuses::<T>::insert(issuer, &serial, record);
            Issuers::<T>::try_mutate(issuer, |record| {
                let more = record.revoked.checked_add(1);
                record.revoked = more.ok_or(Error::<T>::TooManyRevocations)?;
                Ok::<_, Error<T>>(())
            })?;
            Self::deposit_event(Event::Revoked {
                issuer,
                serial,
                reason,
            });
            Ok(())
        }

        /// Puts a certificate on hold.
        ///
        /// - `serial`: as for [`revoke`](Pallet::revoke); not a root's own.
        /// - `request`: by the issuer; the argument is `serial`.
        ///
        /// Emits [`Event::OnHold`].
        #[pallet::call_index(1)]
        #[pallet::weight(Pallet::<T>::request_weight(T::WeightInfo::hold(), request.algorithm))]
        pub fn hold(
            origin: OriginFor<T>,
            serial: Serial,
            request: IdentityRequest,
        ) -> DispatchResult {
            let payer = ensure_signed(origin)?;
            ensure!(is_serial(&serial), Error::<T>::SerialMalformed);
            let issuer = request.identifier;
            let arguments = HoldArguments { serial: &serial };
            T::Identities::authenticate(&request, &arguments).map_err(Error::<T>::from)?;
            ensure!(!Self::is_own_serial(issuer, &serial), Error::<T>::SelfHold);
            let now = Self::now();
            let mut record = Issuers::<T>::get(issuer);
            if let Some(old) = Statuses::<T>::get(issuer, &serial) {
                match old.status {
                    Status::Revoked { .. } => return Err(Error::<T>::AlreadyRevoked.into()),
                    Status::OnHold { confirmed, .. } if record.upholds(confirmed) => {
                        return Err(Error::<T>::AlreadyOnHold.into());
                    }
                    // A list has released that one.
                    Status::OnHold { .. } => old.ticket.release()?,
                }
            }
            let status = StatusRecord {
                status: Status::OnHold {
                    since: now,
                    confirmed: now,
                },
                ticket: Ticket::new(payer, status_footprint::<T>())?,
            };
            Statuses::<T>::insert(issuer, &serial, status);
            record.hold_changed_at = now;
            Issuers::<T>::insert(issuer, record);
            Self::deposit_event(Event::OnHold { issuer, serial });
            Ok(())
        }

        /// Ends a hold.
        ///
        /// - `serial`: of a certificate that is on hold.
        /// - `request`: by the issuer; the argument is `serial`.
        ///
        /// Emits [`Event::Released`]. The deposit goes back.
        #[pallet::call_index(2)]
        #[pallet::weight(Pallet::<T>::request_weight(T::WeightInfo::release(), request.algorithm))]
        pub fn release(
            origin: OriginFor<T>,
            serial: Serial,
            request: IdentityRequest,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            let issuer = request.identifier;
            let arguments = ReleaseArguments { serial: &serial };
            T::Identities::authenticate(&request, &arguments).map_err(Error::<T>::from)?;
            let mut record = Issuers::<T>::get(issuer);
            let old = Statuses::<T>::get(issuer, &serial).ok_or(Error::<T>::NotOnHold)?;
            match old.status {
                Status::Revoked { .. } => return Err(Error::<T>::AlreadyRevoked.into()),
                Status::OnHold { confirmed, .. } => {
                    ensure!(record.upholds(confirmed), Error::<T>::NotOnHold);
                }
            }
            Statuses::<T>::remove(issuer, &serial);
            old.ticket.release()?;
            record.hold_changed_at = Self::now();
            Issuers::<T>::insert(issuer, record);
            Self::deposit_event(Event::Released { issuer, serial });
            Ok(())
        }

        /// Publishes a revocation list and takes over what it says.
        ///
        /// - `crl`: DER, at most `MAX_CRL_SIZE`; complete; signed by the issuer's current key, which needs
        ///   cRLSign if it has a key usage; its number above the last one's.
        /// - `algorithm`: of the signature on it. `entries`: at least as many as it has. Both declared so
        ///   that the weight is known beforehand.
        /// - `request`: by the issuer; arguments are (`crl`, `algorithm`).
        ///
        /// Emits [`Event::CrlPublished`]. The payer holds the deposits for the list, for each new entry, and for
        /// each hold that the list turns into a revocation.
        #[pallet::call_index(3)]
        #[pallet::weight(Pallet::<T>::publish_weight(
            crl.len(), *entries, *algorithm, request.algorithm,
        ))]
        pub fn publish_crl(
            origin: OriginFor<T>,
            crl: CrlBytes,
            algorithm: SignatureAlgorithm,
            entries: u32,
            request: IdentityRequest,
        ) -> DispatchResult {
            let payer = ensure_signed(origin)?;
            Self::publish(payer, crl, algorithm, entries, &request)
        }

        /// Clears away a hold that a list has released, so that its deposit goes back to who paid it.
        ///
        /// Emits nothing: the list released it.
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::reclaim())]
        pub fn reclaim(origin: OriginFor<T>, issuer: Identifier, serial: Serial) -> DispatchResult {
            ensure_signed(origin)?;
            let old = Statuses::<T>::get(issuer, &serial).ok_or(Error::<T>::NotOnHold)?;
            match old.status {
                Status::Revoked { .. } => return Err(Error::<T>::AlreadyRevoked.into()),
                Status::OnHold { confirmed, .. } => {
                    let counts = Issuers::<T>::get(issuer).upholds(confirmed);
                    ensure!(!counts, Error::<T>::HoldCounts);
                }
            }
            Statuses::<T>::remove(issuer, &serial);
            old.ticket.release()
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn integrity_test() {
            Self::check_integrity();
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    impl<T: Config> Pallet<T> {
        /// The block's time, in seconds since 1970.
        pub(crate) fn now() -> u64 {
            T::Time::now().as_secs()
        }
    }
}
