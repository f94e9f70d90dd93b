//! Benchmarks: each call, lists by their entries, one signature by each kind of key. The issuer has
//! revoked a thousand certificates before, and its own is nearly as long as one can be. Whatever is
//! replaced was paid for by another account, so that both accounts are written. A list's bytes beyond its entries are weighed as entries of
//! the shortest kind, for the cost of reading them is what an entry costs at least.

use alloc::{vec, vec::Vec};

use allod_identity::{
    CallArguments, Identifier, IdentityAuthority, IdentityRequest, MAX_CRL_SIZE, RevocationReason,
    Serial, SignedRequest,
    request::arguments::{HoldArguments, PublishCrlArguments, ReleaseArguments, RevokeArguments},
};
use allod_x509::{
    ParsedCertificate, SigningKey,
    builder::{CertificateBuilder, name},
    crl::{CrlBuilder, CrlEntry, assemble},
};
use frame_benchmarking::v2::*;
use frame_support::traits::{Consideration, Footprint};
use frame_system::RawOrigin;

use crate::{
    pallet::{Call, Config, Crls, Issuers, Pallet, Statuses},
    types::{
        CrlBytes, CrlNumber, CrlRecord, CrlSummary, Status, StatusRecord, Ticket, crl_footprint,
        status_footprint,
    },
};

/// PKCS#8 of an RSA key of 4,096 bits.
const RSA_KEY: &[u8] = include_bytes!("../../../primitives/x509/tests/data/rsa-4096.key.der");
/// What the issuer has revoked before.
const REVOKED_BEFORE: u32 = 1_000;
/// The serial number that the benchmarks are about.
const SERIAL: &[u8] = &[7];
/// Parts of the issuer's name, which is in its certificate twice: about 3.9 KiB in all.
const NAME_PARTS: usize = 150;

fn stop<E>(why: &'static str) -> impl FnOnce(E) -> BenchmarkError {
    move |_| BenchmarkError::Stop(why)
}

fn serial_of(bytes: &[u8]) -> Result<Serial, BenchmarkError> {
    bytes.to_vec().try_into().map_err(stop("serial"))
}

/// The serial number of an entry of a list.
fn listed(number: u32) -> Vec<u8> {
    let [_, _, high, low] = number.to_be_bytes();
    vec![1, high, low]
}

/// Who paid for what was there before.
fn former_payer<T: Config>(number: u32) -> T::AccountId {
    account("former payer", number, 0)
}

/// An issuer that has revoked a thousand certificates.
struct Issuer {
    identifier: Identifier,
    key: SigningKey,
    name: Vec<u8>,
}

impl Issuer {
    fn new<T: Config>(caller: &T::AccountId) -> Result<Self, BenchmarkError> {
        for _ in 0..20 {
            T::Consideration::ensure_successful(caller, Footprint::from_parts(1, 40_000));
        }
        let key = SigningKey::ed25519([7; 32]);
        let name = name(&["x"; NAME_PARTS]);
        let mut builder = CertificateBuilder::self_issued("issuer");
        builder.not_before = 0;
        builder.issuer = name.clone();
        builder.subject = name.clone();
        let identifier = T::Identities::register_for_benchmark(&builder.sign_self(&key))
            .ok_or(BenchmarkError::Stop("the issuer is not registered"))?;
        for number in 0..REVOKED_BEFORE {
            let serial = serial_of(&[&[0x7f][..], &number.to_be_bytes()].concat())?;
            Self::insert::<T>(caller, identifier, &serial, Self::revoked())?;
        }
        Issuers::<T>::mutate(identifier, |record| record.revoked = REVOKED_BEFORE);
        Ok(Self {
            identifier,
            key,
            name,
        })
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

    /// Puts a certificate on hold, paid for by an account of its own.
    fn hold<T: Config>(&self, serial: &Serial, payer: u32) -> Result<(), BenchmarkError> {
        let status = Status::OnHold {
            since: 0,
            confirmed: 0,
        };
        Self::insert::<T>(&former_payer::<T>(payer), self.identifier, serial, status)
    }

    /// A list that somebody else published before, made at this time.
    fn published<T: Config>(&self, this_update: u64) -> Result<(), BenchmarkError> {
        let crl = CrlBytes::try_from(vec![0; MAX_CRL_SIZE as usize])
            .map_err(stop("the list is too long"))?;
        let payer = former_payer::<T>(u32::MAX);
        T::Consideration::ensure_successful(&payer, crl_footprint::<T>(&crl));
        let ticket = Ticket::new(payer, crl_footprint::<T>(&crl))?;
        Crls::<T>::insert(self.identifier, CrlRecord { crl, ticket });
        let number: CrlNumber = serial_of(&[1])?;
        Issuers::<T>::mutate(self.identifier, |record| {
            record.crl = Some(CrlSummary {
                number,
                this_update,
                next_update: this_update.saturating_add(1),
                published_at: 0_u32.into(),
                revoked: 0,
            });
        });
        Ok(())
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

    /// A list of so many revocations.
    fn list(&self, entries: u32) -> Result<CrlBytes, BenchmarkError> {
        let serials: Vec<Vec<u8>> = (0..entries).map(listed).collect();
        let builder = CrlBuilder {
            issuer: &self.name,
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
                    reason: RevocationReason::Unspecified.into(),
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
    let message = vec![0x5a; MAX_CRL_SIZE as usize];
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
        let serial = serial_of(SERIAL)?;
        issuer.hold::<T>(&serial, 0)?;
        let reason = RevocationReason::KeyCompromise;
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
        let serial = serial_of(SERIAL)?;
        // A list has released it.
        issuer.hold::<T>(&serial, 0)?;
        issuer.published::<T>(1)?;
        let request = issuer.sign::<T>(&HoldArguments { serial: SERIAL });

        #[extrinsic_call]
        _(RawOrigin::Signed(caller), serial.clone(), request);

        assert!(Statuses::<T>::contains_key(issuer.identifier, &serial));
        Ok(())
    }

    #[benchmark]
    fn release() -> Result<(), BenchmarkError> {
        let caller: T::AccountId = whitelisted_caller();
        let issuer = Issuer::new::<T>(&caller)?;
        let serial = serial_of(SERIAL)?;
        issuer.hold::<T>(&serial, 0)?;
        let request = issuer.sign::<T>(&ReleaseArguments { serial: SERIAL });

        #[extrinsic_call]
        _(RawOrigin::Signed(caller), serial.clone(), request);

        assert!(!Statuses::<T>::contains_key(issuer.identifier, &serial));
        Ok(())
    }

    #[benchmark]
    fn reclaim() -> Result<(), BenchmarkError> {
        let caller: T::AccountId = whitelisted_caller();
        let issuer = Issuer::new::<T>(&caller)?;
        let serial = serial_of(SERIAL)?;
        issuer.hold::<T>(&serial, 0)?;
        issuer.published::<T>(1)?;

        #[extrinsic_call]
        _(RawOrigin::Signed(caller), issuer.identifier, serial.clone());

        assert!(!Statuses::<T>::contains_key(issuer.identifier, &serial));
        Ok(())
    }

    #[benchmark]
    fn publish_crl(n: Linear<0, 1_300>) -> Result<(), BenchmarkError> {
        let caller: T::AccountId = whitelisted_caller();
        let issuer = Issuer::new::<T>(&caller)?;
        // Every entry revokes what is on hold, each hold paid for by another account.
        for number in 0..n {
            T::Consideration::ensure_successful(&caller, status_footprint::<T>());
            issuer.hold::<T>(&serial_of(&listed(number))?, number)?;
        }
        issuer.published::<T>(0)?;
        let crl = issuer.list(n)?;
        let algorithm = issuer.key.algorithm();
        let request = issuer.sign::<T>(&PublishCrlArguments {
            crl: &crl,
            algorithm,
        });

        #[extrinsic_call]
        _(RawOrigin::Signed(caller), crl, algorithm, n, request);

        let revoked = Issuers::<T>::get(issuer.identifier).revoked;
        assert_eq!(revoked, REVOKED_BEFORE + n);
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
