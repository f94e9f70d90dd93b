//! What `rustls-webpki` says of a chain whose target is no CA.
//!
//! [`check_second_opinion`](crate::path::check_second_opinion) hands the whole chain to `verify_for_usage`: the root as its only trust anchor, the certificates between,
//! the target, the time, the purpose. Signatures were checked already by the rules of [`crate::path`], with the same
//! code; `rustls-webpki` is told so, signature by signature (key, message and signature must be the same
//! bytes), so that no signature costs twice.
//!
//! # Where it is overruled
//!
//! `rustls-webpki` is stricter than RFC 5280 in places. There its refusal is overruled, and only if the chain has
//! what the refusal can come from:
//!
//! | it refuses | because | overruled if |
//! |---|---|---|
//! | a path that is too long | it counts self-issued certificates (RFC 5280, 6.1.4 (l), does not) | one stands between |
//! | a violated name constraint | it fails every constraint on e-mail, directory names, URIs and forms that nobody supports where such a name occurs | a constraint has such a form |
//! | | it constrains self-issued certificates too (6.1.3 (b) exempts them) | one stands between |
//! | an unknown issuer | it compares names byte by byte (7.1 does not) | names agree in another spelling |
//! | | it takes a certificate with name and key of one below for a loop | an issuer has the target's |
//! | a wrong signature, or one of another kind of key | it searches issuers by name, and of all links that it tried reports one that is not the chain's | two issuers have one name |
//! | an unknown signature algorithm | it knows RSASSA-PSS with NULL parameters only (RFC 4055, 2.1, allows none) | a certificate has that |
//!
//! It is not asked at all where the target is a CA, which it refuses, or the root itself. In these cases
//! and those of the table the rules of [`crate::path`] stand alone.
//!
//! Since it searches, it may also find another path than the chain in question, where two issuers have one name.
//!
//! It is laxer, too: it does not look at the root's validity and path length, nor at key usage, and takes serial
//! numbers that are zero or negative. That does no harm to a second opinion. In extended key usage it knows
//! no `anyExtendedKeyUsage`; it is handed a rule here that does.

use alloc::vec::Vec;
use core::time::Duration;

use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, UnixTime,
};
use webpki::{
    EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter, KeyUsage,
    RequiredEkuNotFoundContext, anchor_from_trusted_cert,
};

use crate::{
    SignatureAlgorithm,
    certificate::ParsedCertificate,
    extensions::oid,
    general_name::NameForm,
    path::{PathError, Purpose, is_self_issued},
};

/// Asks `rustls-webpki` about a chain, root first, for which every rule of [`crate::path`] holds. The signatures
/// must have been verified: they are not verified here.
///
/// `None` if it cannot be asked: the target is a CA, or the root.
///
/// # Errors
/// [`PathError::SecondOpinion`].
pub(crate) fn ask(
    chain: &[ParsedCertificate<'_>],
    time: u64,
    purpose: Option<Purpose>,
) -> Option<Result<(), PathError>> {
    let (target, above) = chain.split_last()?;
    let (root, between) = above.split_first()?;
    if target.is_ca() {
        return None;
    }
    let outcome = verify(chain, root, between, target, time, purpose);
    Some(match outcome {
        Err(error) if !is_overruled(&error, chain, between) => Err(PathError::SecondOpinion),
        _ => Ok(()),
    })
}

/// What it says, not overruled.
pub(crate) fn verify(
    chain: &[ParsedCertificate<'_>],
    root: &ParsedCertificate<'_>,
    between: &[ParsedCertificate<'_>],
    target: &ParsedCertificate<'_>,
    time: u64,
    purpose: Option<Purpose>,
) -> Result<(), Error> {
    let verified: Vec<_> = chain
        .iter()
        .zip(chain.iter().skip(1))
        .map(|(issuer, child)| Verified {
            algorithm: child.signature_algorithm(),
            key: issuer.public_key().bytes,
            message: child.tbs(),
            signature: child.signature(),
        })
        .collect();
    let algorithms: Vec<_> = SignatureAlgorithm::ALL
        .into_iter()
        .map(|algorithm| AlreadyVerified {
            algorithm,
            verified: &verified,
        })
        .collect();
    let algorithms: Vec<&dyn SignatureVerificationAlgorithm> = algorithms
        .iter()
        .map(|algorithm| algorithm as &dyn SignatureVerificationAlgorithm)
        .collect();
    let root = CertificateDer::from(root.der());
    let anchors = [anchor_from_trusted_cert(&root)?];
    let between: Vec<_> = between
        .iter()
        .map(|certificate| CertificateDer::from(certificate.der()))
        .collect();
    let target = CertificateDer::from(target.der());
    EndEntityCert::try_from(&target)?
        .verify_for_usage(
            &algorithms,
            &anchors,
            &between,
            UnixTime::since_unix_epoch(Duration::from_secs(time)),
            Wanted(purpose),
            None,
            None,
        )
        .map(|_| ())
}

/// Whether the refusal comes from what the table at the top lists.
fn is_overruled(
    error: &Error,
    chain: &[ParsedCertificate<'_>],
    between: &[ParsedCertificate<'_>],
) -> bool {
    match error {
        Error::PathLenConstraintViolated => between.iter().any(is_self_issued),
        Error::NameConstraintViolation => {
            between.iter().any(is_self_issued) || chain.iter().any(has_unsupported_constraint)
        }
        Error::UnknownIssuer => has_other_spelling(chain) || is_own_issuer(chain),
        Error::InvalidSignatureForPublicKey
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => has_repeated_name(chain),
        Error::UnsupportedSignatureAlgorithmContext(_) => {
            chain.iter().any(has_short_pss_parameters)
        }
        _ => false,
    }
}

/// Whether it decides constraints of this form.
const fn decides(form: NameForm) -> bool {
    match form {
        NameForm::Dns | NameForm::Ip => true,
        NameForm::Other
        | NameForm::Email
        | NameForm::X400
        | NameForm::Directory
        | NameForm::EdiParty
        | NameForm::Uri
        | NameForm::RegisteredId => false,
    }
}

/// A constraint of a form that it does not decide.
fn has_unsupported_constraint(certificate: &ParsedCertificate<'_>) -> bool {
    certificate.name_constraints().is_some_and(|constraints| {
        let mut bases = constraints.permitted.iter().chain(&constraints.excluded);
        bases.any(|base| !decides(base.form()))
    })
}

/// A child that names its issuer in another spelling.
fn has_other_spelling(chain: &[ParsedCertificate<'_>]) -> bool {
    let mut links = chain.iter().zip(chain.iter().skip(1));
    links.any(|(issuer, child)| child.issuer() != issuer.subject())
}

/// A target with the name and key of an issuer. Such an issuer further up is passed by on a shorter path.
fn is_own_issuer(chain: &[ParsedCertificate<'_>]) -> bool {
    chain.split_last().is_some_and(|(target, above)| {
        let mut above = above.iter();
        above.any(|issuer| issuer.spki() == target.spki() && issuer.subject() == target.subject())
    })
}

/// Two certificates of one name.
fn has_repeated_name(chain: &[ParsedCertificate<'_>]) -> bool {
    chain.iter().enumerate().any(|(place, certificate)| {
        let mut later = chain.iter().skip(place).skip(1);
        later.any(|other| other.subject() == certificate.subject())
    })
}

/// RSASSA-PSS in other bytes than the ones it knows.
fn has_short_pss_parameters(certificate: &ParsedCertificate<'_>) -> bool {
    let usual = certificate.signature_algorithm().identifier();
    certificate.signature_algorithm_identifier() != usual.as_ref()
}

/// A signature that was checked and is right.
#[derive(Debug)]
struct Verified<'a> {
    algorithm: SignatureAlgorithm,
    key: &'a [u8],
    message: &'a [u8],
    signature: &'a [u8],
}

/// Knows the signatures of one algorithm that were checked, and no other.
#[derive(Debug)]
struct AlreadyVerified<'a> {
    algorithm: SignatureAlgorithm,
    verified: &'a [Verified<'a>],
}

impl SignatureVerificationAlgorithm for AlreadyVerified<'_> {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let is_same = |one: &Verified<'_>| {
            one.algorithm == self.algorithm
                && one.key == public_key
                && one.message == message
                && one.signature == signature
        };
        if self.verified.iter().any(is_same) {
            Ok(())
        } else {
            Err(InvalidSignature)
        }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.signature_alg_id()
    }
}

/// The extended key usage that is wanted, by the rule of [`ParsedCertificate::allows_purpose`].
struct Wanted(Option<Purpose>);

impl ExtendedKeyUsageValidator for Wanted {
    fn validate(&self, present: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let Some(wanted) = self.0.and_then(Purpose::extended_key_usage) else {
            return Ok(());
        };
        let mut is_empty = true;
        for purpose in present {
            is_empty = false;
            let purpose = purpose?;
            if purpose == KeyPurposeId::new(wanted)
                || purpose == KeyPurposeId::new(oid::ANY_PURPOSE)
            {
                return Ok(());
            }
        }
        if is_empty {
            return Ok(());
        }
        Err(Error::RequiredEkuNotFoundContext(
            RequiredEkuNotFoundContext {
                required: KeyUsage::required_if_present(wanted),
                present: Vec::new(),
            },
        ))
    }
}
