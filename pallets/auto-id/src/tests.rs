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
mod transactions;
mod traps;
mod verify;
mod veto_recovery;

use allod_identity::{
    CallArguments, Consent, Consents, GuardianSet, Identifier, IdentityRequest, Possession, Serial,
    SignatureAlgorithm, SignedRequest,
    request::arguments::{
        CoIssueArguments, RenewArguments, RevokeArguments, SetGuardiansArguments,
    },
};
use allod_x509::{
    ParsedCertificate, SigningKey,
    builder::{CertificateBuilder, basic_constraints, name},
};
use frame_support::{
    dispatch::{DispatchResultWithPostInfo, PostDispatchInfo},
    storage::with_storage_layer,
};
use sp_runtime::{DispatchError, DispatchErrorWithPostInfo, DispatchResult};

use crate::{mock::*, pallet::Error, types::CertificateBytes};

impl Somebody {
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
            signature: signature(&self.key, &payload.to_bytes()),
        }
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

    pub fn set_guardians(&self, payer: Account, guardians: Option<GuardianSet>) -> DispatchResult {
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
    pub fn submit(&self, payer: Account) -> DispatchResultWithPostInfo {
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
            signature: signature(&self.new_key, &payload.to_bytes()),
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

/// Asserts that a call fails so and changes nothing.
#[track_caller]
pub fn refuses<Output, E: Failure>(call: impl FnOnce() -> Result<Output, E>, error: Error<Test>) {
    changes_nothing(call, error.into());
}
