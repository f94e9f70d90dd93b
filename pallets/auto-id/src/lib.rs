//! Identities that are X.509 certificates (§11 of the design).
//!
//! # Authority
//!
//! An identity acts by requests that its own key signs (see [`allod_identity::request`]); the account
//! that carries one pays fee and deposit and gets no power from it. The request does not name the
//! payer, so that anybody who sees one on its way may carry it first: the identity gets exactly what
//! it asked for, the other's money lies in the deposit, and the slower extrinsic fails. What protects
//! a request from being used otherwise is in what it signs: the genesis hash (another chain), the
//! context and the name of the call and the hash of its arguments (another call), the nonce (again),
//! the last block (too late).
//!
//! # Calls
//!
//! | call | signed by | the identity is | effect |
//! |---|---|---|---|
//! | [`register`](Pallet::register) | the certificate's key | new | a self-issued certificate becomes an identity |
//! | [`register_issued`](Pallet::register_issued) | the certificate's key; the issuer signed the certificate, co-issuers its hash | new | an issued one does |
//! | [`renew`](Pallet::renew) | authority, and the new key | valid, expired; revoked by its issuer | a new certificate by the same issuers, same subject |
//! | [`reparent`](Pallet::reparent) | its own key | valid or expired, its issuer fails | a certificate of another issuer, same key and subject |
//! | [`deactivate`](Pallet::deactivate) | authority | anything but on hold | the end; a tombstone stays |
//! | [`set_controller`](Pallet::set_controller) | authority | valid | another identity becomes the authority |
//! | [`set_guardians`](Pallet::set_guardians) | authority | valid | who may recover it |
//! | [`open_recovery`](Pallet::open_recovery), [`approve_recovery`](Pallet::approve_recovery) | a guardian that holds | valid or expired | see [`recovery`](self#recovery) |
//! | [`veto_recovery`](Pallet::veto_recovery) | authority | valid or expired | the recovery is over |
//! | [`execute_recovery`](Pallet::execute_recovery) | the new key | valid or expired | a new certificate by the same issuers |
//! | [`set_services`](Pallet::set_services) | its own key | valid | where it can be reached |
//!
//! *Authority* is the controller, if there is one, or else the identity itself. A controller must be
//! valid by itself to act. Calls to revoke, hold and release are another pallet's: their state is one
//! status for each issuer and serial number, registered here or not, and comes in by
//! [`CertificateStatuses`](allod_identity::CertificateStatuses).
//!
//! The states, judged when somebody asks: *deactivated* (recorded); *revoked* and *on hold* (what the
//! issuer said about the current serial number; a root is its own issuer, and a revoked one may only
//! be deactivated); *expired* (the block's time); otherwise *valid*. Whether the issuers hold plays no
//! part in whether an identity may act: only its certificate is worth nothing while they do not. While
//! a recovery is open, renew, reparent, deactivate, set_controller and set_guardians are refused.
//!
//! # Nonces
//!
//! One number for each identity, exactly the stored one, counted by each request that it signs, here
//! and in other pallets ([`IdentityAuthority`](allod_identity::IdentityAuthority)). It stays in the
//! tombstone and never starts again.
//!
//! # Links and superseded certificates
//!
//! A link names an issuer and which of its certificates was current when the link was made
//! ([`issuance`](allod_identity::issuance)). So an issuer's renewal changes nothing for its children,
//! and no call looks at what an identity has issued. Four superseded certificates are kept and verify
//! the children that were registered under them, as long as the identity is not revoked, on hold or
//! deactivated; children of older ones fail until they are renewed. A key given up for compromise
//! carries the last block in which it was good: what was registered under it later fails.
//!
//! # Storage
//!
//! | map | key | value, most bytes | why |
//! |---|---|---|---|
//! | [`Identities`] | identifier | record, 138; 36 more for each co-issuer | what changes with requests, apart from the certificate, so that a nonce does not rewrite 4 KiB; for ever |
//! | [`Certificates`] | identifier | certificate, 4,098 | verification reads it at every link |
//! | [`Superseded`] | identifier, generation | certificate, link, blocks, 4,144; 36 more for each co-issuer; four values at most | children are checked against them |
//! | [`Keys`] | fingerprint of a key | identifier and block, 37 | a key serves one identity, for ever; lookup by key; compromise |
//! | [`Serials`] | issuer, serial number | nothing | a serial number is never free again, so no certificate is registered twice |
//! | [`Fingerprints`] | SHA-256 of the current certificate, if not the first | identifier, 32 | lookup; the first one's is the identifier itself |
//! | [`IssuedBy`] | issuer, child | nothing | lists by page; each write is one entry, however many there are |
//! | [`Controllers`] | identifier | controller, pending change, deposit, 119 | only for those that have one |
//! | [`Guardians`] | identifier | guardians, pending change, deposit, 579 | only for those that have some; apart from the record, which every request rewrites |
//! | [`Recoveries`] | identifier | the open recovery and its deposit, 356 | only while there is one; it keeps the guardians of the moment in which it was opened |
//! | [`ServiceRecords`] | identifier | endpoints, deposit, 3,169 | only for those that have some |
//!
//! Beside them there is the pallet's storage version, two bytes in all.
//!
//! An identity without co-issuers, controller, guardians and services has values of at most its current
//! certificate and 209 bytes, and 37 more for each key that it had before. With two co-issuers it is
//! registered with at most its certificate and 245 bytes, with three with 281. Superseded certificates
//! come on top of that. Identifiers and fingerprints are hashed with `Identity`: they are SHA-256
//! values already, and hashing them again would buy nothing. Somebody who computes 2^n certificates can
//! make two of them share n bits of path in the trie, which costs readers n / 4 more nodes at most.
//! Serial numbers are the issuer's to choose and are hashed. Generations are counted by the pallet and
//! few, so a short hash that spreads them will do.
//!
//! # Deposits
//!
//! One [`Consideration`] covers what an identity stores, guardians, controller, recovery and services
//! apart, which have their own. Who carries a renewal, re-parenting or recovery takes over the whole
//! deposit, and the former payer is freed. Deactivation gives back all but the tombstone's. A payer
//! has no power over the identity.
//!
//! # Recovery
//!
//! A guardian opens a recovery by naming the hash of the certificate that the identity is to get, and
//! others approve it by hash and number. After the delay the new key executes it; an issued identity
//! needs its issuer's certificate as for a renewal. It lifts no revocation or hold: those identities
//! are refused.
//!
//! # Names
//!
//! The identifier is the SHA-256 of the first certificate, and registering it takes a signature by
//! the certificate's key over that identifier: nobody can take an identifier that is not theirs. A twin
//! of an ECDSA certificate with the other of its two signatures is another certificate and would be
//! another identifier, but has the same key and serial number, and [`Keys`] lets a key in once.
//!
//! | module | holds |
//! |---|---|
//! | `authority` | who may act, in which state |
//! | `admission` | what a new certificate must be |
//! | `succession` | one certificate after another, and the end |
//! | `recovery` | controllers, guardians, recovery |
//! | `graph` | reading what stands above an identity |
//! | `verify`, `lookup`, `calls` | what the runtime APIs answer |

#![cfg_attr(not(feature = "std"), no_std)]
// FRAME's macros write the paths of what they find in the pallet in full.
#![allow(unused_qualifications)]
// A call takes what its request covers, each under its own name in the metadata.
#![allow(clippy::too_many_arguments)]

extern crate alloc;

mod admission;
mod authority;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod charges;
mod errors;
mod graph;
mod invariants;
mod lookup;
#[cfg(test)]
mod mock;
mod recovery;
mod succession;
#[cfg(test)]
mod tests;
mod types;
mod verify;
pub mod weights;

pub use pallet::*;
pub use types::{
    CertificateBytes, Delayed, IdentityRecord, KeyRecord, Recovery, ServiceRecord,
    SupersededCertificate, Ticket,
};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use allod_identity::{
        CallArguments, CertificateStatuses, Consents, GuardianSet, Identifier, IdentityRequest,
        KeyFingerprint, Possession, RegisterArguments, Serial, Services, SignatureAlgorithm,
        SignedRequest, check_services,
        request::arguments::{
            ApproveRecoveryArguments, DeactivateArguments, ExecuteRecoveryArguments,
            OpenRecoveryArguments, RegisterIssuedArguments, RenewArguments, ReparentArguments,
            SetControllerArguments, SetServicesArguments, VetoRecoveryArguments,
        },
    };
    use allod_x509::ParsedCertificate;
    use frame_support::{
        pallet_prelude::*,
        traits::{Consideration, Contains, Footprint, UnixTime},
    };
    use frame_system::pallet_prelude::*;
    use sp_core::H256;

    use crate::{
        admission::Issuers,
        authority::Permitted,
        types::{
            CertificateBytes, DelayedOf, IdentityRecordOf, KeyRecord, RecoveryOf, ServiceRecord,
            SupersededCertificate, Ticket, value_footprint,
        },
        weights::WeightInfo,
    };

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Configuration.
    #[pallet::config]
    pub trait Config: frame_system::Config<Hash = H256> {
        /// What calls weigh.
        type WeightInfo: WeightInfo;
        /// The deposit for what an identity stores, held from whoever carries its request: a
        /// `HoldConsideration` with [`HoldReason::Identity`].
        type Consideration: Consideration<Self::AccountId, Footprint>;
        /// The block's time, against which certificates are valid.
        type Time: UnixTime;
        /// The list of accepted signature algorithms. To retire one, take it out: identities that use
        /// it fail at read, each with that reason, and none is registered any more.
        type Algorithms: Contains<SignatureAlgorithm>;
        /// What issuers said about their certificates.
        type Statuses: CertificateStatuses;
    }

    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// Why the pallet holds money.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// For what an identity stores.
        #[codec(index = 0)]
        Identity,
    }

    /// What is known about an identity apart from its certificate. An entry is never removed.
    #[pallet::storage]
    pub type Identities<T: Config> =
        StorageMap<_, Identity, Identifier, IdentityRecordOf<T>, OptionQuery>;

    /// The current certificate of each identity, DER.
    #[pallet::storage]
    pub type Certificates<T: Config> =
        StorageMap<_, Identity, Identifier, CertificateBytes, OptionQuery>;

    /// The certificates that each identity had before, by generation; at most four of each.
    #[pallet::storage]
    pub type Superseded<T: Config> = StorageDoubleMap<
        _,
        Identity,
        Identifier,
        Twox64Concat,
        u32,
        SupersededCertificate<BlockNumberFor<T>>,
        OptionQuery,
    >;

    /// The identity that each key serves or served. An entry is never removed.
    #[pallet::storage]
    pub type Keys<T: Config> =
        StorageMap<_, Identity, KeyFingerprint, KeyRecord<BlockNumberFor<T>>, OptionQuery>;

    /// The serial numbers of every certificate that was ever registered, by issuer; a root is its own.
    /// An entry is never removed.
    #[pallet::storage]
    pub type Serials<T: Config> =
        StorageDoubleMap<_, Identity, Identifier, Blake2_128Concat, Serial, (), OptionQuery>;

    /// The identity of each current certificate that is not the identity's first.
    #[pallet::storage]
    pub type Fingerprints<T: Config> = StorageMap<_, Identity, [u8; 32], Identifier, OptionQuery>;

    /// The identities whose current certificates an identity issued or co-issued.
    #[pallet::storage]
    pub type IssuedBy<T: Config> =
        StorageDoubleMap<_, Identity, Identifier, Identity, Identifier, (), OptionQuery>;

    /// Who controls an identity.
    #[pallet::storage]
    pub type Controllers<T: Config> =
        StorageMap<_, Identity, Identifier, DelayedOf<T, Identifier>, OptionQuery>;

    /// Who guards an identity.
    #[pallet::storage]
    pub type Guardians<T: Config> =
        StorageMap<_, Identity, Identifier, DelayedOf<T, GuardianSet>, OptionQuery>;

    /// The recovery of an identity, if one was opened. What has lapsed is as good as not there.
    #[pallet::storage]
    pub type Recoveries<T: Config> =
        StorageMap<_, Identity, Identifier, RecoveryOf<T>, OptionQuery>;

    /// Where an identity can be reached.
    #[pallet::storage]
    pub type ServiceRecords<T: Config> = StorageMap<
        _,
        Identity,
        Identifier,
        ServiceRecord<T::AccountId, T::Consideration>,
        OptionQuery,
    >;

    /// What happened.
    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// An identity was registered.
        Registered {
            /// SHA-256 of its certificate.
            identifier: Identifier,
            /// SHA-256 of its `subjectPublicKeyInfo`.
            key: KeyFingerprint,
            /// Who pays the deposit.
            payer: T::AccountId,
        },
        /// An identity has a new certificate by the same issuers.
        Renewed {
            /// The identity.
            identifier: Identifier,
            /// Its key now.
            key: KeyFingerprint,
            /// Which of its certificates this is.
            generation: u32,
            /// Who pays the deposit now.
            payer: T::AccountId,
        },
        /// An identity moved under another issuer.
        Reparented {
            /// The identity.
            identifier: Identifier,
            /// Its issuer now.
            issuer: Identifier,
            /// Which of its certificates this is.
            generation: u32,
            /// Who pays the deposit now.
            payer: T::AccountId,
        },
        /// An identity ended, for ever.
        Deactivated {
            /// The identity.
            identifier: Identifier,
        },
        /// An identity's controller was named or taken away.
        ControllerSet {
            /// The identity.
            identifier: Identifier,
            /// Its controller.
            controller: Option<Identifier>,
            /// The block from which that counts.
            effective_from: BlockNumberFor<T>,
        },
        /// An identity's guardians were named or taken away.
        GuardiansSet {
            /// The identity.
            identifier: Identifier,
            /// The block from which that counts.
            effective_from: BlockNumberFor<T>,
        },
        /// A guardian opened a recovery, and so approved it.
        RecoveryOpened {
            /// The identity.
            identifier: Identifier,
            /// The recovery's number.
            number: u32,
            /// The guardian.
            guardian: Identifier,
        },
        /// A guardian approved a recovery.
        RecoveryApproved {
            /// The identity.
            identifier: Identifier,
            /// The recovery's number.
            number: u32,
            /// The guardian.
            guardian: Identifier,
            /// How many approve now.
            approvals: u32,
        },
        /// A recovery was vetoed.
        RecoveryVetoed {
            /// The identity.
            identifier: Identifier,
            /// The recovery's number.
            number: u32,
        },
        /// An identity has a new key by its guardians.
        Recovered {
            /// The identity.
            identifier: Identifier,
            /// Its key now.
            key: KeyFingerprint,
            /// Which of its certificates this is.
            generation: u32,
            /// Who pays the deposit now.
            payer: T::AccountId,
        },
        /// An identity said where it can be reached.
        ServicesSet {
            /// The identity.
            identifier: Identifier,
        },
    }

    /// Why a call failed; one for each cause. New ones go to the end.
    #[pallet::error]
    #[derive(PartialEq)]
    pub enum Error<T> {
        /// An identity of this identifier is registered already.
        AlreadyRegistered,
        /// The certificate's key serves another identity; a key serves one.
        KeyInUse,
        /// Issuer and subject differ: a root's certificate is self-issued.
        NotSelfIssued,
        /// The declared algorithm is not the certificate's, or does not go with the key.
        WrongAlgorithm,
        /// The algorithm was accepted once and is not any more.
        AlgorithmRetired,
        /// The certificate's own signature does not verify.
        CertificateSignatureInvalid,
        /// The certificate's validity is over.
        CertificateExpired,
        /// The certificate's validity has not begun.
        CertificateNotYetValid,
        /// The request was valid up to an earlier block.
        RequestExpired,
        /// The request's nonce is not the identity's next one, which for a new identity is 0.
        WrongNonce,
        /// The request's signature does not verify: not by the certificate's key, or not over this
        /// chain's genesis hash, this call, identifier, nonce, last block and arguments.
        RequestSignatureInvalid,
        /// The certificate has more than 4,096 bytes.
        CertificateTooLong,
        /// The certificate is not DER as RFC 5280 describes it.
        CertificateMalformed,
        /// Bytes follow the end of the certificate or of a part of it.
        CertificateTrailingBytes,
        /// The certificate is not of version 3.
        CertificateVersion,
        /// The serial number is zero or negative.
        SerialNotPositive,
        /// The serial number has more than 20 octets.
        SerialTooLong,
        /// The signature algorithm in the signed part differs from the one outside.
        AlgorithmMismatch,
        /// The signature algorithm is not one of those accepted.
        UnknownSignatureAlgorithm,
        /// The public key is not of an accepted kind.
        UnknownKeyAlgorithm,
        /// The public key is encoded otherwise than accepted (P-256 uncompressed, Ed25519 canonical).
        KeyEncoding,
        /// The certificate has an issuer or subject unique identifier.
        UniqueIdentifier,
        /// The certificate's issuer is empty.
        IssuerEmpty,
        /// The certificate's validity ends before it begins.
        ValidityReversed,
        /// The certificate has more than 32 extensions.
        TooManyExtensions,
        /// An extension occurs twice.
        DuplicateExtension,
        /// A critical extension is not known.
        UnknownCriticalExtension,
        /// The certificate has more than 32 alternative names.
        TooManyAlternativeNames,
        /// The certificate has more than 16 name-constraint subtrees.
        TooManyNameConstraints,
        /// `rustls-webpki` refuses the certificate.
        CertificateRefused,
        /// The certificate's signature is over a SHA-1 digest, which can be forged.
        Sha1,
        /// The RSASSA-PSS parameters are not those that go with the digest.
        PssParameters,
        /// The public key is of type id-RSASSA-PSS; it must be of type rsaEncryption.
        PssKey,
        /// The RSA modulus does not have 2,048 to 4,096 bits.
        RsaModulusSize,
        /// The RSA modulus is even.
        RsaModulusEven,
        /// The RSA exponent is even or out of range.
        RsaExponent,
        /// The extended key usage has too many purposes.
        TooManyPurposes,
        /// The base of a name constraint is none that RFC 5280 defines.
        ConstraintForm,
        /// An extension is critical that must not be.
        MustNotBeCritical,
        /// A time has the form for other years (UTCTime up to 2049, GeneralizedTime
        /// afterwards).
        TimeForm,
        /// The identity is not registered.
        NotRegistered,
        /// The identity's certificate has expired: it may only be renewed, re-parented or
        /// deactivated.
        SubjectExpired,
        /// The identity is on hold: nothing can be done until its issuer releases it.
        SubjectOnHold,
        /// The identity is revoked: it may only be deactivated, or renewed by its issuer.
        SubjectRevoked,
        /// The identity is a root that was revoked: it may only be deactivated.
        RootRevoked,
        /// The identity is deactivated, for ever.
        SubjectDeactivated,
        /// The acting identity is not the one whose key decides here: the controller, or
        /// the identity itself.
        NotAuthorized,
        /// The acting identity is not registered.
        ActorNotRegistered,
        /// The acting identity's certificate has expired.
        ActorExpired,
        /// The acting identity is on hold.
        ActorOnHold,
        /// The acting identity is revoked.
        ActorRevoked,
        /// The acting identity is deactivated.
        ActorDeactivated,
        /// The acting identity has used all its nonces.
        NonceOverflow,
        /// The request's algorithm does not go with the acting key.
        RequestAlgorithmWrong,
        /// The request's algorithm was accepted once and is not any more.
        RequestAlgorithmRetired,
        /// The issuer has used the serial number already; it is never free again.
        SerialInUse,
        /// The key was given up for compromise and never returns.
        KeyGivenUp,
        /// A key that is given up for compromise must be replaced by another.
        KeyUnchanged,
        /// A re-parented identity keeps its key.
        KeyChanged,
        /// The new certificate has another subject; an identity keeps its name.
        SubjectNameChanged,
        /// The new key has not signed.
        PossessionMissing,
        /// The new key's signature does not verify over the request's payload.
        PossessionInvalid,
        /// The block named as the last one in which the key was good is still to come.
        CompromiseInFuture,
        /// The identity has had too many certificates to count.
        TooManyGenerations,
        /// The issuer has revoked the certificate already.
        CertificateRevoked,
        /// The issuer has put the certificate on hold already.
        CertificateOnHold,
        /// An issuer is not registered.
        IssuerNotRegistered,
        /// An issuer is named twice.
        IssuerTwice,
        /// The identity stands above its own issuer.
        IssuanceCircle,
        /// The chain of issue would have more than 8 certificates.
        ChainTooDeep,
        /// More than 16 identities would stand above one another.
        TooManyIssuers,
        /// The certificate names another issuer than the one that signed it.
        IssuerNameMismatch,
        /// The authority key identifier is not the issuer's subject key identifier.
        KeyIdentifierMismatch,
        /// A name in the certificate is outside an issuer's name constraints.
        NameOutsideConstraints,
        /// Comparing all names with all name constraints would take too long.
        NamesTooDear,
        /// An issuer's pathLenConstraint does not allow a certificate there.
        PathTooLong,
        /// An issuer is no certification authority, or its key usage lacks keyCertSign.
        IssuerMayNotIssue,
        /// An issuer's certificate is not valid now.
        IssuerExpired,
        /// An issuer is revoked.
        IssuerRevoked,
        /// An issuer is on hold.
        IssuerOnHold,
        /// An issuer is deactivated.
        IssuerDeactivated,
        /// An issuer's certificate has an algorithm that is not accepted any more.
        IssuerAlgorithmRetired,
        /// An issuer was itself registered after its issuer's key had been compromised.
        IssuerLinkFailed,
        /// An issuer was registered under a certificate that is no longer kept.
        IssuerCertificateDropped,
        /// An issuer's certificate cannot be read by the rules of today.
        IssuerUnreadable,
        /// The consents are not those of the identity's co-issuers, in their order.
        ConsentsDiffer,
        /// A consent was valid up to an earlier block.
        ConsentExpired,
        /// A co-issuer's key did not sign this certificate's hash.
        ConsentSignatureInvalid,
        /// The identity is a root: it has no issuer that could fail.
        IsRoot,
        /// The identity's issuer holds: it may be renewed but not move.
        IssuerHolds,
        /// A recovery is open, which freezes this.
        RecoveryOpen,
        /// No recovery is open.
        NoRecovery,
        /// The open recovery has another number.
        WrongRecovery,
        /// The recovery is to another certificate.
        RecoveryOfAnotherCertificate,
        /// The guardian has approved already.
        AlreadyApproved,
        /// The acting identity is no guardian of this one.
        NotGuardian,
        /// A guardian is the identity itself, or stands above or below it.
        GuardianIsRelative,
        /// A guardian is not registered.
        GuardianNotRegistered,
        /// A guardian, or something above it, does not hold.
        GuardianDoesNotHold,
        /// A guardian occurs twice.
        DuplicateGuardian,
        /// The threshold is zero, or more than there are guardians.
        GuardianThreshold,
        /// The delay is zero, or longer than two years.
        GuardianDelay,
        /// The identity has no guardians.
        NoGuardians,
        /// Fewer guardians than the threshold approve and hold.
        NotEnoughApprovals,
        /// The delay since the recovery was opened is not over.
        RecoveryTooEarly,
        /// All guardians approved: the key cannot veto.
        VetoOverruled,
        /// The identity has had too many recoveries to count.
        TooManyRecoveries,
        /// An identity cannot be its own controller.
        ControllerIsSelf,
        /// The controller is not registered.
        ControllerNotRegistered,
        /// The controller is deactivated.
        ControllerDeactivated,
        /// A service's name or type is empty or has other characters than letters, digits
        /// and -._~.
        ServiceWord,
        /// A service's address is not a URI.
        ServiceUri,
        /// Two services have the same name.
        DuplicateService,
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Registers a self-issued certificate as an identity.
        ///
        /// Origin of this and every call: any signed account, which pays fee and deposit and gets no
        /// power over the identity.
        ///
        /// - `certificate`: DER, at most 4 KiB; valid now; issuer and subject the same; signed by its
        ///   own key.
        /// - `algorithm`: the certificate's signature algorithm, declared so that the weight is known
        ///   beforehand.
        /// - `request`: signed by the certificate's key over the payload of
        ///   [`allod_identity::request`] with the call name `register`, the certificate's SHA-256 as
        ///   acting identifier, nonce 0, and (`certificate`, `algorithm`) as arguments.
        ///
        /// Emits [`Event::Registered`]. Fails with the [`Error`] for the cause, or, where the payer
        /// cannot pay the deposit, with the balances' error.
        #[pallet::call_index(0)]
        #[pallet::weight(Pallet::<T>::register_weight(*algorithm, certificate.len()))]
        pub fn register(
            origin: OriginFor<T>,
            certificate: CertificateBytes,
            algorithm: SignatureAlgorithm,
            request: SignedRequest,
        ) -> DispatchResult {
            let payer = ensure_signed(origin)?;
            let admitted = {
                let arguments = RegisterArguments {
                    certificate: &certificate,
                    algorithm,
                };
                let issuers = Issuers {
                    issuer: None,
                    consents: &[],
                };
                Self::check_new(
                    &certificate,
                    algorithm,
                    algorithm,
                    &request,
                    &arguments,
                    &issuers,
                )?
            };
            let (identifier, key) = Self::store_new(payer.clone(), certificate, admitted)?;
            Self::deposit_event(Event::Registered {
                identifier,
                key,
                payer,
            });
            Ok(())
        }

        /// Registers a certificate that a registered identity issued.
        ///
        /// - `certificate`: as for [`register`](Pallet::register), but signed by the issuer's current
        ///   key, and naming the issuer's subject as its issuer.
        /// - `algorithm`: of the issuer's signature. `key_algorithm`: of the request's.
        /// - `issuer`: holds now, with everything above it, and may issue.
        /// - `consents`: of up to three more such identities. Each signs the payload with the call
        ///   name `co_issue`, nonce 0 and (SHA-256 of the certificate, `issuer`) as arguments.
        /// - `request`: signed by the certificate's key; arguments are (`certificate`, `algorithm`,
        ///   `issuer`, the co-issuers' identifiers).
        ///
        /// Emits [`Event::Registered`]. The weight is charged for the most that can stand above, and
        /// what was not there is given back.
        #[pallet::call_index(1)]
        #[pallet::weight(Pallet::<T>::register_issued_weight(
            *algorithm, certificate.len(), *key_algorithm, consents, None,
        ))]
        pub fn register_issued(
            origin: OriginFor<T>,
            certificate: CertificateBytes,
            algorithm: SignatureAlgorithm,
            issuer: Identifier,
            consents: Consents,
            key_algorithm: SignatureAlgorithm,
            request: SignedRequest,
        ) -> DispatchResultWithPostInfo {
            let payer = ensure_signed(origin)?;
            let admitted = {
                let arguments = RegisterIssuedArguments {
                    certificate: &certificate,
                    algorithm,
                    issuer,
                    co_issuers: consents.iter().map(|consent| consent.co_issuer).collect(),
                };
                let issuers = Issuers {
                    issuer: Some(issuer),
                    consents: &consents,
                };
                Self::check_new(
                    &certificate,
                    algorithm,
                    key_algorithm,
                    &request,
                    &arguments,
                    &issuers,
                )?
            };
            let visited = Some(admitted.visited);
            let length = certificate.len();
            let weight =
                Self::register_issued_weight(algorithm, length, key_algorithm, &consents, visited);
            let (identifier, key) = Self::store_new(payer.clone(), certificate, admitted)?;
            Self::deposit_event(Event::Registered {
                identifier,
                key,
                payer,
            });
            Ok(Some(weight).into())
        }

        /// Gives an identity a new certificate by the same issuers: new validity and, if wished, a new
        /// key.
        ///
        /// - `certificate`: same subject; signed by the issuer's current key, for a root by its own.
        ///   Its serial number is new, its key the old one, a former one of this identity, or nobody's.
        /// - `consents`: of the same co-issuers, in the same order.
        /// - `compromised_after`: the old key is given up and never returns; certificates that were
        ///   registered under it after this block fail.
        /// - `possession`: the new key's signature over the payload that the acting identity signs.
        ///   Needed unless the acting identity's own key stays.
        /// - `request`: by the authority; arguments are (`identifier`, `certificate`, `algorithm`,
        ///   `compromised_after`).
        ///
        /// Emits [`Event::Renewed`]. The payer takes over the whole deposit.
        #[pallet::call_index(2)]
        #[pallet::weight(Pallet::<T>::renew_weight(
            *algorithm, certificate.len(), request, possession.as_ref(), consents, None,
        ))]
        pub fn renew(
            origin: OriginFor<T>,
            identifier: Identifier,
            certificate: CertificateBytes,
            algorithm: SignatureAlgorithm,
            consents: Consents,
            compromised_after: Option<u32>,
            possession: Option<Possession>,
            request: IdentityRequest,
        ) -> DispatchResultWithPostInfo {
            let payer = ensure_signed(origin)?;
            Self::ensure_not_frozen(identifier)?;
            let good_until = Self::ensure_past(compromised_after)?;
            let arguments = RenewArguments {
                identifier,
                certificate: &certificate,
                algorithm,
                compromised_after,
            };
            let permitted = Permitted::Renewable;
            let subject = Self::act_with_authority(identifier, &request, &arguments, permitted)?;
            let is_own_request = request.identifier == identifier;
            let admitted = {
                let parsed = Self::read_certificate(&certificate, algorithm)?;
                let old =
                    ParsedCertificate::parse(&subject.certificate).map_err(Error::<T>::from)?;
                let is_new_key = parsed.spki() != old.spki();
                ensure!(is_new_key || good_until.is_none(), Error::<T>::KeyUnchanged);
                if let Some(possession) = &possession {
                    let SignedRequest {
                        nonce, valid_until, ..
                    } = request.request;
                    let payload = arguments.payload_of(
                        Self::genesis_hash(),
                        request.identifier,
                        nonce,
                        valid_until,
                    );
                    Self::check_possession(&parsed, &payload, possession)?;
                } else {
                    let is_shown = is_own_request && !is_new_key;
                    ensure!(is_shown, Error::<T>::PossessionMissing);
                }
                Self::admit_successor(&subject, &parsed, &old, &consents)?
            };
            let weight = Self::renew_weight(
                algorithm,
                certificate.len(),
                &request,
                possession.as_ref(),
                &consents,
                Some(admitted.visited),
            );
            let (key, record) = Self::replace_certificate(
                subject,
                payer.clone(),
                certificate,
                admitted,
                good_until,
            )?;
            Self::deposit_event(Event::Renewed {
                identifier,
                key,
                generation: record.generation,
                payer,
            });
            Ok(Some(weight).into())
        }

        /// Moves an identity whose issuer failed under another issuer.
        ///
        /// - `certificate`: by the new issuer's current key; same subject, same key.
        /// - `issuer`, `consents`: as for [`register_issued`](Pallet::register_issued). None of them
        ///   may stand below the identity.
        /// - `request`: by the identity's own key; arguments are (`identifier`, `certificate`,
        ///   `algorithm`, `issuer`, the co-issuers' identifiers).
        ///
        /// Emits [`Event::Reparented`]. The payer takes over the whole deposit.
        #[pallet::call_index(3)]
        #[pallet::weight(Pallet::<T>::reparent_weight(
            *algorithm, certificate.len(), request, consents, None,
        ))]
        pub fn reparent(
            origin: OriginFor<T>,
            identifier: Identifier,
            certificate: CertificateBytes,
            algorithm: SignatureAlgorithm,
            issuer: Identifier,
            consents: Consents,
            request: IdentityRequest,
        ) -> DispatchResultWithPostInfo {
            let payer = ensure_signed(origin)?;
            Self::ensure_not_frozen(identifier)?;
            let arguments = ReparentArguments {
                identifier,
                certificate: &certificate,
                algorithm,
                issuer,
                co_issuers: consents.iter().map(|consent| consent.co_issuer).collect(),
            };
            let permitted = Permitted::ValidOrExpired;
            let subject = Self::act(identifier, &request, &arguments, permitted)?;
            let visited = Self::ensure_issuer_fails(&subject)?;
            let admitted = {
                let parsed = Self::read_certificate(&certificate, algorithm)?;
                let old =
                    ParsedCertificate::parse(&subject.certificate).map_err(Error::<T>::from)?;
                ensure!(
                    parsed.subject() == old.subject(),
                    Error::<T>::SubjectNameChanged
                );
                ensure!(parsed.spki() == old.spki(), Error::<T>::KeyChanged);
                let issuers = Issuers {
                    issuer: Some(issuer),
                    consents: &consents,
                };
                Self::admit(identifier, &parsed, &issuers)?
            };
            let visited = visited.saturating_add(admitted.visited);
            let length = certificate.len();
            let weight =
                Self::reparent_weight(algorithm, length, &request, &consents, Some(visited));
            let (_, record) =
                Self::replace_certificate(subject, payer.clone(), certificate, admitted, None)?;
            Self::deposit_event(Event::Reparented {
                identifier,
                issuer,
                generation: record.generation,
                payer,
            });
            Ok(Some(weight).into())
        }

        /// Ends an identity, for ever. Its nonce, its keys and its serial numbers stay.
        ///
        /// - `request`: by the authority; the argument is `identifier`.
        ///
        /// Emits [`Event::Deactivated`]. Deposits go back to who paid them, but for the tombstone's.
        #[pallet::call_index(4)]
        #[pallet::weight(Pallet::<T>::request_weight(T::WeightInfo::deactivate(), request))]
        pub fn deactivate(
            origin: OriginFor<T>,
            identifier: Identifier,
            request: IdentityRequest,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            Self::ensure_not_frozen(identifier)?;
            let arguments = DeactivateArguments { identifier };
            let permitted = Permitted::Deactivatable;
            let subject = Self::act_with_authority(identifier, &request, &arguments, permitted)?;
            Self::bury(subject)?;
            Self::deposit_event(Event::Deactivated { identifier });
            Ok(())
        }

        /// Names the identity whose key alone then renews, sets guardians, vetoes and deactivates, or
        /// takes it away. With guardians it takes effect after their delay, otherwise at once.
        ///
        /// - `controller`: registered, not deactivated, not the identity itself.
        /// - `request`: by the authority; arguments are (`identifier`, `controller`).
        ///
        /// Emits [`Event::ControllerSet`].
        #[pallet::call_index(5)]
        #[pallet::weight(Pallet::<T>::request_weight(T::WeightInfo::set_controller(), request))]
        pub fn set_controller(
            origin: OriginFor<T>,
            identifier: Identifier,
            controller: Option<Identifier>,
            request: IdentityRequest,
        ) -> DispatchResult {
            let payer = ensure_signed(origin)?;
            let arguments = SetControllerArguments {
                identifier,
                controller,
            };
            Self::change_controller(payer, arguments, &request)
        }

        /// Names who may give the identity a new key, or takes them away. Takes effect after the delay
        /// of those that count until then; at once if there are none.
        ///
        /// - `guardians`: registered, each once, not the identity itself. Whether they hold, and
        ///   stand neither above nor below it, is judged when they approve.
        /// - `request`: by the authority; arguments are (`identifier`, `guardians`).
        ///
        /// Emits [`Event::GuardiansSet`].
        #[pallet::call_index(6)]
        #[pallet::weight(Pallet::<T>::request_weight(T::WeightInfo::set_guardians(), request))]
        pub fn set_guardians(
            origin: OriginFor<T>,
            identifier: Identifier,
            guardians: Option<GuardianSet>,
            request: IdentityRequest,
        ) -> DispatchResult {
            let payer = ensure_signed(origin)?;
            Self::change_guardians(payer, identifier, guardians, &request)
        }

        /// Opens a recovery, and approves it.
        ///
        /// - `certificate_hash`: SHA-256 of the certificate that the identity is to get.
        /// - `compromised_after`: if the old key was stolen, the last block in which it was good.
        /// - `request`: by a guardian that holds; arguments are (`identifier`, `certificate_hash`,
        ///   `compromised_after`).
        ///
        /// Emits [`Event::RecoveryOpened`] with the recovery's number. An open recovery that fewer than
        /// the threshold approve is replaced.
        #[pallet::call_index(7)]
        #[pallet::weight(Pallet::<T>::guardian_weight(T::WeightInfo::open_recovery, request, None))]
        pub fn open_recovery(
            origin: OriginFor<T>,
            identifier: Identifier,
            certificate_hash: [u8; 32],
            compromised_after: Option<u32>,
            request: IdentityRequest,
        ) -> DispatchResultWithPostInfo {
            let payer = ensure_signed(origin)?;
            let arguments = OpenRecoveryArguments {
                identifier,
                certificate_hash,
                compromised_after,
            };
            let visited = Self::begin_recovery(payer, arguments, &request)?;
            let weigh = T::WeightInfo::open_recovery;
            Ok(Some(Self::guardian_weight(weigh, &request, Some(visited))).into())
        }

        /// Approves a recovery.
        ///
        /// - `number`, `certificate_hash`: of the recovery that is meant.
        /// - `request`: by a guardian that holds; arguments are (`identifier`, `number`,
        ///   `certificate_hash`).
        ///
        /// Emits [`Event::RecoveryApproved`].
        #[pallet::call_index(8)]
        #[pallet::weight(Pallet::<T>::guardian_weight(
            T::WeightInfo::approve_recovery, request, None,
        ))]
        pub fn approve_recovery(
            origin: OriginFor<T>,
            identifier: Identifier,
            number: u32,
            certificate_hash: [u8; 32],
            request: IdentityRequest,
        ) -> DispatchResultWithPostInfo {
            ensure_signed(origin)?;
            let arguments = ApproveRecoveryArguments {
                identifier,
                number,
                certificate_hash,
            };
            let visited = Self::add_approval(arguments, &request)?;
            let weigh = T::WeightInfo::approve_recovery;
            Ok(Some(Self::guardian_weight(weigh, &request, Some(visited))).into())
        }

        /// Ends a recovery that not all guardians approved.
        ///
        /// - `request`: by the authority; arguments are (`identifier`, `number`).
        ///
        /// Emits [`Event::RecoveryVetoed`].
        #[pallet::call_index(9)]
        #[pallet::weight(Pallet::<T>::request_weight(T::WeightInfo::veto_recovery(), request))]
        pub fn veto_recovery(
            origin: OriginFor<T>,
            identifier: Identifier,
            number: u32,
            request: IdentityRequest,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            let recovery = Self::recovery_of_number(identifier, number)?;
            ensure!(!Self::is_unanimous(&recovery), Error::<T>::VetoOverruled);
            let arguments = VetoRecoveryArguments { identifier, number };
            let permitted = Permitted::ValidOrExpired;
            Self::act_with_authority(identifier, &request, &arguments, permitted)?;
            Recoveries::<T>::remove(identifier);
            recovery.ticket.release()?;
            Self::deposit_event(Event::RecoveryVetoed { identifier, number });
            Ok(())
        }

        /// Gives an identity the certificate that its guardians approved.
        ///
        /// - `certificate`, `algorithm`, `consents`: as for [`renew`](Pallet::renew).
        /// - `request`: for the identity itself, with its nonce, but signed by the new key; arguments
        ///   are (`identifier`, `number`, `certificate`, `algorithm`).
        ///
        /// Emits [`Event::Recovered`]. The payer takes over the whole deposit.
        #[pallet::call_index(10)]
        #[pallet::weight(Pallet::<T>::execute_recovery_weight(
            *algorithm, certificate.len(), request, consents, None,
        ))]
        pub fn execute_recovery(
            origin: OriginFor<T>,
            identifier: Identifier,
            number: u32,
            certificate: CertificateBytes,
            algorithm: SignatureAlgorithm,
            consents: Consents,
            request: IdentityRequest,
        ) -> DispatchResultWithPostInfo {
            let payer = ensure_signed(origin)?;
            let recovery = Self::recovery_of_number(identifier, number)?;
            let mut subject = Self::subject(identifier, Permitted::ValidOrExpired)?;
            let visited = Self::ensure_executable(identifier, &recovery)?;
            let admitted = {
                let parsed = Self::read_certificate(&certificate, algorithm)?;
                let is_approved = parsed.fingerprint() == recovery.certificate_hash;
                ensure!(is_approved, Error::<T>::RecoveryOfAnotherCertificate);
                ensure!(request.identifier == identifier, Error::<T>::NotAuthorized);
                let arguments = ExecuteRecoveryArguments {
                    identifier,
                    number,
                    certificate: &certificate,
                    algorithm,
                };
                Self::check_signature(&request, &arguments, subject.record.nonce, &parsed)
                    .map_err(Error::<T>::from)?;
                let old =
                    ParsedCertificate::parse(&subject.certificate).map_err(Error::<T>::from)?;
                ensure!(
                    parsed.spki() != old.spki() || recovery.compromised_after.is_none(),
                    Error::<T>::KeyUnchanged
                );
                Self::admit_successor(&subject, &parsed, &old, &consents)?
            };
            let visited = visited.saturating_add(admitted.visited);
            let length = certificate.len();
            let weight = Self::execute_recovery_weight(
                algorithm,
                length,
                &request,
                &consents,
                Some(visited),
            );
            subject.record.nonce =
                Self::following(subject.record.nonce).map_err(Error::<T>::from)?;
            let compromised_after = recovery.compromised_after;
            Recoveries::<T>::remove(identifier);
            Self::drop_pending_changes(identifier, recovery.opened_at)?;
            recovery.ticket.release()?;
            let (key, record) = Self::replace_certificate(
                subject,
                payer.clone(),
                certificate,
                admitted,
                compromised_after,
            )?;
            Self::deposit_event(Event::Recovered {
                identifier,
                key,
                generation: record.generation,
                payer,
            });
            Ok(Some(weight).into())
        }

        /// Says where an identity can be reached.
        ///
        /// - `services`: at most eight; none takes them away.
        /// - `request`: by the identity's own key; arguments are (`identifier`, `services`).
        ///
        /// Emits [`Event::ServicesSet`]. The payer holds their deposit; the former one is freed.
        #[pallet::call_index(11)]
        #[pallet::weight(Pallet::<T>::request_weight(T::WeightInfo::set_services(), request))]
        pub fn set_services(
            origin: OriginFor<T>,
            identifier: Identifier,
            services: Services,
            request: IdentityRequest,
        ) -> DispatchResult {
            let payer = ensure_signed(origin)?;
            check_services(&services).map_err(Error::<T>::from)?;
            let arguments = SetServicesArguments {
                identifier,
                services: &services,
            };
            Self::act(identifier, &request, &arguments, Permitted::Valid)?;
            if let Some(old) = ServiceRecords::<T>::take(identifier) {
                old.ticket.release()?;
            }
            if !services.is_empty() {
                let size = value_footprint(&(&services, &payer));
                let ticket = Ticket::new(payer, size)?;
                let record = ServiceRecord { services, ticket };
                ServiceRecords::<T>::insert(identifier, record);
            }
            Self::deposit_event(Event::ServicesSet { identifier });
            Ok(())
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn integrity_test() {
            Self::check_integrity();
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::check_state()
        }
    }

    impl<T: Config> Pallet<T> {
        /// The hash of the genesis block, which `frame_system` keeps when it drops those that follow.
        pub fn genesis_hash() -> [u8; 32] {
            let genesis: BlockNumberFor<T> = 0_u32.into();
            frame_system::Pallet::<T>::block_hash(genesis).0
        }

        /// The block's time, in seconds since 1970.
        pub fn now() -> u64 {
            T::Time::now().as_secs()
        }
    }
}
