//! Tests, one file for each call, one for the answers, one for the form of certificates, and one for what
//! other registries of this kind fell for.

mod approve_recovery;
mod certificate_form;
mod deactivate;
mod execute_recovery;
mod lookup;
mod open_recovery;
mod random;
mod reclaim_recovery;
mod register;
mod register_issued;
mod renew;
mod reparent;
mod set_controller;
mod set_guardians;
mod set_services;
mod state_size;
mod states;
mod traps;
mod verify;
mod veto_recovery;

use allod_identity::{
    CallArguments, Consent, Consents, GuardianSet, Identifier, IdentityRequest, Possession,
    RegisterArguments, RevocationReason, Serial, SignatureAlgorithm, SignedRequest,
    request::arguments::{
        CoIssueArguments, HoldArguments, RegisterIssuedArguments, ReleaseArguments, RenewArguments,
        RevokeArguments, SetGuardiansArguments,
    },
};
use allod_x509::{
    ParsedCertificate, SigningKey,
    builder::{CertificateBuilder, basic_constraints, name},
};
use frame_support::{
    assert_noop,
    dispatch::{DispatchResultWithPostInfo, PostDispatchInfo},
    storage::with_storage_layer,
};
use sp_runtime::{DispatchError, DispatchErrorWithPostInfo, DispatchResult};

use crate::{
    mock::{AutoId, GENESIS, PAYER, Revocation, RuntimeOrigin, Test},
    pallet::Error,
    types::CertificateBytes,
};

pub fn ed25519(seed: u8) -> SigningKey {
    SigningKey::ed25519([seed; 32])
}

pub fn p256(scalar: u8) -> SigningKey {
    SigningKey::p256([scalar; 32]).unwrap()
}

pub fn p384(scalar: u8) -> SigningKey {
    SigningKey::p384([scalar; 48]).unwrap()
}

/// The one RSA key of the tests: it has 4,096 bits.
pub fn rsa() -> SigningKey {
    SigningKey::from_pkcs8(include_bytes!("benchmarking/rsa-4096.key.der")).unwrap()
}

/// Everything that a registration is made of; a test changes one part.
#[derive(Clone)]
pub struct Registration {
    pub certificate: Vec<u8>,
    pub algorithm: SignatureAlgorithm,
    pub key: SigningKey,
    pub genesis: [u8; 32],
    pub call: &'static str,
    pub nonce: u64,
    pub valid_until: u32,
}

impl Registration {
    pub fn of(key: &SigningKey, builder: &CertificateBuilder) -> Self {
        Self {
            certificate: builder.sign_self(key),
            algorithm: key.algorithm(),
            key: key.clone(),
            genesis: GENESIS.0,
            call: "register",
            nonce: 0,
            valid_until: 10,
        }
    }

    /// An agent with this key.
    pub fn agent(key: &SigningKey) -> Self {
        Self::of(key, &CertificateBuilder::self_issued("agent"))
    }

    pub fn identifier(&self) -> Identifier {
        Identifier::of(&ParsedCertificate::parse(&self.certificate).unwrap())
    }

    /// The request, signed by the key over these very parts.
    pub fn request(&self) -> SignedRequest {
        let arguments = RegisterArguments {
            certificate: &self.certificate,
            algorithm: self.algorithm,
        };
        // What cannot be read has no identifier that matters.
        let identifier = ParsedCertificate::parse(&self.certificate)
            .map_or(Identifier([0; 32]), |parsed| Identifier::of(&parsed));
        let mut payload = arguments.payload(self.genesis, identifier, self.valid_until);
        payload.call = self.call;
        payload.nonce = self.nonce;
        SignedRequest {
            nonce: self.nonce,
            valid_until: self.valid_until,
            signature: self.key.sign(&payload.to_bytes()).try_into().unwrap(),
        }
    }

    pub fn submit(&self, payer: u64) -> DispatchResult {
        self.submit_with(payer, self.request())
    }

    pub fn submit_with(&self, payer: u64, request: SignedRequest) -> DispatchResult {
        let certificate: CertificateBytes = self.certificate.clone().try_into().unwrap();
        let origin = RuntimeOrigin::signed(payer);
        AutoId::register(origin, certificate, self.algorithm, request)
    }
}

pub const VALID_UNTIL: u32 = 1_000_000_000;

/// Somebody with a name and a key, and an identity once it is registered.
#[derive(Clone)]
pub struct Somebody {
    pub identifier: Identifier,
    pub name: String,
    pub key: SigningKey,
    pub serial: u8,
}

/// A certificate of `subject`'s key by `issuer`'s, with these names, changed as a test likes.
pub fn certificate(
    subject: (&str, &SigningKey),
    issuer: (&str, &SigningKey),
    serial: u8,
    change: impl FnOnce(&mut CertificateBuilder),
) -> Vec<u8> {
    let mut builder = CertificateBuilder::self_issued(subject.0);
    builder.issuer = name(&[issuer.0]);
    builder.serial = vec![serial];
    builder.extensions = vec![basic_constraints(true, None)];
    change(&mut builder);
    builder.sign(&subject.1.spki(), issuer.1)
}

pub fn as_it_is(_: &mut CertificateBuilder) {}

/// The first identity of a test's tree: a root.
pub fn root(name: &str, seed: u8) -> Somebody {
    root_with(name, ed25519(seed), as_it_is)
}

pub fn root_with(
    name: &str,
    key: SigningKey,
    change: impl FnOnce(&mut CertificateBuilder),
) -> Somebody {
    let der = certificate((name, &key), (name, &key), 1, change);
    let mut registration = Registration::agent(&key);
    registration.certificate = der;
    registration.valid_until = VALID_UNTIL;
    registration.submit(PAYER).unwrap();
    Somebody {
        identifier: registration.identifier(),
        name: name.into(),
        key,
        serial: 1,
    }
}

impl Somebody {
    /// A certificate that this identity issues.
    pub fn issue(&self, subject: &str, key: &SigningKey, serial: u8) -> Vec<u8> {
        self.issue_with(subject, key, serial, as_it_is)
    }

    pub fn issue_with(
        &self,
        subject: &str,
        key: &SigningKey,
        serial: u8,
        change: impl FnOnce(&mut CertificateBuilder),
    ) -> Vec<u8> {
        certificate((subject, key), (&self.name, &self.key), serial, change)
    }

    /// A registered child.
    pub fn child(&self, name: &str, seed: u8, serial: u8) -> Somebody {
        let key = ed25519(seed);
        let der = self.issue(name, &key, serial);
        register_issued(&key, &der, self, &[]).unwrap();
        Somebody {
            identifier: identifier_of(&der),
            name: name.into(),
            key,
            serial,
        }
    }

    /// A request for a call, with the nonce of now.
    pub fn sign(&self, arguments: &impl CallArguments) -> IdentityRequest {
        sign_with(&self.key, self.identifier, arguments)
    }

    /// A co-issuer's consent.
    pub fn consent(&self, certificate: &[u8], issuer: Identifier) -> Consent {
        let arguments = CoIssueArguments {
            certificate_hash: identifier_of(certificate).0,
            issuer,
        };
        let payload = arguments.payload_of(GENESIS.0, self.identifier, 0, VALID_UNTIL);
        Consent {
            co_issuer: self.identifier,
            algorithm: self.key.algorithm(),
            valid_until: VALID_UNTIL,
            signature: self.key.sign(&payload.to_bytes()).try_into().unwrap(),
        }
    }

    pub fn revoke(&self, serial: u8, reason: RevocationReason) -> DispatchResult {
        let serial = Serial::try_from(vec![serial]).unwrap();
        let arguments = RevokeArguments {
            serial: &serial,
            reason,
        };
        let request = self.sign(&arguments);
        Revocation::revoke(RuntimeOrigin::signed(PAYER), serial, reason, request)
    }

    pub fn hold(&self, serial: u8) -> DispatchResult {
        let serial = Serial::try_from(vec![serial]).unwrap();
        let request = self.sign(&HoldArguments { serial: &serial });
        Revocation::hold(RuntimeOrigin::signed(PAYER), serial, request)
    }

    pub fn release(&self, serial: u8) -> DispatchResult {
        let serial = Serial::try_from(vec![serial]).unwrap();
        let request = self.sign(&ReleaseArguments { serial: &serial });
        Revocation::release(RuntimeOrigin::signed(PAYER), serial, request)
    }

    /// Names guardians.
    pub fn guard(&self, guardians: &[&Somebody], threshold: u8, delay: u32) -> DispatchResult {
        let members: Vec<_> = guardians
            .iter()
            .map(|guardian| guardian.identifier)
            .collect();
        let set = GuardianSet {
            members: members.try_into().unwrap(),
            threshold,
            delay,
        };
        self.set_guardians(PAYER, Some(set))
    }

    pub fn set_guardians(&self, payer: u64, guardians: Option<GuardianSet>) -> DispatchResult {
        let arguments = SetGuardiansArguments {
            identifier: self.identifier,
            guardians: &guardians,
        };
        let request = self.sign(&arguments);
        let origin = RuntimeOrigin::signed(payer);
        AutoId::set_guardians(origin, self.identifier, guardians, request)
    }

    /// A renewal of this identity, to be changed and submitted.
    pub fn renewal(&self, certificate: Vec<u8>, new_key: &SigningKey) -> Renewal {
        Renewal {
            identifier: self.identifier,
            certificate,
            authority: self.clone(),
            new_key: new_key.clone(),
            algorithm: SignatureAlgorithm::Ed25519,
            consents: vec![],
            compromised_after: None,
            shows_possession: true,
        }
    }

    /// What stands in the way of this identity.
    pub fn failure(&self) -> Option<(allod_identity::Check, allod_identity::Reason)> {
        let report = AutoId::verify(self.identifier, None, None, None);
        report
            .failure
            .map(|failure| (failure.check, failure.reason))
    }

    pub fn holds(&self) -> bool {
        self.failure().is_none()
    }
}

pub fn identifier_of(certificate: &[u8]) -> Identifier {
    Identifier::of(&ParsedCertificate::parse(certificate).unwrap())
}

/// A request for a call by any key in an identity's name, with the nonce of now.
pub fn sign_with(
    key: &SigningKey,
    identifier: Identifier,
    arguments: &impl CallArguments,
) -> IdentityRequest {
    let nonce = AutoId::next_nonce(identifier);
    let payload = arguments.payload_of(GENESIS.0, identifier, nonce, VALID_UNTIL);
    IdentityRequest {
        identifier,
        algorithm: key.algorithm(),
        request: SignedRequest {
            nonce,
            valid_until: VALID_UNTIL,
            signature: key.sign(&payload.to_bytes()).try_into().unwrap(),
        },
    }
}

/// Registers an issued certificate.
pub fn register_issued(
    key: &SigningKey,
    der: &[u8],
    issuer: &Somebody,
    consents: &[Consent],
) -> DispatchResultWithPostInfo {
    let algorithm = issuer.key.algorithm();
    let arguments = RegisterIssuedArguments {
        certificate: der,
        algorithm,
        issuer: issuer.identifier,
        co_issuers: consents.iter().map(|consent| consent.co_issuer).collect(),
    };
    let payload = arguments.payload_of(GENESIS.0, identifier_of(der), 0, VALID_UNTIL);
    let request = SignedRequest {
        nonce: 0,
        valid_until: VALID_UNTIL,
        signature: key.sign(&payload.to_bytes()).try_into().unwrap(),
    };
    AutoId::register_issued(
        RuntimeOrigin::signed(PAYER),
        der.to_vec().try_into().unwrap(),
        algorithm,
        issuer.identifier,
        consents.to_vec().try_into().unwrap(),
        key.algorithm(),
        request,
    )
}

/// Everything that a renewal is made of; a test changes one part.
#[derive(Clone)]
pub struct Renewal {
    pub identifier: Identifier,
    pub certificate: Vec<u8>,
    pub authority: Somebody,
    pub new_key: SigningKey,
    pub algorithm: SignatureAlgorithm,
    pub consents: Vec<Consent>,
    pub compromised_after: Option<u32>,
    pub shows_possession: bool,
}

impl Renewal {
    pub fn submit(&self, payer: u64) -> DispatchResultWithPostInfo {
        let arguments = RenewArguments {
            identifier: self.identifier,
            certificate: &self.certificate,
            algorithm: self.algorithm,
            compromised_after: self.compromised_after,
        };
        let request = self.authority.sign(&arguments);
        let payload = arguments.payload_of(
            GENESIS.0,
            self.authority.identifier,
            request.request.nonce,
            VALID_UNTIL,
        );
        let possession = self.shows_possession.then(|| Possession {
            algorithm: self.new_key.algorithm(),
            signature: self.new_key.sign(&payload.to_bytes()).try_into().unwrap(),
        });
        AutoId::renew(
            RuntimeOrigin::signed(payer),
            self.identifier,
            self.certificate.clone().try_into().unwrap(),
            self.algorithm,
            Consents::try_from(self.consents.clone()).unwrap(),
            self.compromised_after,
            possession,
            request,
        )
    }
}

/// How the two kinds of calls fail.
pub trait Failure {
    fn cause(self) -> DispatchError;
}

impl Failure for DispatchError {
    fn cause(self) -> DispatchError {
        self
    }
}

impl Failure for DispatchErrorWithPostInfo<PostDispatchInfo> {
    fn cause(self) -> DispatchError {
        self.error
    }
}

/// Makes a call as an extrinsic does: what it changed is undone if it fails.
pub fn dispatch<Output, E: Failure>(
    call: impl FnOnce() -> Result<Output, E>,
) -> Result<(), DispatchError> {
    with_storage_layer(|| call().map(|_| ()).map_err(Failure::cause))
}

/// Asserts that a call fails so and changes nothing.
#[track_caller]
pub fn refuses<Output, E: Failure>(call: impl FnOnce() -> Result<Output, E>, error: Error<Test>) {
    assert_noop!(dispatch(call), DispatchError::from(error));
}

/// Makes a call and undoes it. How it fails; nothing if it does not.
pub fn tried<Output, E: Failure>(
    call: impl FnOnce() -> Result<Output, E>,
) -> Option<DispatchError> {
    let undone: Result<(), Option<DispatchError>> =
        with_storage_layer(|| Err(call().err().map(Failure::cause)));
    undone.unwrap_err()
}
