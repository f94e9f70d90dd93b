//! Identities of a chain: people who registered, and what they sign.

use allod_identity::{
    CallArguments, Consent, Identifier, IdentityRequest, RegisterArguments, RevocationReason,
    Serial, SignatureAlgorithm, SignedRequest,
    request::arguments::{
        HoldArguments, RegisterIssuedArguments, ReleaseArguments, RevokeArguments,
    },
};
use allod_test_support::people::{
    Terms, as_it_is, certificate, ed25519, identifier_of, signature, signed_request,
};
use allod_x509::{ParsedCertificate, SigningKey, builder::CertificateBuilder};
use frame_support::{
    assert_noop,
    dispatch::{DispatchResultWithPostInfo, PostDispatchInfo},
    storage::with_storage_layer,
};
use sp_runtime::{DispatchError, DispatchErrorWithPostInfo, DispatchResult};

use super::runtime::{Account, AutoId, GENESIS, PAYER, Revocation, RuntimeOrigin};

pub const VALID_UNTIL: u32 = 1_000_000_000;

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
            signature: signature(&self.key, &payload.to_bytes()),
        }
    }

    pub fn submit(&self, payer: Account) -> DispatchResult {
        self.submit_with(payer, self.request())
    }

    pub fn submit_with(&self, payer: Account, request: SignedRequest) -> DispatchResult {
        let certificate = self.certificate.clone().try_into().unwrap();
        let origin = RuntimeOrigin::signed(payer);
        AutoId::register(origin, certificate, self.algorithm, request)
    }
}

/// Somebody with a name and a key, and an identity once it is registered.
#[derive(Clone)]
pub struct Somebody {
    pub identifier: Identifier,
    pub name: String,
    pub key: SigningKey,
    pub serial: u8,
}

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

    pub fn revoke(&self, number: &[u8], reason: RevocationReason) -> DispatchResult {
        self.revoke_paid_by(PAYER, number, reason)
    }

    pub fn revoke_paid_by(
        &self,
        payer: Account,
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
}

pub fn serial(bytes: &[u8]) -> Serial {
    bytes.to_vec().try_into().unwrap()
}

/// A request for a call by any key in an identity's name, with the nonce of now.
pub fn sign_with(
    key: &SigningKey,
    identifier: Identifier,
    arguments: &impl CallArguments,
) -> IdentityRequest {
    let nonce = AutoId::next_nonce(identifier);
    IdentityRequest {
        identifier,
        algorithm: key.algorithm(),
        request: signed_request(key, identifier, arguments, terms(nonce)),
    }
}

/// Those of a request on this chain.
pub fn terms(nonce: u64) -> Terms {
    Terms {
        genesis_hash: GENESIS.0,
        nonce,
        valid_until: VALID_UNTIL,
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
    let request = signed_request(key, identifier_of(der), &arguments, terms(0));
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
pub fn changes_nothing<Output, E: Failure>(
    call: impl FnOnce() -> Result<Output, E>,
    error: DispatchError,
) {
    assert_noop!(dispatch(call), error);
}

/// Makes a call and undoes it. How it fails; nothing if it does not.
pub fn tried<Output, E: Failure>(
    call: impl FnOnce() -> Result<Output, E>,
) -> Option<DispatchError> {
    let undone: Result<(), Option<DispatchError>> =
        with_storage_layer(|| Err(call().err().map(Failure::cause)));
    undone.unwrap_err()
}
