//! What the pallet says has happened: a part of the module `pallet`, which imports it.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod events {
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
            guardian: Identifier,
        },
        /// A guardian approved a recovery.
        RecoveryApproved {
            /// The identity.
            identifier: Identifier,
            /// The recovery's number.
            number: u32,
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
}
