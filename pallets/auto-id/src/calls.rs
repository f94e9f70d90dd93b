//! The call that a query and its signatures are.

use allod_identity::{Services, api::PayloadQuery, calls::CallSignatures};

use crate::pallet::{Call, Config, Pallet};

impl<T: Config> Pallet<T> {
    /// The call of this pallet that a query and its signatures are. `None` if it is none of this pallet's,
    /// or if an argument is longer than the call takes.
    pub fn call_of(query: PayloadQuery, signatures: CallSignatures) -> Option<Call<T>> {
        let CallSignatures {
            request,
            possession,
            consents,
        } = signatures;
        Some(match query {
            PayloadQuery::Register {
                certificate,
                algorithm,
            } => Call::register {
                certificate: certificate.try_into().ok()?,
                algorithm,
                request: request.request,
            },
            PayloadQuery::RegisterIssued {
                certificate,
                algorithm,
                issuer,
                ..
            } => Call::register_issued {
                certificate: certificate.try_into().ok()?,
                algorithm,
                issuer,
                consents,
                key_algorithm: request.algorithm,
                request: request.request,
            },
            PayloadQuery::Renew {
                identifier,
                certificate,
                algorithm,
                compromised_after,
            } => Call::renew {
                identifier,
                certificate: certificate.try_into().ok()?,
                algorithm,
                consents,
                compromised_after,
                possession,
                request,
            },
            PayloadQuery::Reparent {
                identifier,
                certificate,
                algorithm,
                issuer,
                ..
            } => Call::reparent {
                identifier,
                certificate: certificate.try_into().ok()?,
                algorithm,
                issuer,
                consents,
                request,
            },
            PayloadQuery::ExecuteRecovery {
                identifier,
                number,
                certificate,
                algorithm,
            } => Call::execute_recovery {
                identifier,
                number,
                certificate: certificate.try_into().ok()?,
                algorithm,
                consents,
                request,
            },
            PayloadQuery::Deactivate { identifier } => Call::deactivate {
                identifier,
                request,
            },
            PayloadQuery::SetController {
                identifier,
                controller,
            } => Call::set_controller {
                identifier,
                controller,
                request,
            },
            PayloadQuery::SetGuardians {
                identifier,
                guardians,
            } => Call::set_guardians {
                identifier,
                guardians,
                request,
            },
            PayloadQuery::OpenRecovery {
                identifier,
                certificate_hash,
                compromised_after,
                ..
            } => Call::open_recovery {
                identifier,
                certificate_hash,
                compromised_after,
                request,
            },
            PayloadQuery::ApproveRecovery {
                identifier,
                number,
                certificate_hash,
                ..
            } => Call::approve_recovery {
                identifier,
                number,
                certificate_hash,
                request,
            },
            PayloadQuery::VetoRecovery { identifier, number } => Call::veto_recovery {
                identifier,
                number,
                request,
            },
            PayloadQuery::SetServices {
                identifier,
                services,
            } => Call::set_services {
                identifier,
                services: Services::try_from(services).ok()?,
                request,
            },
            // A consent is no call.
            PayloadQuery::CoIssue { .. } => return None,
            // Calls of `pallet-revocation`.
            PayloadQuery::Revoke { .. }
            | PayloadQuery::Hold { .. }
            | PayloadQuery::Release { .. }
            | PayloadQuery::PublishCrl { .. } => return None,
        })
    }
}
