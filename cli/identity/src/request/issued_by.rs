//! Whether a registered identity issued a certificate.

use crate::request::registered::{IdentityError, RegisteredIdentity};
use allod_identity::Identifier;
use allod_x509::{CertificateError, ParsedCertificate, SignatureError};

/// Why a certificate is not the issuer's.
#[derive(Debug, thiserror::Error)]
pub enum IssuedByError {
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error(transparent)]
    Issuer(#[from] IdentityError),
    /// By its own word it is somebody else's.
    #[error("the certificate names another issuer than the subject of {0}")]
    OtherIssuer(Identifier),
    /// The issuer's key did not sign it, or not the one that it has now.
    #[error("the certificate's {error}, with the current key of {issuer}")]
    NotSigned {
        issuer: Identifier,
        /// What is wrong with the signature.
        error: SignatureError,
    },
}

/// Refuses a certificate that the issuer's current key did not sign.
pub fn check_issued_by(
    certificate: &[u8],
    issuer: &RegisteredIdentity,
) -> Result<(), IssuedByError> {
    let parsed = ParsedCertificate::parse(certificate)?;
    let own = issuer.parsed()?;
    if !parsed.issuer_name().matches(&own.subject_name()) {
        return Err(IssuedByError::OtherIssuer(issuer.identifier));
    }
    parsed
        .verify_signed_by(&own)
        .map_err(|error| IssuedByError::NotSigned {
            issuer: issuer.identifier,
            error,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_x509::builder::{CertificateBuilder, SigningKey, name};

    #[test]
    fn certificates_must_be_the_issuer_s() {
        let (key, other) = (SigningKey::ed25519([1; 32]), SigningKey::ed25519([2; 32]));
        let issuer = RegisteredIdentity::root_of(1, "issuer", &key);
        let check = |issuer_name: &str, key: &SigningKey| {
            let mut builder = CertificateBuilder::self_issued("child");
            builder.issuer = name(&[issuer_name]);
            let child = builder.sign(&other.spki(), key);
            check_issued_by(&child, &issuer).map_err(|error| error.to_string())
        };
        assert_eq!(check("issuer", &key), Ok(()));
        let error = check("issuer", &other).unwrap_err();
        assert!(error.contains("current key of 0101"), "{error}");
        let error = check("someone", &key).unwrap_err();
        assert!(error.contains("another issuer"), "{error}");
    }
}
