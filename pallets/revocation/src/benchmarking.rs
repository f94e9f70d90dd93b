//! Benchmarks: each call, lists by their entries, one signature by each kind of key. The issuer has
//! revoked a thousand certificates before. A list's bytes beyond its entries are weighed as entries of
//! the shortest kind, for the cost of reading them is what an entry costs at least.

use alloc::{vec, vec::Vec};

use allod_identity::{
    CallArguments, Identifier, IdentityAuthority, IdentityRequest, RevocationReason, Serial,
    SignedRequest,
    request::arguments::{HoldArguments, PublishCrlArguments, ReleaseArguments, RevokeArguments},
};
use allod_x509::{
    ParsedCertificate, SigningKey,
    builder::{CertificateBuilder, name},
    crl::{CrlBuilder, CrlEntry, RevocationReason as Listed, assemble},
};
use frame_benchmarking::v2::*;
use frame_support::traits::{Consideration, Footprint};
use frame_system::RawOrigin;

use crate::{
    pallet::{Call, Config, Crls, Issuers, Pallet, Statuses},
    types::{CrlBytes, CrlNumber, CrlSummary, Status, StatusRecord, Ticket, status_footprint},
};

/// PKCS#8 of an RSA key of 4,096 bits.
const RSA_KEY: &[u8] = include_bytes!("benchmarking/rsa-4096.key.der");
/// What the issuer has revoked before.
const REVOKED_BEFORE: u32 = 1_000;
/// The serial number that the benchmarks are about.
const SERIAL: &[u8] = &[7];

fn stop<E>(why: &'static str) -> impl FnOnce(E) -> BenchmarkError {
    move |_| BenchmarkError::Stop(why)
}

fn serial(bytes: &[u8]) -> Result<Serial, BenchmarkError> {
    bytes.to_vec().try_into().map_err(stop("serial"))
}

/// An issuer that has revoked a thousand certificates.
struct Issuer {
    identifier: Identifier,
    key: SigningKey,
}

impl Issuer {
    fn new<T: Config>(caller: &T::AccountId) -> Result<Self, BenchmarkError> {
        for _ in 0..20 {
            T::Consideration::ensure_successful(caller, Footprint::from_parts(1, 40_000));
        }
        let key = SigningKey::ed25519([7; 32]);
        let mut builder = CertificateBuilder::self_issued("issuer");
        builder.not_before = 0;
        let identifier = T::Identities::register_for_benchmark(&builder.sign_self(&key))
            .ok_or(BenchmarkError::Stop("the issuer is not registered"))?;
        for number in 0..REVOKED_BEFORE {
            let serial = serial(&[&[0x7f][..], &number.to_be_bytes()].concat())?;
            Self::insert::<T>(caller, identifier, &serial, Self::revoked())?;
        }
        Issuers::<T>::mutate(identifier, |record| record.revoked = REVOKED_BEFORE);
        Ok(Self { identifier, key })
    }

    fn revoked() -> Status {
        Status::Revoked {
            reason: RevocationReason::Unspecified,
            since: 0,
        }
    }

    fn insert<T: Config>(
        caller: &T::AccountId,
        issuer: Identifier,
        serial: &Serial,
        status: Status,
    ) -> Result<(), BenchmarkError> {
        T::Consideration::ensure_successful(caller, status_footprint::<T>());
        let ticket = Ticket::new(caller.clone(), status_footprint::<T>())?;
        Statuses::<T>::insert(issuer, serial, StatusRecord { status, ticket });
        Ok(())
    }

    /// Puts the benchmarks' certificate on hold.
    fn hold<T: Config>(&self, caller: &T::AccountId) -> Result<(), BenchmarkError> {
        let status = Status::OnHold {
            since: 0,
            confirmed: 0,
        };
        Self::insert::<T>(caller, self.identifier, &serial(SERIAL)?, status)
    }

    fn sign<T: Config>(&self, arguments: &impl CallArguments) -> IdentityRequest {
        let genesis = frame_system::Pallet::<T>::block_hash(
            frame_system::pallet_prelude::BlockNumberFor::<T>::from(0_u32),
        );
        let genesis: &[u8] = genesis.as_ref();
        let genesis: [u8; 32] = genesis.try_into().unwrap_or_default();
        let payload = arguments.payload_of(genesis, self.identifier, 1, u32::MAX);
        IdentityRequest {
            identifier: self.identifier,
            algorithm: self.key.algorithm(),
            request: SignedRequest {
                nonce: 1,
                valid_until: u32::MAX,
                signature: self
                    .key
                    .sign(&payload.to_bytes())
                    .try_into()
                    .unwrap_or_default(),
            },
        }
    }

    /// A list of so many entries that were not known before.
    fn list(&self, entries: u32) -> Result<CrlBytes, BenchmarkError> {
        let serials: Vec<Vec<u8>> = (0..entries)
            .map(|number| [&[1][..], &number.to_be_bytes()[2..]].concat())
            .collect();
        let builder = CrlBuilder {
            issuer: &name(&["issuer"]),
            algorithm: self.key.algorithm(),
            this_update: 0,
            next_update: 1,
            number: 9,
            authority_key_identifier: None,
            entries: serials
                .iter()
                .map(|serial| CrlEntry {
                    serial,
                    date: 0,
                    reason: Listed::Unspecified,
                })
                .collect(),
        };
        let tbs = builder.tbs().map_err(stop("the list is refused"))?;
        assemble(&tbs, self.key.algorithm(), &self.key.sign(&tbs))
            .try_into()
            .map_err(stop("the list is too long"))
    }
}

/// One signature by a key over a message as long as the longest list.
fn message_of(key: &SigningKey) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let der = CertificateBuilder::self_issued("signer").sign_self(key);
    let message = vec![0x5a; 32_768];
    let signature = key.sign(&message);
    (der, message, signature)
}

fn check(key: &SigningKey, parts: &(Vec<u8>, Vec<u8>, Vec<u8>)) -> Result<(), BenchmarkError> {
    let (der, message, signature) = parts;
    let parsed = ParsedCertificate::parse(der).map_err(stop("the certificate is refused"))?;
    parsed
        .verify_message(key.algorithm(), message, signature)
        .map_err(stop("the signature is refused"))
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn revoke() -> Result<(), BenchmarkError> {
        let caller: T::AccountId = whitelisted_caller();
        let issuer = Issuer::new::<T>(&caller)?;
        issuer.hold::<T>(&caller)?;
        let reason = RevocationReason::KeyCompromise;
        let serial = serial(SERIAL)?;
        let request = issuer.sign::<T>(&RevokeArguments {
            serial: SERIAL,
            reason,
        });

        #[extrinsic_call]
        _(RawOrigin::Signed(caller), serial, reason, request);

        let revoked = Issuers::<T>::get(issuer.identifier).revoked;
        assert_eq!(revoked, REVOKED_BEFORE + 1);
        Ok(())
    }

    #[benchmark]
    fn hold() -> Result<(), BenchmarkError> {
        let caller: T::AccountId = whitelisted_caller();
        let issuer = Issuer::new::<T>(&caller)?;
        let serial = serial(SERIAL)?;
        let request = issuer.sign::<T>(&HoldArguments { serial: SERIAL });

        #[extrinsic_call]
        _(RawOrigin::Signed(caller), serial.clone(), request);

        assert!(Statuses::<T>::contains_key(
            issuer.identifier,
            serial(SERIAL)?
        ));
        Ok(())
    }

    #[benchmark]
    fn release() -> Result<(), BenchmarkError> {
        let caller: T::AccountId = whitelisted_caller();
        let issuer = Issuer::new::<T>(&caller)?;
        issuer.hold::<T>(&caller)?;
        let serial = serial(SERIAL)?;
        let request = issuer.sign::<T>(&ReleaseArguments { serial: SERIAL });

        #[extrinsic_call]
        _(RawOrigin::Signed(caller), serial.clone(), request);

        assert!(!Statuses::<T>::contains_key(
            issuer.identifier,
            serial(SERIAL)?
        ));
        Ok(())
    }

    #[benchmark]
    fn reclaim() -> Result<(), BenchmarkError> {
        let caller: T::AccountId = whitelisted_caller();
        let issuer = Issuer::new::<T>(&caller)?;
        issuer.hold::<T>(&caller)?;
        let number: CrlNumber = serial(&[1])?;
        let serial = serial(SERIAL)?;
        Issuers::<T>::mutate(issuer.identifier, |record| {
            record.crl = Some(CrlSummary {
                number,
                this_update: 1,
                next_update: 2,
                published_at: 0_u32.into(),
                revoked: 0,
            });
        });

        #[extrinsic_call]
        _(
            RawOrigin::Signed(caller),
            issuer.identifier,
            serial(SERIAL)?,
        );

        assert!(!Statuses::<T>::contains_key(
            issuer.identifier,
            serial(SERIAL)?
        ));
        Ok(())
    }

    #[benchmark]
    fn publish_crl(n: Linear<0, 1_400>) -> Result<(), BenchmarkError> {
        let caller: T::AccountId = whitelisted_caller();
        let issuer = Issuer::new::<T>(&caller)?;
        for _ in 0..n {
            T::Consideration::ensure_successful(&caller, status_footprint::<T>());
        }
        let crl = issuer.list(n)?;
        let algorithm = issuer.key.algorithm();
        let request = issuer.sign::<T>(&PublishCrlArguments {
            crl: &crl,
            algorithm,
        });

        #[extrinsic_call]
        _(RawOrigin::Signed(caller), crl, algorithm, n, request);

        assert!(Crls::<T>::contains_key(issuer.identifier));
        Ok(())
    }

    #[benchmark]
    fn signature_ed25519() -> Result<(), BenchmarkError> {
        let key = SigningKey::ed25519([7; 32]);
        let parts = message_of(&key);
        #[block]
        {
            check(&key, &parts)?;
        }
        Ok(())
    }

    #[benchmark]
    fn signature_p256() -> Result<(), BenchmarkError> {
        let key = SigningKey::p256([7; 32]).ok_or(BenchmarkError::Stop("7… is below the order"))?;
        let parts = message_of(&key);
        #[block]
        {
            check(&key, &parts)?;
        }
        Ok(())
    }

    #[benchmark]
    fn signature_p384() -> Result<(), BenchmarkError> {
        let key = SigningKey::p384([7; 48]).ok_or(BenchmarkError::Stop("7… is below the order"))?;
        let parts = message_of(&key);
        #[block]
        {
            check(&key, &parts)?;
        }
        Ok(())
    }

    #[benchmark]
    fn signature_rsa() -> Result<(), BenchmarkError> {
        let key = SigningKey::from_pkcs8(RSA_KEY).map_err(stop("the RSA key is refused"))?;
        let parts = message_of(&key);
        #[block]
        {
            check(&key, &parts)?;
        }
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_chain(), crate::mock::Test);
}
