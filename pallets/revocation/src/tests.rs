//! Tests, one file for each call, one for the answers, one for the form of lists, and one for the states of
//! issuers.

mod crl_form;
mod hold;
mod issuer_states;
mod lookup;
mod openssl;
mod publish_crl;
mod reclaim;
mod release;
mod revoke;
mod state_size;

use allod_identity::{
    CallArguments, CertificateStatus, CertificateStatuses, Consents, Identifier, IdentityRequest,
    RegisterArguments, RevocationReason, Serial, SignedRequest,
    request::arguments::{
        DeactivateArguments, HoldArguments, PublishCrlArguments, RegisterIssuedArguments,
        ReleaseArguments, RevokeArguments,
    },
};
use allod_x509::{
    ParsedCertificate, SigningKey,
    builder::{CertificateBuilder, name},
    crl::{CrlBuilder, CrlEntry, CrlReason, assemble},
};
use frame_support::{assert_noop, storage::with_storage_layer, traits::fungible::InspectHold};
use sp_runtime::{DispatchError, DispatchResult};

use crate::{mock::*, pallet::Error};

pub const VALID_UNTIL: u32 = 1_000_000_000;

/// An issuer: a root of some name and key, whose own serial number is 1.
pub struct Issuer {
    pub identifier: Identifier,
    pub key: SigningKey,
    pub name: Vec<u8>,
}

pub fn issuer(seed: u8) -> Issuer {
    issuer_with(seed, |_| {})
}

pub fn issuer_with(seed: u8, change: impl FnOnce(&mut CertificateBuilder)) -> Issuer {
    issuer_by(
        SigningKey::ed25519([seed; 32]),
        &format!("issuer {seed}"),
        change,
    )
}

pub fn issuer_by(
    key: SigningKey,
    text: &str,
    change: impl FnOnce(&mut CertificateBuilder),
) -> Issuer {
    let mut builder = CertificateBuilder::self_issued(text);
    change(&mut builder);
    let der = builder.sign_self(&key);
    let identifier = Identifier::of(&ParsedCertificate::parse(&der).unwrap());
    let arguments = RegisterArguments {
        certificate: &der,
        algorithm: key.algorithm(),
    };
    let payload = arguments.payload(GENESIS.0, identifier, VALID_UNTIL);
    let request = SignedRequest {
        nonce: 0,
        valid_until: VALID_UNTIL,
        signature: key.sign(&payload.to_bytes()).try_into().unwrap(),
    };
    let origin = RuntimeOrigin::signed(PAYER);
    let der = der.clone().try_into().unwrap();
    AutoId::register(origin, der, key.algorithm(), request).unwrap();
    Issuer {
        identifier,
        key,
        name: name(&[text]),
    }
}

pub fn serial(bytes: &[u8]) -> Serial {
    bytes.to_vec().try_into().unwrap()
}

impl Issuer {
    /// An authority below this one, registered.
    pub fn child(&self, seed: u8, serial: u8) -> Issuer {
        let key = SigningKey::ed25519([seed; 32]);
        let text = format!("issuer {seed}");
        let mut builder = CertificateBuilder::self_issued(&text);
        builder.issuer = self.name.clone();
        builder.serial = vec![serial];
        let der = builder.sign(&key.spki(), &self.key);
        let identifier = Identifier::of(&ParsedCertificate::parse(&der).unwrap());
        let algorithm = self.key.algorithm();
        let arguments = RegisterIssuedArguments {
            certificate: &der,
            algorithm,
            issuer: self.identifier,
            co_issuers: vec![],
        };
        let payload = arguments.payload_of(GENESIS.0, identifier, 0, VALID_UNTIL);
        let request = SignedRequest {
            nonce: 0,
            valid_until: VALID_UNTIL,
            signature: key.sign(&payload.to_bytes()).try_into().unwrap(),
        };
        AutoId::register_issued(
            RuntimeOrigin::signed(PAYER),
            der.clone().try_into().unwrap(),
            algorithm,
            self.identifier,
            Consents::default(),
            key.algorithm(),
            request,
        )
        .unwrap();
        Issuer {
            identifier,
            key,
            name: name(&[&text]),
        }
    }

    pub fn sign(&self, arguments: &impl CallArguments) -> IdentityRequest {
        let nonce = AutoId::next_nonce(self.identifier);
        let payload = arguments.payload_of(GENESIS.0, self.identifier, nonce, VALID_UNTIL);
        IdentityRequest {
            identifier: self.identifier,
            algorithm: self.key.algorithm(),
            request: SignedRequest {
                nonce,
                valid_until: VALID_UNTIL,
                signature: self.key.sign(&payload.to_bytes()).try_into().unwrap(),
            },
        }
    }

    pub fn revoke(&self, number: &[u8], reason: RevocationReason) -> DispatchResult {
        self.revoke_paid_by(PAYER, number, reason)
    }

    pub fn revoke_paid_by(
        &self,
        payer: u64,
        number: &[u8],
        reason: RevocationReason,
    ) -> DispatchResult {
        let arguments = RevokeArguments {
            serial: number,
            reason,
        };
        let request = self.sign(&arguments);
        let origin = RuntimeOrigin::signed(payer);
        Revocation::revoke(origin, serial(number), reason, request)
    }

    pub fn hold(&self, number: &[u8]) -> DispatchResult {
        let request = self.sign(&HoldArguments { serial: number });
        Revocation::hold(RuntimeOrigin::signed(PAYER), serial(number), request)
    }

    pub fn release(&self, number: &[u8]) -> DispatchResult {
        let request = self.sign(&ReleaseArguments { serial: number });
        Revocation::release(RuntimeOrigin::signed(PAYER), serial(number), request)
    }

    pub fn deactivate(&self) -> DispatchResult {
        let arguments = DeactivateArguments {
            identifier: self.identifier,
        };
        let request = self.sign(&arguments);
        AutoId::deactivate(RuntimeOrigin::signed(PAYER), self.identifier, request)
    }

    /// A list with this number, made now.
    pub fn list(&self, number: u64, entries: &[(u8, CrlReason)]) -> Vec<u8> {
        self.list_made(Revocation::now(), number, entries)
    }

    pub fn list_made(&self, at: u64, number: u64, entries: &[(u8, CrlReason)]) -> Vec<u8> {
        let serials: Vec<_> = entries.iter().map(|(byte, _)| [*byte]).collect();
        let entries = entries
            .iter()
            .zip(&serials)
            .map(|((_, reason), serial)| CrlEntry {
                serial,
                date: at,
                reason: *reason,
            })
            .collect();
        let builder = CrlBuilder {
            issuer: &self.name,
            algorithm: self.key.algorithm(),
            this_update: at,
            next_update: at + 1_000,
            number,
            authority_key_identifier: None,
            entries,
        };
        self.sign_list(&builder)
    }

    pub fn sign_list(&self, builder: &CrlBuilder<'_>) -> Vec<u8> {
        let tbs = builder.tbs().unwrap();
        assemble(&tbs, self.key.algorithm(), &self.key.sign(&tbs))
    }

    pub fn publish(&self, list: &[u8]) -> DispatchResult {
        self.publish_paid_by(PAYER, list, 2_000)
    }

    pub fn publish_paid_by(&self, payer: u64, list: &[u8], entries: u32) -> DispatchResult {
        let algorithm = self.key.algorithm();
        let arguments = PublishCrlArguments {
            crl: list,
            algorithm,
        };
        let request = self.sign(&arguments);
        Revocation::publish_crl(
            RuntimeOrigin::signed(payer),
            list.to_vec().try_into().unwrap(),
            algorithm,
            entries,
            request,
        )
    }

    pub fn status(&self, number: &[u8]) -> Option<CertificateStatus> {
        Revocation::status(self.identifier, number)
    }

    pub fn is_on_hold(&self, number: &[u8]) -> bool {
        matches!(self.status(number), Some(CertificateStatus::OnHold { .. }))
    }

    pub fn is_revoked(&self, number: &[u8]) -> bool {
        matches!(self.status(number), Some(CertificateStatus::Revoked { .. }))
    }
}

/// What a payer has on hold here.
pub fn held(payer: u64) -> u64 {
    Balances::balance_on_hold(&RevocationHold::get(), &payer)
}

/// Asserts that a call, made as an extrinsic makes it, fails so and changes nothing.
#[track_caller]
pub fn refuses(call: impl FnOnce() -> DispatchResult, error: Error<Test>) {
    assert_noop!(with_storage_layer(call), DispatchError::from(error));
}
