//! The certificate that follows an identity's present one: same subject, same names, same extensions,
//! new validity, and perhaps a new key.

use crate::certificate::contents::{self, ValidityError, issuers_key_identifier};
use allod_x509::{
    CertificateError, ParsedCertificate, PublicKey, SignatureAlgorithm,
    builder::{
        self, CertificateBuilder, SigningKey, authority_key_identifier, extension,
        subject_key_identifier,
    },
    oid,
    signing_key::AlgorithmError,
};

/// Why no certificate follows.
#[derive(Debug, thiserror::Error)]
pub enum SuccessorError {
    #[error(transparent)]
    Validity(#[from] ValidityError),
    #[error(transparent)]
    Key(#[from] CertificateError),
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    /// It was made and breaks a rule.
    #[error("the new certificate would not be accepted: {0}")]
    NotAccepted(CertificateError),
}

/// Whose key signs the new certificate.
pub enum Signer<'a> {
    /// Its own: a root's.
    Own(&'a SigningKey),
    /// An issuer's, with its certificate.
    Issuer(&'a SigningKey, &'a ParsedCertificate<'a>),
}

impl Signer<'_> {
    fn key(&self) -> &SigningKey {
        match self {
            Self::Own(key) | Self::Issuer(key, _) => key,
        }
    }
}

/// Makes the successor of `old` for the key with this `spki`, valid from `now` for `seconds`, or for as long
/// as the old one if none are said, but never longer than its issuer's.
pub fn make(
    old: &ParsedCertificate<'_>,
    spki: &[u8],
    signer: &Signer<'_>,
    now: u64,
    seconds: Option<u64>,
) -> Result<Vec<u8>, SuccessorError> {
    let former = old.validity();
    let seconds = seconds.unwrap_or_else(|| former.not_after.saturating_sub(former.not_before));
    let bounds = match signer {
        Signer::Own(_) => None,
        Signer::Issuer(_, issuer) => Some(issuer.validity()),
    };
    let not_after = now.saturating_add(seconds).min(contents::latest(bounds));
    let validity = contents::window(now, not_after, bounds)?;
    let key_identifier = key_identifier(old, spki)?;
    let (issuer, authority) = match signer {
        Signer::Own(_) => (old.subject(), key_identifier.clone()),
        Signer::Issuer(_, issuer) => (issuer.subject(), Some(issuers_key_identifier(issuer))),
    };
    let builder = CertificateBuilder {
        serial: contents::serial(),
        issuer: issuer.to_vec(),
        not_before: validity.not_before,
        not_after: validity.not_after,
        subject: old.subject().to_vec(),
        extensions: extensions(old, key_identifier.as_deref(), authority.as_deref()),
    };
    let key = signer.key();
    let der = builder.sign_with(spki, key, algorithm(old, key))?;
    ParsedCertificate::parse(&der).map_err(SuccessorError::NotAccepted)?;
    Ok(der)
}

/// As before, if the key is of that kind.
fn algorithm(old: &ParsedCertificate<'_>, key: &SigningKey) -> SignatureAlgorithm {
    let usual = key.algorithm();
    let former = old.signature_algorithm();
    if former.key_algorithm() == usual.key_algorithm() {
        former
    } else {
        usual
    }
}

/// The extensions of the old certificate, in its order; those that name keys name the new ones.
fn extensions(
    old: &ParsedCertificate<'_>,
    key_identifier: Option<&[u8]>,
    authority: Option<&[u8]>,
) -> Vec<Vec<u8>> {
    let renewed = old.extensions().iter().map(|other| match other.identifier {
        oid::SUBJECT_KEY_IDENTIFIER => key_identifier.map(subject_key_identifier),
        oid::AUTHORITY_KEY_IDENTIFIER => authority.map(authority_key_identifier),
        _ => Some(extension(other.identifier, other.is_critical, other.value)),
    });
    renewed.flatten().collect()
}

/// The subject key identifier, if the old certificate has one: the same for the same key, else one made of the
/// new key.
fn key_identifier(
    old: &ParsedCertificate<'_>,
    spki: &[u8],
) -> Result<Option<Vec<u8>>, CertificateError> {
    let Some(former) = old.subject_key_identifier() else {
        return Ok(None);
    };
    if old.spki() == spki {
        return Ok(Some(former.to_vec()));
    }
    Ok(Some(builder::key_identifier(PublicKey::from_spki(spki)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::DAY;
    use allod_test_support::Folder;
    use allod_x509::builder::{basic_constraints, name};

    const NOW: u64 = 1_800_000_000;

    fn root(key: &SigningKey) -> Vec<u8> {
        let mut builder = CertificateBuilder::self_issued("root");
        builder.extensions = vec![
            subject_key_identifier(&[1; 20]),
            authority_key_identifier(&[1; 20]),
            basic_constraints(true, Some(2)),
        ];
        (builder.not_before, builder.not_after) = (NOW - 30 * DAY, NOW + DAY);
        builder.sign_self(key)
    }

    #[test]
    fn a_root_follows_itself() {
        let key = SigningKey::ed25519([1; 32]);
        let der = root(&key);
        let old = ParsedCertificate::parse(&der).unwrap();
        let made = make(&old, old.spki(), &Signer::Own(&key), NOW, None).unwrap();
        let new = ParsedCertificate::parse(&made).unwrap();
        assert_eq!((new.subject(), new.spki()), (old.subject(), old.spki()));
        assert_eq!(new.extensions(), old.extensions());
        assert_ne!(new.serial(), old.serial());
        assert_eq!(new.serial().len(), 16);
        assert_eq!(new.validity().not_before, NOW - 300);
        assert_eq!(new.validity().not_after, NOW + 31 * DAY);
        new.verify_self_issued().unwrap();
    }

    #[test]
    fn a_new_key_has_its_own_identifier() {
        let (former, key) = (
            SigningKey::ed25519([1; 32]),
            SigningKey::p256([2; 32]).unwrap(),
        );
        let der = root(&former);
        let old = ParsedCertificate::parse(&der).unwrap();
        let made = make(&old, &key.spki(), &Signer::Own(&key), NOW, Some(DAY)).unwrap();
        let new = ParsedCertificate::parse(&made).unwrap();
        assert_eq!(new.spki(), key.spki());
        assert_eq!(
            new.signature_algorithm(),
            SignatureAlgorithm::EcdsaP256Sha256
        );
        let own = new.subject_key_identifier().unwrap();
        assert_eq!(own.len(), 20);
        assert_ne!(own, old.subject_key_identifier().unwrap());
        let authority = new.authority_key_identifier().unwrap();
        assert_eq!(authority.key_identifier, Some(own));
        assert_eq!(new.extensions().len(), old.extensions().len());
        assert_eq!(new.validity().not_after, NOW + DAY);
        new.verify_self_issued().unwrap();
    }

    #[test]
    fn an_issuer_s_own_end_limits() {
        let (issuer_key, key) = (SigningKey::ed25519([1; 32]), SigningKey::ed25519([2; 32]));
        let issuer_der = root(&issuer_key);
        let issuer = ParsedCertificate::parse(&issuer_der).unwrap();
        let mut builder = CertificateBuilder::self_issued("child");
        builder.issuer = name(&["root"]);
        builder.extensions = vec![authority_key_identifier(&[9; 20])];
        let child = builder.sign(&key.spki(), &issuer_key);
        let old = ParsedCertificate::parse(&child).unwrap();
        let signer = Signer::Issuer(&issuer_key, &issuer);
        let made = make(&old, old.spki(), &signer, NOW, None).unwrap();
        let new = ParsedCertificate::parse(&made).unwrap();
        assert_eq!(new.validity().not_after, issuer.validity().not_after);
        new.verify_signed_by(&issuer).unwrap();
        let authority = new.authority_key_identifier().unwrap();
        assert_eq!(authority.key_identifier, issuer.subject_key_identifier());

        let error = make(&old, old.spki(), &signer, NOW + 2 * DAY, None).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("issuer's certificate would be over"),
            "{error}"
        );
    }

    /// One that was valid up to the last second that can be named stays so (RFC 5280, 4.1.2.5).
    #[test]
    fn what_never_ends_is_renewed_without_an_end() {
        let key = SigningKey::ed25519([1; 32]);
        let mut builder = CertificateBuilder::self_issued("root");
        builder.not_after = contents::latest(None);
        let der = builder.sign_self(&key);
        let old = ParsedCertificate::parse(&der).unwrap();
        let made = make(&old, old.spki(), &Signer::Own(&key), NOW, None).unwrap();
        let new = ParsedCertificate::parse(&made).unwrap();
        assert_eq!(new.validity().not_after, old.validity().not_after);
    }

    #[test]
    fn openssl_accepts_it() {
        let folder = Folder::new();
        let key = SigningKey::ed25519([1; 32]);
        let der = root(&key);
        let old = ParsedCertificate::parse(&der).unwrap();
        let made = make(&old, old.spki(), &Signer::Own(&key), NOW, None).unwrap();
        let path = folder.write("new.der", &made);
        let pem = folder.path("new.pem").display().to_string();
        let der = path.display().to_string();
        folder.openssl(&["x509", "-inform", "der", "-in", &der, "-out", &pem]);
        let at = NOW.to_string();
        folder.openssl(&[
            "verify",
            "-attime",
            &at,
            "-x509_strict",
            "-CAfile",
            &pem,
            &pem,
        ]);
    }
}
