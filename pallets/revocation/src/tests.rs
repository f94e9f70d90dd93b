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
    CallArguments, CertificateStatus, CertificateStatuses, Identifier, IdentityRequest,
    RevocationReason, SignedRequest,
    request::arguments::{
        DeactivateArguments, HoldArguments, PublishCrlArguments, RevokeArguments,
    },
};
use allod_x509::{
    builder::name,
    crl::{CrlBuilder, CrlEntry, CrlReason, assemble},
};
use frame_support::{assert_noop, storage::with_storage_layer, traits::fungible::InspectHold};
use sp_runtime::{DispatchError, DispatchResult};

use crate::{mock::*, pallet::Error};

/// An issuer: a root of some name and key, whose own serial number is 1.
pub fn issuer(seed: u8) -> Somebody {
    root(&format!("issuer {seed}"), seed)
}

impl Somebody {
    /// The name in its certificate, DER.
    pub fn subject(&self) -> Vec<u8> {
        name(&[&self.name])
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
            issuer: &self.subject(),
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

    pub fn publish_paid_by(&self, payer: Account, list: &[u8], entries: u32) -> DispatchResult {
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
pub fn held(payer: Account) -> u64 {
    Balances::balance_on_hold(&RevocationHold::get(), &payer)
}

/// Asserts that a call fails so and changes nothing.
#[track_caller]
pub fn refuses(call: impl FnOnce() -> DispatchResult, error: Error<Test>) {
    changes_nothing(call, error.into());
}
