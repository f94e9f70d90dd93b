//! From what the primitives say to what the chain says.

use allod_x509::CertificateError;

use crate::pallet::Error;

impl<T> From<CertificateError> for Error<T> {
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::TooLong(_) => Self::CertificateTooLong,
            CertificateError::Malformed(_) => Self::CertificateMalformed,
            CertificateError::TrailingBytes { .. } => Self::CertificateTrailingBytes,
            CertificateError::Version(_) => Self::CertificateVersion,
            CertificateError::SerialNotPositive => Self::SerialNotPositive,
            CertificateError::SerialTooLong(_) => Self::SerialTooLong,
            CertificateError::AlgorithmMismatch => Self::AlgorithmMismatch,
            CertificateError::UnknownSignatureAlgorithm => Self::UnknownSignatureAlgorithm,
            CertificateError::UnknownKeyAlgorithm => Self::UnknownKeyAlgorithm,
            CertificateError::KeyEncoding => Self::KeyEncoding,
            CertificateError::UniqueIdentifier => Self::UniqueIdentifier,
            CertificateError::IssuerEmpty => Self::IssuerEmpty,
            CertificateError::ValidityReversed { .. } => Self::ValidityReversed,
            CertificateError::TooManyExtensions => Self::TooManyExtensions,
            CertificateError::DuplicateExtension => Self::DuplicateExtension,
            CertificateError::UnknownCriticalExtension => Self::UnknownCriticalExtension,
            CertificateError::TooManyAlternativeNames => Self::TooManyAlternativeNames,
            CertificateError::TooManyNameConstraints => Self::TooManyNameConstraints,
            CertificateError::SecondOpinion => Self::CertificateRefused,
        }
    }
}
