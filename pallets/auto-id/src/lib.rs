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
//! | [`reclaim_recovery`](Pallet::reclaim_recovery) | nobody | anything | gives back the deposit of a recovery that has lapsed |
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
//! # Accounts
//!
//! An identity is the account whose address is its identifier ([`Pallet::account`]); registration makes it exist for ever.
//! [`IdentitySignature`] makes transactions of it that its key signs, with the account's own nonce. Only a deactivated
//! identity, and one on whose recovery enough guardians agreed, sends none. [`Pallet::acting`] and [`EnsureIdentity`] tell
//! other pallets whether an origin is an identity that holds.
//!
//! # Nonces
//!
//! Requests have a nonce apart from the account's.
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
//! carries the last block in which it was good: what was registered under it later fails. With it go the
//! other keys that the identity has had since that block, as far as their certificates are kept.
//!
//! # Storage
//!
//! | map | key | value, most bytes | why |
//! |---|---|---|---|
//! | [`Identities`] | identifier | record, 143; 37 more for each co-issuer | what changes with requests, apart from the certificate, so that a nonce does not rewrite 4 KiB; for ever |
//! | [`Certificates`] | identifier | certificate, 4,098 | verification reads it at every link |
//! | [`Superseded`] | identifier, generation | certificate, link, blocks, 4,145; 37 more for each co-issuer; four values at most | children are checked against them |
//! | [`Keys`] | fingerprint of a key | identifier and block, 37 | a key serves one identity, for ever; lookup by key; compromise |
//! | [`Serials`] | issuer, serial number | nothing | a serial number is never free again, so no certificate is registered twice |
//! | [`Fingerprints`] | SHA-256 of the current certificate, if not the first | identifier, 32 | lookup; the first one's is the identifier itself |
//! | [`IssuedBy`] | issuer, child | nothing | lists by page; each write is one entry, however many there are |
//! | [`Controllers`] | identifier | controller, pending change, deposit, 119 | only for those that have one |
//! | [`Guardians`] | identifier | guardians, pending change, deposit, 579 | only for those that have some; apart from the record, which every request rewrites |
//! | [`Recoveries`] | identifier | the open recovery and its deposit, 360 | only while there is one; it keeps the guardians of the moment in which it was opened |
//! | [`ServiceRecords`] | identifier | endpoints, deposit, 3,169 | only for those that have some |
//!
//! Beside them there is the pallet's storage version, two bytes in all, and in `System` the account of each identity, 80 bytes.
//!
//! An identity is registered with values of at most its certificate and 154 bytes, and 33 more for each
//! co-issuer: 253 with three. A renewal adds 32 bytes to find it by its certificate and 37 for each key
//! that it had before; superseded certificates, controller, guardians and services come on top of that.
//! Identifiers and fingerprints are hashed with `Identity`: they are SHA-256
//! values already, and hashing them again would buy nothing. Somebody who computes 2^n certificates can
//! make two of them share n bits of path in the trie, which costs readers n / 4 more nodes at most.
//! Serial numbers are the issuer's to choose and are hashed. Generations are counted by the pallet and
//! few, so a short hash that spreads them will do.
//!
//! # Deposits
//!
//! One [`Consideration`](pallet::Config::Consideration) covers what an identity stores, guardians, controller, recovery and services
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
//! | [`pallet`] | configuration and storage; it imports the next three |
//! | `dispatchables`, `events`, `errors` | the calls, what they emit, why they fail |
//! | `charges`, [`weights`] | what calls weigh |
//! | `authority` | who may act, in which state |
//! | `account`, `extension` | an identity as an account: its origin, and the transactions that its key signs |
//! | `admission` | what a new certificate must be |
//! | `succession` | one certificate after another, by renewal, move or recovery, and the end |
//! | `recovery` | controllers, guardians, recovery |
//! | `graph` | reading what stands above an identity |
//! | `verify`, `lookup`, `calls` | what the runtime APIs answer |
//! | `invariants` | what must hold of configuration and state |

#![cfg_attr(not(feature = "std"), no_std)]
// FRAME's macros write the paths of what they find in the pallet in full.
#![allow(unused_qualifications)]
// A call takes what its request covers, each under its own name in the metadata.
#![allow(clippy::too_many_arguments)]

extern crate alloc;
// The runtime of the tests names this pallet as every other runtime does.
#[cfg(test)]
extern crate self as pallet_auto_id;

mod account;
mod admission;
mod authority;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod charges;
mod dispatchables;
mod errors;
mod events;
mod extension;
mod graph;
mod invariants;
mod lookup;
#[cfg(test)]
#[path = "../../../tests/support/identities/mod.rs"]
mod mock;
mod recovery;
mod succession;
#[cfg(test)]
mod tests;
mod types;
mod verify;
pub mod weights;

use frame_support::pallet_macros::import_section;

pub use account::EnsureIdentity;
pub use extension::{IdentitySignature, TransactionForm};
pub use pallet::*;
pub use types::{
    CertificateBytes, Delayed, IdentityRecord, KeyRecord, Recovery, ServiceRecord,
    SupersededCertificate, Ticket,
};
pub use weights::WeightInfo;

#[import_section(events::events)]
#[import_section(errors::errors)]
#[import_section(dispatchables::dispatchables)]
#[frame_support::pallet]
pub mod pallet {
    use allod_identity::{
        CertificateStatuses, Consents, GuardianSet, Identifier, IdentityRequest, KeyFingerprint,
        Possession, RegisterArguments, Serial, Services, SignatureAlgorithm, SignedRequest,
        check_services,
        request::arguments::{
            ApproveRecoveryArguments, DeactivateArguments, OpenRecoveryArguments,
            RegisterIssuedArguments, SetControllerArguments, SetServicesArguments,
            VetoRecoveryArguments,
        },
    };
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
    pub trait Config:
        frame_system::Config<Hash = H256, AccountId: From<[u8; 32]> + Into<[u8; 32]>>
    {
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
