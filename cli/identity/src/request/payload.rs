//! From what is asked of the chain to the bytes that are signed.
//!
//! A [`PayloadQuery`] names a call and its arguments. What a key signs for it is put together here, from
//! [`allod_identity::request`], and no node is asked for it.

use allod_identity::{
    CallArguments, Identifier, RegisterArguments, RequestPayload, Services,
    api::PayloadQuery,
    request::arguments::{
        ApproveRecoveryArguments, CoIssueArguments, DeactivateArguments, ExecuteRecoveryArguments,
        HoldArguments, OpenRecoveryArguments, PublishCrlArguments, RegisterIssuedArguments,
        ReleaseArguments, RenewArguments, ReparentArguments, RevokeArguments,
        SetControllerArguments, SetGuardiansArguments, SetServicesArguments, VetoRecoveryArguments,
    },
};

/// Why there are no bytes to be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The call takes fewer.
    #[error("more services than an identity may have")]
    TooManyServices,
    /// A query that no request is made of.
    #[error("nothing here signs {0:?}")]
    NoRequest(Box<PayloadQuery>),
}

/// What a request says beside its call: the chain, the number of the request, and how long it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Hash of the chain's genesis block.
    pub genesis: [u8; 32],
    /// The acting identity's nonce.
    pub nonce: u64,
    /// The last block in which the request is valid.
    pub valid_until: u32,
}

impl Terms {
    fn of(self, actor: Identifier, arguments: &impl CallArguments) -> RequestPayload<'static> {
        arguments.payload_of(self.genesis, actor, self.nonce, self.valid_until)
    }
}

/// The bytes that `actor` has to sign.
pub fn payload(
    query: &PayloadQuery,
    actor: Identifier,
    terms: Terms,
) -> Result<Vec<u8>, PayloadError> {
    Ok(request(query, actor, terms)?.to_bytes())
}

/// The calls that bring a certificate.
fn request(
    query: &PayloadQuery,
    actor: Identifier,
    terms: Terms,
) -> Result<RequestPayload<'static>, PayloadError> {
    Ok(match query {
        PayloadQuery::Register {
            certificate,
            algorithm,
        } => terms.of(
            actor,
            &RegisterArguments {
                certificate,
                algorithm: *algorithm,
            },
        ),
        PayloadQuery::RegisterIssued {
            certificate,
            algorithm,
            issuer,
            co_issuers,
        } => terms.of(
            actor,
            &RegisterIssuedArguments {
                certificate,
                algorithm: *algorithm,
                issuer: *issuer,
                co_issuers: co_issuers.clone(),
            },
        ),
        PayloadQuery::Renew {
            identifier,
            certificate,
            algorithm,
            compromised_after,
        } => terms.of(
            actor,
            &RenewArguments {
                identifier: *identifier,
                certificate,
                algorithm: *algorithm,
                compromised_after: *compromised_after,
            },
        ),
        PayloadQuery::Reparent {
            identifier,
            certificate,
            algorithm,
            issuer,
            co_issuers,
        } => terms.of(
            actor,
            &ReparentArguments {
                identifier: *identifier,
                certificate,
                algorithm: *algorithm,
                issuer: *issuer,
                co_issuers: co_issuers.clone(),
            },
        ),
        PayloadQuery::ExecuteRecovery {
            identifier,
            number,
            certificate,
            algorithm,
        } => terms.of(
            actor,
            &ExecuteRecoveryArguments {
                identifier: *identifier,
                number: *number,
                certificate,
                algorithm: *algorithm,
            },
        ),
        other => return request_of_control(other, actor, terms),
    })
}

/// The calls about control, recovery and services, and a co-issuer's consent.
fn request_of_control(
    query: &PayloadQuery,
    actor: Identifier,
    terms: Terms,
) -> Result<RequestPayload<'static>, PayloadError> {
    Ok(match *query {
        PayloadQuery::CoIssue {
            certificate_hash,
            issuer,
            ..
        } => terms.of(
            actor,
            &CoIssueArguments {
                certificate_hash,
                issuer,
            },
        ),
        PayloadQuery::Deactivate { identifier } => {
            terms.of(actor, &DeactivateArguments { identifier })
        }
        PayloadQuery::SetController {
            identifier,
            controller,
        } => terms.of(
            actor,
            &SetControllerArguments {
                identifier,
                controller,
            },
        ),
        PayloadQuery::SetGuardians {
            identifier,
            ref guardians,
        } => terms.of(
            actor,
            &SetGuardiansArguments {
                identifier,
                guardians,
            },
        ),
        PayloadQuery::OpenRecovery {
            identifier,
            certificate_hash,
            compromised_after,
            ..
        } => terms.of(
            actor,
            &OpenRecoveryArguments {
                identifier,
                certificate_hash,
                compromised_after,
            },
        ),
        PayloadQuery::ApproveRecovery {
            identifier,
            number,
            certificate_hash,
            ..
        } => terms.of(
            actor,
            &ApproveRecoveryArguments {
                identifier,
                number,
                certificate_hash,
            },
        ),
        PayloadQuery::VetoRecovery { identifier, number } => {
            terms.of(actor, &VetoRecoveryArguments { identifier, number })
        }
        PayloadQuery::SetServices {
            identifier,
            ref services,
        } => {
            let services =
                &Services::try_from(services.clone()).map_err(|_| PayloadError::TooManyServices)?;
            terms.of(
                actor,
                &SetServicesArguments {
                    identifier,
                    services,
                },
            )
        }
        ref other => return request_of_issuer(other, actor, terms),
    })
}

/// What issuers say about their certificates.
fn request_of_issuer(
    query: &PayloadQuery,
    actor: Identifier,
    terms: Terms,
) -> Result<RequestPayload<'static>, PayloadError> {
    Ok(match query {
        PayloadQuery::Revoke { serial, reason, .. } => terms.of(
            actor,
            &RevokeArguments {
                serial,
                reason: *reason,
            },
        ),
        PayloadQuery::Hold { serial, .. } => terms.of(actor, &HoldArguments { serial }),
        PayloadQuery::Release { serial, .. } => terms.of(actor, &ReleaseArguments { serial }),
        PayloadQuery::PublishCrl { crl, algorithm, .. } => terms.of(
            actor,
            &PublishCrlArguments {
                crl,
                algorithm: *algorithm,
            },
        ),
        // Every other one has been read before.
        other => return Err(PayloadError::NoRequest(Box::new(other.clone()))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_golden::{Golden, call_bytes, calls, requests};
    use std::collections::BTreeSet;

    /// Payloads that OpenSSL signed, put together by other programs.
    #[test]
    fn golden_payloads() {
        let mut seen = BTreeSet::new();
        for golden in requests() {
            let bytes = payload(&golden.query(), golden.actor(), golden.terms()).unwrap();
            assert_eq!(
                hex::encode(bytes),
                golden.text("payload"),
                "{}",
                golden.name()
            );
            seen.insert(golden.name().to_owned());
        }
        assert_eq!(seen.len(), 17, "{seen:?}");
    }

    #[test]
    fn golden_calls() {
        let mut seen = BTreeSet::new();
        for golden in calls() {
            let bytes = payload(&golden.query(), golden.actor(), golden.terms()).unwrap();
            assert_eq!(
                hex::encode(bytes),
                golden.text("payload"),
                "{}",
                golden.name()
            );
            // Lists declare their number of entries; a golden one declares too many on purpose.
            if golden.text("call") == "publish_crl" && golden.declares_too_many() {
                continue;
            }
            let call = call_bytes(golden.query(), golden.signatures()).unwrap();
            assert_eq!(hex::encode(call), golden.text("bytes"), "{}", golden.name());
            seen.insert(golden.name().to_owned());
        }
        assert_eq!(seen.len(), 16, "{seen:?}");
    }

    #[test]
    fn a_consent_is_no_call() {
        let consent = requests()
            .into_iter()
            .find(|golden| golden.name() == "co_issue")
            .unwrap();
        let signatures = calls().first().unwrap().signatures();
        assert_eq!(call_bytes(consent.query(), signatures), None);
    }

    #[test]
    fn too_many_services_are_refused() {
        let services = Golden::services_query(9);
        let terms = Terms {
            genesis: [1; 32],
            nonce: 0,
            valid_until: 1,
        };
        let refused = payload(&services, Identifier([1; 32]), terms);
        assert_eq!(refused, Err(PayloadError::TooManyServices));
    }
}
