//! Tests, one file for each call, and one for the answers.

mod register;
mod verify;

use allod_identity::{Identifier, RegisterArguments, SignatureAlgorithm, SignedRequest};
use allod_x509::{ParsedCertificate, SigningKey, builder::CertificateBuilder};

use crate::{
    mock::{AutoId, GENESIS, RuntimeOrigin},
    types::CertificateBytes,
};

pub fn ed25519(seed: u8) -> SigningKey {
    SigningKey::ed25519([seed; 32])
}

pub fn p256(scalar: u8) -> SigningKey {
    SigningKey::p256([scalar; 32]).unwrap()
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

    pub fn submit(&self, payer: u64) -> sp_runtime::DispatchResult {
        self.submit_with(payer, self.request())
    }

    pub fn submit_with(&self, payer: u64, request: SignedRequest) -> sp_runtime::DispatchResult {
        let certificate: CertificateBytes = self.certificate.clone().try_into().unwrap();
        let origin = RuntimeOrigin::signed(payer);
        AutoId::register(origin, certificate, self.algorithm, request)
    }
}
