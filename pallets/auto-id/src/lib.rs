//! Identities that are X.509 certificates (§11 of the design).
//!
//! # Authority
//!
//! An identity acts by requests that its own key signs (see [`allod_identity::request`]); the account
//! that carries one pays fee and deposit and gets no power from it. The request does not name the
//! payer, so that anybody who sees one on its way may carry it first: the identity gets exactly what
//! it asked for, the other's money lies in the deposit, and the slower extrinsic fails. What protects
//! a request from being used otherwise is in what it signs: the genesis hash (another chain), the
//! name of the call and the hash of its arguments (another call), the nonce (again), the last
//! block (too late).
//!
//! # Calls
//!
//! | call | origin | effect |
//! |---|---|---|
//! | [`register`](Pallet::register) | any signed | a self-issued certificate becomes an identity |
//!
//! # Storage
//!
//! | map | key | value, most bytes | why |
//! |---|---|---|---|
//! | [`Identities`] | identifier | record, 62 | what changes with requests, apart from the certificate, so that a nonce does not rewrite 4 KiB |
//! | [`Certificates`] | identifier | certificate, 4,098 | verification reads it at every link |
//! | [`Keys`] | fingerprint of a key | identifier, 32 | a key serves one live identity; lookup by key |
//!
//! Keys are hashed with `Identity`: they are SHA-256 values already, and hashing them again would buy
//! nothing. Somebody who computes 2^n certificates can make two of them share n bits of path in the
//! trie, which costs readers n / 4 more nodes at most.
//!
//! The deposit is a [`Consideration`] for all three values and their keys, held from the payer and
//! kept in the record.
//!
//! # Names
//!
//! The identifier is the SHA-256 of the certificate, and registering it takes a signature by the
//! certificate's key over that identifier: nobody can take an identifier that is not theirs. A twin
//! of an ECDSA certificate with the other of its two signatures is another certificate and would be
//! another identifier, but has the same key, and [`Keys`] lets a key in once.

#![cfg_attr(not(feature = "std"), no_std)]
// FRAME's macros write the paths of what they find in the pallet in full.
#![allow(unused_qualifications)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod errors;
mod invariants;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
mod types;
mod verify;
pub mod weights;

pub use pallet::*;
pub use types::{CertificateBytes, IdentityRecord};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use allod_identity::{
        Identifier, Issuance, KeyFingerprint, RegisterArguments, SignatureAlgorithm, SignedRequest,
    };
    use allod_x509::{ParsedCertificate, SelfIssuedCertificate};
    use frame_support::{
        pallet_prelude::*,
        traits::{Consideration, Contains, Footprint, UnixTime},
    };
    use frame_system::pallet_prelude::*;
    use sp_core::H256;
    use sp_runtime::traits::UniqueSaturatedInto;

    use crate::{
        types::{CertificateBytes, IdentityRecordOf, footprint},
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

    /// The identity that each key serves.
    #[pallet::storage]
    pub type Keys<T: Config> = StorageMap<_, Identity, KeyFingerprint, Identifier, OptionQuery>;

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
    }

    /// Why a call failed; one for each cause. New ones go to the end.
    #[pallet::error]
    #[derive(PartialEq)]
    pub enum Error<T> {
        /// An identity of this identifier is registered already.
        AlreadyRegistered,
        /// The certificate's key serves another identity; a key serves one.
        KeyInUse,
        /// Issuer and subject differ: this call registers self-issued certificates only.
        NotSelfIssued,
        /// The declared algorithm is not the certificate's and its key's.
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
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Registers a self-issued certificate as an identity.
        ///
        /// Origin: any signed account, which pays fee and deposit and gets no power over the identity.
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
            let verified = Self::check_registration(&certificate, algorithm, &request)?;
            let identifier = Identifier::of(&verified);
            let key = KeyFingerprint::of(&verified);

            let deposit = T::Consideration::new(&payer, footprint::<T>(&certificate))?;
            let record = IdentityRecordOf::<T> {
                algorithm,
                issuance: Issuance::SelfIssued,
                nonce: 1,
                registered_at: frame_system::Pallet::<T>::block_number(),
                payer: payer.clone(),
                deposit,
            };
            Identities::<T>::insert(identifier, record);
            Keys::<T>::insert(key, identifier);
            Certificates::<T>::insert(identifier, certificate);
            Self::deposit_event(Event::Registered {
                identifier,
                key,
                payer,
            });
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
        /// The weight of registering a certificate of so many bytes.
        pub fn register_weight(algorithm: SignatureAlgorithm, length: usize) -> Weight {
            let length = u32::try_from(length).unwrap_or(u32::MAX);
            match algorithm {
                SignatureAlgorithm::Ed25519 => T::WeightInfo::register_ed25519(length),
                SignatureAlgorithm::EcdsaP256Sha256 => T::WeightInfo::register_p256(length),
            }
        }

        /// All checks of `register`, the two signatures last.
        fn check_registration<'a>(
            certificate: &'a CertificateBytes,
            algorithm: SignatureAlgorithm,
            request: &SignedRequest,
        ) -> Result<SelfIssuedCertificate<'a>, Error<T>> {
            Self::ensure_in_time(request)?;
            let parsed = ParsedCertificate::parse(certificate)?;
            let is_declared = parsed.signature_algorithm() == algorithm
                && parsed.public_key().algorithm == algorithm.key_algorithm();
            ensure!(is_declared, Error::WrongAlgorithm);
            ensure!(T::Algorithms::contains(&algorithm), Error::AlgorithmRetired);
            let identifier = Identifier::of(&parsed);
            ensure!(
                !Identities::<T>::contains_key(identifier),
                Error::AlreadyRegistered
            );
            ensure!(
                !Keys::<T>::contains_key(KeyFingerprint::of(&parsed)),
                Error::KeyInUse
            );
            ensure!(request.nonce == 0, Error::WrongNonce);
            let (now, validity) = (Self::now(), parsed.validity());
            ensure!(now >= validity.not_before, Error::CertificateNotYetValid);
            ensure!(now <= validity.not_after, Error::CertificateExpired);
            ensure!(parsed.is_self_issued(), Error::NotSelfIssued);

            let arguments = RegisterArguments {
                certificate,
                algorithm,
            };
            let payload = arguments.payload(Self::genesis_hash(), identifier, request.valid_until);
            parsed
                .verify_message(algorithm, &payload.to_bytes(), &request.signature)
                .map_err(|_| Error::RequestSignatureInvalid)?;
            parsed
                .verify_self_issued()
                .map_err(|_| Error::CertificateSignatureInvalid)
        }

        /// A request counts up to the block that it names, which is included.
        fn ensure_in_time(request: &SignedRequest) -> Result<(), Error<T>> {
            let now: u64 = frame_system::Pallet::<T>::block_number().unique_saturated_into();
            ensure!(now <= u64::from(request.valid_until), Error::RequestExpired);
            Ok(())
        }

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
