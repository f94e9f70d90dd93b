//! From what the primitives say to what the chain says.

use allod_identity::{GuardianSetError, RequestError, ServiceError};
use allod_x509::CertificateError;

use crate::pallet::Error;

impl<T> From<CertificateError> for Error<T> {
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::TooLong { .. } => Self::CertificateTooLong,
            CertificateError::Malformed(_) => Self::CertificateMalformed,
            CertificateError::TrailingBytes { .. } => Self::CertificateTrailingBytes,
            CertificateError::Version(_) => Self::CertificateVersion,
            CertificateError::SerialNotPositive => Self::SerialNotPositive,
            CertificateError::SerialTooLong(_) => Self::SerialTooLong,
            CertificateError::AlgorithmMismatch => Self::AlgorithmMismatch,
            CertificateError::UnknownSignatureAlgorithm => Self::UnknownSignatureAlgorithm,
            CertificateError::Sha1 => Self::Sha1,
            CertificateError::PssParameters => Self::PssParameters,
            CertificateError::UnknownKeyAlgorithm => Self::UnknownKeyAlgorithm,
            CertificateError::PssKey => Self::PssKey,
            CertificateError::RsaModulusSize(_) => Self::RsaModulusSize,
            CertificateError::RsaModulusEven => Self::RsaModulusEven,
            CertificateError::RsaExponent => Self::RsaExponent,
            CertificateError::KeyEncoding => Self::KeyEncoding,
            CertificateError::UniqueIdentifier => Self::UniqueIdentifier,
            CertificateError::IssuerEmpty => Self::IssuerEmpty,
            CertificateError::ValidityReversed { .. } => Self::ValidityReversed,
            CertificateError::TooManyExtensions(_) => Self::TooManyExtensions,
            CertificateError::DuplicateExtension => Self::DuplicateExtension,
            CertificateError::UnknownCriticalExtension => Self::UnknownCriticalExtension,
            CertificateError::TooManyAlternativeNames(_) => Self::TooManyAlternativeNames,
            CertificateError::TooManyNameConstraints(_) => Self::TooManyNameConstraints,
            CertificateError::TooManyPurposes(_) => Self::TooManyPurposes,
            CertificateError::ConstraintForm(_) => Self::ConstraintForm,
            CertificateError::MustNotBeCritical(_) => Self::MustNotBeCritical,
            CertificateError::TimeForm => Self::TimeForm,
            CertificateError::SecondOpinion => Self::CertificateRefused,
        }
    }
}

impl<T> From<RequestError> for Error<T> {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::NotRegistered => Self::ActorNotRegistered,
            RequestError::Expired => Self::RequestExpired,
            RequestError::WrongNonce => Self::WrongNonce,
            RequestError::NonceOverflow => Self::NonceOverflow,
            RequestError::WrongAlgorithm => Self::RequestAlgorithmWrong,
            RequestError::AlgorithmRetired => Self::RequestAlgorithmRetired,
            RequestError::ActorExpired => Self::ActorExpired,
            RequestError::ActorOnHold => Self::ActorOnHold,
            RequestError::ActorRevoked => Self::ActorRevoked,
            RequestError::ActorDeactivated => Self::ActorDeactivated,
            RequestError::SignatureInvalid => Self::RequestSignatureInvalid,
        }
    }
}

impl<T> From<GuardianSetError> for Error<T> {
    fn from(error: GuardianSetError) -> Self {
        match error {
            GuardianSetError::Duplicate => Self::DuplicateGuardian,
            GuardianSetError::Threshold(_) => Self::GuardianThreshold,
            GuardianSetError::Delay(_) => Self::GuardianDelay,
        }
    }
}

impl<T> From<ServiceError> for Error<T> {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Word => Self::ServiceWord,
            ServiceError::Uri => Self::ServiceUri,
            ServiceError::Duplicate => Self::DuplicateService,
        }
    }
}
