//! Why calls fail: a part of the module `pallet`, which imports it; and from what the primitives say to
//! what the chain says.

use allod_identity::{GuardianSetError, RequestError, ServiceError};
use allod_x509::CertificateError;
use frame_support::pallet_macros::pallet_section;

use crate::pallet::Error;

#[pallet_section]
mod errors {
    /// Why a call failed; one for each cause. New ones go to the end.
    #[pallet::error]
    #[derive(PartialEq)]
    pub enum Error<T> {
        /// An identity of this identifier is registered already.
        AlreadyRegistered,
        /// The certificate's key serves another identity; a key serves one.
        KeyInUse,
        /// Issuer and subject differ: a root's certificate is self-issued.
        NotSelfIssued,
        /// The declared algorithm is not the certificate's, or does not go with the key.
        WrongAlgorithm,
        /// The algorithm was accepted once and is not any more.
        AlgorithmRetired,
        /// The certificate's own signature does not verify.
        CertificateSignatureInvalid,
        /// The certificate's validity is over.
        CertificateExpired,
        /// The certificate's validity has not begun.
        CertificateNotYetValid,
        /// The request was valid up to an earlier block.
        RequestExpired,
        /// The request's nonce is not the identity's next one, which for a new identity is 0.
        WrongNonce,
        /// The request's signature does not verify: not by the certificate's key, or not over this
        /// chain's genesis hash, this call, identifier, nonce, last block and arguments.
        RequestSignatureInvalid,
        /// The certificate is longer than `MAX_CERTIFICATE_SIZE`. No call fails so, since its argument holds no
        /// more and is not decoded; it stays because indices do, and names what readers say.
        CertificateTooLong,
        /// The certificate is not DER as RFC 5280 describes it.
        CertificateMalformed,
        /// Bytes follow the end of the certificate or of a part of it.
        CertificateTrailingBytes,
        /// The certificate is not of version 3.
        CertificateVersion,
        /// The serial number is zero or negative.
        SerialNotPositive,
        /// The serial number is longer than `MAX_SERIAL_OCTETS`.
        SerialTooLong,
        /// The signature algorithm in the signed part differs from the one outside.
        AlgorithmMismatch,
        /// The signature algorithm is not one of those accepted.
        UnknownSignatureAlgorithm,
        /// The public key is not of an accepted kind.
        UnknownKeyAlgorithm,
        /// The public key is encoded otherwise than accepted (P-256 uncompressed, Ed25519 canonical).
        KeyEncoding,
        /// The certificate has an issuer or subject unique identifier.
        UniqueIdentifier,
        /// The certificate's issuer is empty.
        IssuerEmpty,
        /// The certificate's validity ends before it begins.
        ValidityReversed,
        /// The certificate has more than `MAX_EXTENSIONS` extensions.
        TooManyExtensions,
        /// An extension occurs twice.
        DuplicateExtension,
        /// A critical extension is not known.
        UnknownCriticalExtension,
        /// The certificate has more than `MAX_ALTERNATIVE_NAMES` alternative names.
        TooManyAlternativeNames,
        /// The certificate has more than `MAX_NAME_CONSTRAINTS` name-constraint subtrees.
        TooManyNameConstraints,
        /// `rustls-webpki` refuses the certificate.
        CertificateRefused,
        /// The certificate's signature is over a SHA-1 digest, which can be forged.
        Sha1,
        /// The RSASSA-PSS parameters are not those that go with the digest.
        PssParameters,
        /// The public key is of type id-RSASSA-PSS; it must be of type rsaEncryption.
        PssKey,
        /// The RSA modulus does not have `RSA_MIN_BITS` to `RSA_MAX_BITS` bits.
        RsaModulusSize,
        /// The RSA modulus is even.
        RsaModulusEven,
        /// The RSA exponent is even or out of range.
        RsaExponent,
        /// The extended key usage has too many purposes.
        TooManyPurposes,
        /// The base of a name constraint is none that RFC 5280 defines.
        ConstraintForm,
        /// An extension is critical that must not be.
        MustNotBeCritical,
        /// A time has the form for other years (UTCTime up to 2049, GeneralizedTime
        /// afterwards).
        TimeForm,
        /// The identity is not registered.
        NotRegistered,
        /// The identity's certificate has expired: it may only be renewed, re-parented or
        /// deactivated.
        SubjectExpired,
        /// The identity is on hold: nothing can be done until its issuer releases it.
        SubjectOnHold,
        /// The identity is revoked: it may only be deactivated, or renewed by its issuer.
        SubjectRevoked,
        /// The identity is a root that was revoked: it may only be deactivated.
        RootRevoked,
        /// The identity is deactivated, for ever.
        SubjectDeactivated,
        /// The acting identity is not the one whose key decides here: the controller, or
        /// the identity itself.
        NotAuthorized,
        /// The acting identity's certificate cannot be read by the rules of today. That it is not
        /// registered at all never comes to this: controllers and guardians are, and stay so.
        ActorNotRegistered,
        /// The acting identity's certificate has expired.
        ActorExpired,
        /// The acting identity is on hold.
        ActorOnHold,
        /// The acting identity is revoked.
        ActorRevoked,
        /// The acting identity is deactivated.
        ActorDeactivated,
        /// The acting identity has used all its nonces.
        NonceOverflow,
        /// The request's algorithm does not go with the acting key.
        RequestAlgorithmWrong,
        /// The request's algorithm was accepted once and is not any more.
        RequestAlgorithmRetired,
        /// The issuer has used the serial number already; it is never free again.
        SerialInUse,
        /// The key was given up for compromise and never returns.
        KeyGivenUp,
        /// A key that is given up for compromise must be replaced by another.
        KeyUnchanged,
        /// A re-parented identity keeps its key.
        KeyChanged,
        /// The new certificate has another subject; an identity keeps its name.
        SubjectNameChanged,
        /// The new key has not signed.
        PossessionMissing,
        /// The new key's signature does not verify over the request's payload.
        PossessionInvalid,
        /// The block named as the last one in which the key was good is still to come.
        CompromiseInFuture,
        /// The identity has had too many certificates to count.
        TooManyGenerations,
        /// The issuer has revoked the certificate already.
        CertificateRevoked,
        /// The issuer has put the certificate on hold already.
        CertificateOnHold,
        /// An issuer is not registered.
        IssuerNotRegistered,
        /// An issuer is named twice.
        IssuerTwice,
        /// The identity stands above its own issuer.
        IssuanceCircle,
        /// The chain of issue would have more than 8 certificates.
        ChainTooDeep,
        /// More than 16 identities would stand above one another.
        TooManyIssuers,
        /// The certificate names another issuer than the one that signed it.
        IssuerNameMismatch,
        /// The authority key identifier is not the issuer's subject key identifier.
        KeyIdentifierMismatch,
        /// A name in the certificate is outside an issuer's name constraints.
        NameOutsideConstraints,
        /// Comparing all names with all name constraints would take too long.
        NamesTooExpensive,
        /// An issuer's pathLenConstraint does not allow a certificate there.
        PathTooLong,
        /// An issuer is no certification authority, or its key usage lacks keyCertSign.
        IssuerMayNotIssue,
        /// An issuer's certificate is not valid now.
        IssuerExpired,
        /// An issuer is revoked.
        IssuerRevoked,
        /// An issuer is on hold.
        IssuerOnHold,
        /// An issuer is deactivated.
        IssuerDeactivated,
        /// An issuer's certificate has an algorithm that is not accepted any more.
        IssuerAlgorithmRetired,
        /// An issuer was itself registered after its issuer's key had been compromised.
        IssuerLinkFailed,
        /// An issuer was registered under a certificate that is no longer kept.
        IssuerCertificateDropped,
        /// An issuer's certificate cannot be read by the rules of today.
        IssuerUnreadable,
        /// The consents are not those of the identity's co-issuers, in their order.
        ConsentsDiffer,
        /// A consent was valid up to an earlier block.
        ConsentExpired,
        /// A co-issuer's key did not sign this certificate's hash.
        ConsentSignatureInvalid,
        /// The identity is a root: it has no issuer that could fail.
        IsRoot,
        /// The identity's issuer holds: it may be renewed but not move.
        IssuerHolds,
        /// A recovery is open, which freezes this.
        RecoveryOpen,
        /// No recovery is open.
        NoRecovery,
        /// The open recovery has another number.
        WrongRecovery,
        /// The recovery is to another certificate.
        RecoveryOfAnotherCertificate,
        /// The guardian has approved already.
        AlreadyApproved,
        /// The acting identity is no guardian of this one.
        NotGuardian,
        /// A guardian is the identity itself, or stands above or below it.
        GuardianIsRelative,
        /// A guardian is not registered.
        GuardianNotRegistered,
        /// A guardian, or something above it, does not hold.
        GuardianDoesNotHold,
        /// A guardian occurs twice.
        DuplicateGuardian,
        /// The threshold is zero, or more than there are guardians.
        GuardianThreshold,
        /// The delay is zero, or longer than two years.
        GuardianDelay,
        /// The identity has no guardians.
        NoGuardians,
        /// Fewer guardians than the threshold approve and hold.
        NotEnoughApprovals,
        /// The delay since the recovery was opened is not over.
        RecoveryTooEarly,
        /// All guardians approved: the key cannot veto.
        VetoOverruled,
        /// The identity has had too many recoveries to count.
        TooManyRecoveries,
        /// An identity cannot be its own controller.
        ControllerIsSelf,
        /// The controller is not registered.
        ControllerNotRegistered,
        /// The controller is deactivated.
        ControllerDeactivated,
        /// A service's name or type is empty or has other characters than letters, digits
        /// and -._~.
        ServiceWord,
        /// A service's address is not a URI.
        ServiceUri,
        /// Two services have the same name.
        DuplicateService,
    }
}

impl<T> From<CertificateError> for Error<T> {
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::TooLong { .. } => Self::CertificateTooLong,
            CertificateError::Malformed(_) | CertificateError::DefaultWritten(_) => {
                Self::CertificateMalformed
            }
            CertificateError::TrailingBytes { .. } => Self::CertificateTrailingBytes,
            CertificateError::Version(_) => Self::CertificateVersion,
            CertificateError::SerialNotPositive => Self::SerialNotPositive,
            CertificateError::SerialTooLong(_) => Self::SerialTooLong,
            CertificateError::AlgorithmMismatch => Self::AlgorithmMismatch,
            CertificateError::UnknownSignatureAlgorithm => Self::UnknownSignatureAlgorithm,
            CertificateError::Sha1 => Self::Sha1,
            CertificateError::PssParameters => Self::PssParameters,
            CertificateError::UnknownKeyAlgorithm | CertificateError::ExplicitCurve => {
                Self::UnknownKeyAlgorithm
            }
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
            CertificateError::UnknownCriticalExtension(_) => Self::UnknownCriticalExtension,
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
