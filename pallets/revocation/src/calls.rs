//! The call that a query and its signatures are.

use allod_identity::{api::PayloadQuery, calls::CallSignatures};
use allod_x509::ParsedCrl;

use crate::pallet::{Call, Config, Pallet};

impl<T: Config> Pallet<T> {
    /// The call of this pallet that a query and its signatures are. `None` if it is none of this
    /// pallet's, or if a revocation list cannot be read, whose entries the call declares.
    pub fn call_of(query: PayloadQuery, signatures: CallSignatures) -> Option<Call<T>> {
        let request = signatures.request;
        Some(match query {
            PayloadQuery::Revoke { serial, reason, .. } => Call::revoke {
                serial,
                reason,
                request,
            },
            PayloadQuery::Hold { serial, .. } => Call::hold { serial, request },
            PayloadQuery::Release { serial, .. } => Call::release { serial, request },
            PayloadQuery::PublishCrl { crl, algorithm, .. } => {
                let entries = ParsedCrl::parse(&crl).ok()?.entries().len();
                Call::publish_crl {
                    algorithm,
                    entries: u32::try_from(entries).ok()?,
                    crl: crl.try_into().ok()?,
                    request,
                }
            }
            // A consent is no call.
            PayloadQuery::CoIssue { .. } => return None,
            // Calls of `pallet-auto-id`.
            PayloadQuery::Register { .. }
            | PayloadQuery::RegisterIssued { .. }
            | PayloadQuery::Renew { .. }
            | PayloadQuery::Reparent { .. }
            | PayloadQuery::Deactivate { .. }
            | PayloadQuery::SetController { .. }
            | PayloadQuery::SetGuardians { .. }
            | PayloadQuery::OpenRecovery { .. }
            | PayloadQuery::ApproveRecovery { .. }
            | PayloadQuery::VetoRecovery { .. }
            | PayloadQuery::ExecuteRecovery { .. }
            | PayloadQuery::SetServices { .. } => return None,
        })
    }
}
