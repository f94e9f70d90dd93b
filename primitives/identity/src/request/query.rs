//! From a call that is asked for to the payload that its request signs.

use crate::{
    Identifier, Services,
    api::PayloadQuery,
    request::{
        CallArguments, RequestPayload,
        arguments::{
            ApproveRecoveryArguments, CoIssueArguments, DeactivateArguments,
            ExecuteRecoveryArguments, HoldArguments, OpenRecoveryArguments, PublishCrlArguments,
            RegisterArguments, RegisterIssuedArguments, ReleaseArguments, RenewArguments,
            ReparentArguments, RevokeArguments, SetControllerArguments, SetGuardiansArguments,
            SetServicesArguments, VetoRecoveryArguments,
        },
    },
};

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

/// A query with more services than [`MAX_SERVICES`](crate::MAX_SERVICES), which no call takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "more services than an identity may have: at most {}",
    crate::MAX_SERVICES
)]
pub struct TooManyServices;

impl PayloadQuery {
    /// What `actor` signs for this call, with the arguments in the order of [`super::arguments`].
    pub fn request(
        &self,
        actor: Identifier,
        terms: Terms,
    ) -> Result<RequestPayload<'static>, TooManyServices> {
        let by = Actor { actor, terms };
        Ok(match *self {
            Self::Register {
                ref certificate,
                algorithm,
            } => by.signs(&RegisterArguments {
                certificate,
                algorithm,
            }),
            Self::RegisterIssued {
                ref certificate,
                algorithm,
                issuer,
                ref co_issuers,
            } => by.signs(&RegisterIssuedArguments {
                certificate,
                algorithm,
                issuer,
                co_issuers: co_issuers.clone(),
            }),
            Self::CoIssue {
                co_issuer: _,
                certificate_hash,
                issuer,
            } => by.signs(&CoIssueArguments {
                certificate_hash,
                issuer,
            }),
            Self::Renew {
                identifier,
                ref certificate,
                algorithm,
                compromised_after,
            } => by.signs(&RenewArguments {
                identifier,
                certificate,
                algorithm,
                compromised_after,
            }),
            Self::Reparent {
                identifier,
                ref certificate,
                algorithm,
                issuer,
                ref co_issuers,
            } => by.signs(&ReparentArguments {
                identifier,
                certificate,
                algorithm,
                issuer,
                co_issuers: co_issuers.clone(),
            }),
            Self::Deactivate { identifier } => by.signs(&DeactivateArguments { identifier }),
            Self::SetController {
                identifier,
                controller,
            } => by.signs(&SetControllerArguments {
                identifier,
                controller,
            }),
            Self::SetGuardians {
                identifier,
                ref guardians,
            } => by.signs(&SetGuardiansArguments {
                identifier,
                guardians,
            }),
            Self::OpenRecovery {
                guardian: _,
                identifier,
                certificate_hash,
                compromised_after,
            } => by.signs(&OpenRecoveryArguments {
                identifier,
                certificate_hash,
                compromised_after,
            }),
            Self::ApproveRecovery {
                guardian: _,
                identifier,
                number,
                certificate_hash,
            } => by.signs(&ApproveRecoveryArguments {
                identifier,
                number,
                certificate_hash,
            }),
            Self::VetoRecovery { identifier, number } => {
                by.signs(&VetoRecoveryArguments { identifier, number })
            }
            Self::ExecuteRecovery {
                identifier,
                number,
                ref certificate,
                algorithm,
            } => by.signs(&ExecuteRecoveryArguments {
                identifier,
                number,
                certificate,
                algorithm,
            }),
            Self::SetServices {
                identifier,
                ref services,
            } => by.signs(&SetServicesArguments {
                identifier,
                services: &Services::try_from(services.clone()).map_err(|_| TooManyServices)?,
            }),
            Self::Revoke {
                issuer: _,
                ref serial,
                reason,
            } => by.signs(&RevokeArguments { serial, reason }),
            Self::Hold {
                issuer: _,
                ref serial,
            } => by.signs(&HoldArguments { serial }),
            Self::Release {
                issuer: _,
                ref serial,
            } => by.signs(&ReleaseArguments { serial }),
            Self::PublishCrl {
                issuer: _,
                ref crl,
                algorithm,
            } => by.signs(&PublishCrlArguments { crl, algorithm }),
        })
    }
}

/// Who signs, and what the request says beside the call.
struct Actor {
    actor: Identifier,
    terms: Terms,
}

impl Actor {
    fn signs(&self, arguments: &impl CallArguments) -> RequestPayload<'static> {
        let Terms {
            genesis,
            nonce,
            valid_until,
        } = self.terms;
        arguments.payload_of(genesis, self.actor, nonce, valid_until)
    }
}
