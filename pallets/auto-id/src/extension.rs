//! An identity as a sender of transactions: the extension that makes its signature an origin (§11.11).
//!
//! [`IdentitySignature`] stands before other extensions, which it wraps:
//!
//! 1. It looks the identity up, and how far ahead its nonce is.
//! 2. The wrapped extensions judge nonce, mortality and fee, with `Signed(identifier)` for an origin.
//! 3. It checks the signature. Whoever could not pay costs a pool no signature check.
//!
//! Identity and signature travel before the wrapped extensions, just as if it stood at the head of a tuple with them;
//! and so the metadata say.

use allod_identity::{IdentityProof, MAX_NONCES_AHEAD, TransactionRefusal, transaction_payload};
use allod_x509::ParsedCertificate;
use core::{fmt, marker::PhantomData};
use frame_support::{dispatch::RawOrigin, ensure, traits::Contains, weights::Weight};
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::{TypeInfo, meta_type};
use sp_runtime::{
    DispatchResult, Saturating,
    traits::{
        DispatchInfoOf, Implication, PostDispatchInfoOf, TransactionExtension,
        TransactionExtensionMetadata, ValidateResult,
    },
    transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
};

use crate::pallet::{Certificates, Config, Identities, Pallet};

#[cfg(test)]
std::thread_local! {
    /// How many signatures were checked: what is refused before must not cost one.
    pub(crate) static SIGNATURES_CHECKED: core::cell::Cell<u32> = const { core::cell::Cell::new(0) };
}

/// How an identity's call comes to the chain.
pub trait TransactionForm<T: Config, Inner> {
    /// The nonce that the transaction names, if it may wait in a pool.
    fn nonce(inner: &Inner) -> Option<T::Nonce>;

    /// Takes from the origin what calls that come so must not do.
    fn restrict(origin: &mut T::RuntimeOrigin);
}

/// Makes an identity the origin of a call that its key signed.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, PartialEq, Eq, TypeInfo)]
#[scale_info(skip_type_params(T, Form))]
pub struct IdentitySignature<T, Inner, Form> {
    /// Who sends it, and the proof of it.
    pub proof: IdentityProof,
    /// The extensions behind it.
    pub inner: Inner,
    _form: PhantomData<(T, Form)>,
}

impl<T, Inner, Form> IdentitySignature<T, Inner, Form> {
    /// Puts the signature before other extensions.
    pub const fn new(proof: IdentityProof, inner: Inner) -> Self {
        Self {
            proof,
            inner,
            _form: PhantomData,
        }
    }
}

impl<T, Inner: fmt::Debug, Form> fmt::Debug for IdentitySignature<T, Inner, Form> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentitySignature")
            .field("proof", &self.proof)
            .field("inner", &self.inner)
            .finish()
    }
}

const fn refused(refusal: TransactionRefusal) -> TransactionValidityError {
    TransactionValidityError::Invalid(InvalidTransaction::Custom(refusal.code()))
}

impl<T: Config> Pallet<T> {
    /// The state in which an identity may send nothing: it was deactivated, or enough guardians agreed on a recovery.
    /// Its certificate may have expired, be revoked or on hold: the account's money is its own.
    fn ensure_may_send(proof: &IdentityProof) -> Result<(), TransactionValidityError> {
        let identifier = proof.identifier;
        let record = Identities::<T>::get(identifier)
            .ok_or_else(|| refused(TransactionRefusal::NotRegistered))?;
        ensure!(
            !record.is_deactivated,
            refused(TransactionRefusal::Deactivated)
        );
        ensure!(
            !Self::is_recovery_agreed(identifier),
            refused(TransactionRefusal::Frozen)
        );
        Ok(())
    }

    /// Refuses transactions that would wait long for others of the same sender.
    fn ensure_nonce_is_near(
        account: &T::AccountId,
        nonce: T::Nonce,
    ) -> Result<(), TransactionValidityError> {
        let next = frame_system::Pallet::<T>::account_nonce(account);
        let furthest = next.saturating_add(MAX_NONCES_AHEAD.into());
        ensure!(nonce <= furthest, InvalidTransaction::Future);
        Ok(())
    }

    /// Checks the signature by the identity's present key.
    fn check_transaction_signature(
        proof: &IdentityProof,
        payload: &[u8],
    ) -> Result<(), TransactionValidityError> {
        let unreadable = || refused(TransactionRefusal::CertificateUnreadable);
        let der = Certificates::<T>::get(proof.identifier).ok_or_else(unreadable)?;
        let certificate = ParsedCertificate::parse(&der).map_err(|_| unreadable())?;
        ensure!(
            proof.algorithm.key_algorithm() == certificate.public_key().algorithm,
            refused(TransactionRefusal::WrongAlgorithm)
        );
        ensure!(
            T::Algorithms::contains(&proof.algorithm),
            refused(TransactionRefusal::AlgorithmRetired)
        );
        #[cfg(test)]
        SIGNATURES_CHECKED.with(|checked| checked.set(checked.get() + 1));
        certificate
            .verify_message(proof.algorithm, payload, &proof.signature)
            .map_err(|_| InvalidTransaction::BadProof.into())
    }
}

impl<T, Inner, Form> TransactionExtension<T::RuntimeCall> for IdentitySignature<T, Inner, Form>
where
    T: Config + Clone + Eq + Send + Sync,
    Inner: TransactionExtension<T::RuntimeCall>,
    Form: TransactionForm<T, Inner> + Clone + Eq + Send + Sync + 'static,
{
    const IDENTIFIER: &'static str = "IdentitySignature";

    type Implicit = Inner::Implicit;
    type Val = Inner::Val;
    type Pre = Inner::Pre;

    fn implicit(&self) -> Result<Self::Implicit, TransactionValidityError> {
        self.inner.implicit()
    }

    fn metadata() -> alloc::vec::Vec<TransactionExtensionMetadata> {
        let own = TransactionExtensionMetadata {
            identifier: Self::IDENTIFIER,
            ty: meta_type::<IdentityProof>(),
            implicit: meta_type::<()>(),
        };
        core::iter::once(own).chain(Inner::metadata()).collect()
    }

    fn weight(&self, call: &T::RuntimeCall) -> Weight {
        Pallet::<T>::identity_signature_weight(self.proof.algorithm)
            .saturating_add(self.inner.weight(call))
    }

    fn validate(
        &self,
        _origin: T::RuntimeOrigin,
        call: &T::RuntimeCall,
        info: &DispatchInfoOf<T::RuntimeCall>,
        len: usize,
        implicit: Self::Implicit,
        inherited_implication: &impl Implication,
        source: TransactionSource,
    ) -> ValidateResult<Self::Val, T::RuntimeCall> {
        let proof = &self.proof;
        Pallet::<T>::ensure_may_send(proof)?;
        let account = Pallet::<T>::account(proof.identifier);
        if let Some(nonce) = Form::nonce(&self.inner) {
            Pallet::<T>::ensure_nonce_is_near(&account, nonce)?;
        }
        let payload = {
            let parts = inherited_implication.parts();
            let implication = (
                parts.base,
                (&self.inner, parts.explicit),
                (&implicit, parts.implicit),
            );
            transaction_payload(proof.identifier, &implication)
        };
        let mut origin = T::RuntimeOrigin::from(RawOrigin::Signed(account));
        Form::restrict(&mut origin);
        let valid = self.inner.validate(
            origin,
            call,
            info,
            len,
            implicit,
            inherited_implication,
            source,
        )?;
        Pallet::<T>::check_transaction_signature(proof, &payload)?;
        Ok(valid)
    }

    fn prepare(
        self,
        val: Self::Val,
        origin: &T::RuntimeOrigin,
        call: &T::RuntimeCall,
        info: &DispatchInfoOf<T::RuntimeCall>,
        len: usize,
    ) -> Result<Self::Pre, TransactionValidityError> {
        self.inner.prepare(val, origin, call, info, len)
    }

    fn post_dispatch_details(
        pre: Self::Pre,
        info: &DispatchInfoOf<T::RuntimeCall>,
        post_info: &PostDispatchInfoOf<T::RuntimeCall>,
        len: usize,
        result: &DispatchResult,
    ) -> Result<Weight, TransactionValidityError> {
        Inner::post_dispatch_details(pre, info, post_info, len, result)
    }

    // A tuple's own way gives each extension what the one before it left, which the default would not.
    fn post_dispatch(
        pre: Self::Pre,
        info: &DispatchInfoOf<T::RuntimeCall>,
        post_info: &mut PostDispatchInfoOf<T::RuntimeCall>,
        len: usize,
        result: &DispatchResult,
    ) -> Result<(), TransactionValidityError> {
        Inner::post_dispatch(pre, info, post_info, len, result)
    }
}
