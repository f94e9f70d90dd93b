//! Benchmarks: each call by algorithm and by the certificate's length.

use alloc::vec::Vec;

use allod_identity::{Identifier, RegisterArguments, SignedRequest};
use allod_x509::{
    ParsedCertificate, SigningKey,
    builder::{CertificateBuilder, certificate, extension, name},
};
use frame_benchmarking::v2::*;
use frame_support::traits::Consideration;
use frame_system::RawOrigin;

use crate::{
    pallet::{Call, Config, Identities, Pallet},
    types::{CertificateBytes, footprint},
};

/// A certificate of `length` bytes, or of as many below as its parts can make, and the dearest of that
/// length to read: names of as many short parts as fit.
fn certificate_of(key: &SigningKey, length: usize) -> Vec<u8> {
    let build = |parts: usize, filler: usize| {
        let mut builder = CertificateBuilder::self_issued("");
        builder.not_before = 0;
        builder.issuer = name(&alloc::vec!["x"; parts.max(1)]);
        builder.subject.clone_from(&builder.issuer);
        builder
            .extensions
            .push(extension(&[0x2a, 3], false, &alloc::vec![0; filler]));
        builder.tbs(key.algorithm(), &key.spki())
    };
    let fits = |tbs: &[u8]| certificate(tbs, key.algorithm(), &[0; 72]).len() <= length;
    let mut parts = 1_usize;
    while fits(&build(parts.saturating_add(1), 0)) {
        parts = parts.saturating_add(1);
    }
    let mut filler = 0_usize;
    while fits(&build(parts, filler.saturating_add(1))) {
        filler = filler.saturating_add(1);
    }
    let tbs = build(parts, filler);
    certificate(&tbs, key.algorithm(), &key.sign(&tbs))
}

/// The arguments of `register` for that certificate, and its identifier.
fn registration<T: Config>(
    key: &SigningKey,
    length: u32,
) -> Result<(CertificateBytes, SignedRequest, Identifier), BenchmarkError> {
    let length = usize::try_from(length).map_err(|_| BenchmarkError::Stop("length"))?;
    let der = certificate_of(key, length);
    let parsed = ParsedCertificate::parse(&der)
        .map_err(|_| BenchmarkError::Stop("the certificate is refused"))?;
    let identifier = Identifier::of(&parsed);
    let arguments = RegisterArguments {
        certificate: &der,
        algorithm: key.algorithm(),
    };
    let payload = arguments.payload(Pallet::<T>::genesis_hash(), identifier, u32::MAX);
    let signature = key.sign(&payload.to_bytes());
    let request = SignedRequest {
        nonce: 0,
        valid_until: u32::MAX,
        signature: signature
            .try_into()
            .map_err(|_| BenchmarkError::Stop("the signature is too long"))?,
    };
    let der = der
        .try_into()
        .map_err(|_| BenchmarkError::Stop("the certificate is too long"))?;
    Ok((der, request, identifier))
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn register_ed25519(l: Linear<320, 4096>) -> Result<(), BenchmarkError> {
        let key = SigningKey::ed25519([7; 32]);
        let (der, request, identifier) = registration::<T>(&key, l)?;
        let caller = whitelisted_caller();
        T::Consideration::ensure_successful(&caller, footprint::<T>(&der));

        #[extrinsic_call]
        register(RawOrigin::Signed(caller), der, key.algorithm(), request);

        assert!(Identities::<T>::contains_key(identifier));
        Ok(())
    }

    #[benchmark]
    fn register_p256(l: Linear<320, 4096>) -> Result<(), BenchmarkError> {
        let key = SigningKey::p256([7; 32]).ok_or(BenchmarkError::Stop("7… is below the order"))?;
        let (der, request, identifier) = registration::<T>(&key, l)?;
        let caller = whitelisted_caller();
        T::Consideration::ensure_successful(&caller, footprint::<T>(&der));

        #[extrinsic_call]
        register(RawOrigin::Signed(caller), der, key.algorithm(), request);

        assert!(Identities::<T>::contains_key(identifier));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_chain(), crate::mock::Test);
}
