//! From what the primitives say to what the chain says.

use allod_identity::RequestError;
use allod_x509::{CertificateError, crl::CrlError};

use crate::pallet::Error;

impl<T> From<RequestError> for Error<T> {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::NotRegistered => Self::IssuerNotRegistered,
            RequestError::Expired => Self::RequestExpired,
            RequestError::WrongNonce => Self::WrongNonce,
            RequestError::NonceOverflow => Self::NonceOverflow,
            RequestError::WrongAlgorithm => Self::RequestAlgorithmWrong,
            RequestError::AlgorithmRetired => Self::RequestAlgorithmRetired,
            RequestError::ActorExpired => Self::IssuerExpired,
            RequestError::ActorOnHold => Self::IssuerOnHold,
            RequestError::ActorRevoked => Self::IssuerRevoked,
            RequestError::ActorDeactivated => Self::IssuerDeactivated,
            RequestError::SignatureInvalid => Self::RequestSignatureInvalid,
        }
    }
}

impl<T> From<CrlError> for Error<T> {
    fn from(error: CrlError) -> Self {
        match error {
            CrlError::Form(CertificateError::UnknownCriticalExtension(_)) => {
                Self::CrlUnknownCriticalExtension
            }
            CrlError::Form(_) | CrlError::Time(_) => Self::CrlMalformed,
            CrlError::TooLong { .. } => Self::CrlTooLong,
            CrlError::Version => Self::CrlVersion,
            CrlError::NextUpdateMissing | CrlError::UpdatesReversed { .. } => Self::CrlUpdates,
            CrlError::NoEntries => Self::CrlNoEntries,
            CrlError::DuplicateEntry => Self::CrlDuplicateEntry,
            CrlError::NumberMissing | CrlError::NumberRange => Self::CrlNumber,
            CrlError::Delta | CrlError::Indirect | CrlError::IssuingDistributionPoint => {
                Self::CrlPartial
            }
            CrlError::Reason(_) => Self::CrlReason,
            CrlError::SecondOpinion => Self::CrlRefused,
            CrlError::IssuerName | CrlError::KeyIdentifiers => Self::CrlIssuerMismatch,
            CrlError::CrlSign => Self::CrlSignMissing,
            CrlError::Signature(_) => Self::CrlSignatureInvalid,
        }
    }
}
