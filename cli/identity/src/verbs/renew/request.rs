//! The request of a renewal, checked as far as it can be before anybody pays.

use super::args::RenewArgs;
use crate::{
    node::Node,
    request::{
        args::NewKeyArgs,
        consents::{collect, in_order},
        issued_by::check_issued_by,
        registered::RegisteredIdentity,
        unsigned::{NewKey, UnsignedRequest},
    },
    verbs::error::{About, Error},
};
use allod_identity::{Consent, api::PayloadQuery};
use allod_x509::{CertificateError, ParsedCertificate};
use std::path::Path;

/// Whether an identity decides about itself.
pub fn acts_itself(subject: &RegisteredIdentity, actor: &RegisteredIdentity) -> bool {
    subject.identifier == actor.identifier
}

/// The renewal of the first identity by the second one, checked as far as it can be without the chain.
pub async fn renewal(
    node: &Node,
    args: &RenewArgs,
    (subject, actor): (&RegisteredIdentity, &RegisteredIdentity),
    certificate: Vec<u8>,
    path: &Path,
    new_key: NewKeyArgs,
) -> Result<UnsignedRequest, Error> {
    check_successor(subject, &certificate, args.compromised_after).about(path.display())?;
    let issuer = subject.issuance.issuer_of(subject.identifier);
    if subject.issuance.is_root() {
        ParsedCertificate::parse(&certificate)?
            .verify_self_issued()
            .about(path.display())?;
    } else {
        let issuer = RegisteredIdentity::by_identifier(node, issuer).await?;
        check_issued_by(&certificate, &issuer).about(path.display())?;
    }
    let (consents, request) = (&args.consents, &args.request);
    let consents = collect(node, consents, request, &certificate, issuer).await?;
    let consents = in_order(&subject.issuance, consents)?;
    let query = query(subject, &certificate, args.compromised_after)?;
    unsigned(
        (subject, actor),
        query,
        certificate,
        path,
        new_key,
        consents,
    )
}

fn query(
    subject: &RegisteredIdentity,
    certificate: &[u8],
    compromised_after: Option<u32>,
) -> Result<PayloadQuery, CertificateError> {
    let parsed = ParsedCertificate::parse(certificate)?;
    Ok(PayloadQuery::Renew {
        identifier: subject.identifier,
        certificate: certificate.to_vec(),
        algorithm: parsed.signature_algorithm(),
        compromised_after,
    })
}

fn unsigned(
    (subject, actor): (&RegisteredIdentity, &RegisteredIdentity),
    query: PayloadQuery,
    certificate: Vec<u8>,
    path: &Path,
    args: NewKeyArgs,
    consents: Vec<Consent>,
) -> Result<UnsignedRequest, Error> {
    let parsed = ParsedCertificate::parse(&certificate)?;
    let is_new_key = parsed.spki() != subject.parsed()?.spki();
    // The identity's own signature shows that somebody has its key.
    let needs_possession = is_new_key || !acts_itself(subject, actor);
    let file = if is_new_key {
        path.to_owned()
    } else {
        subject.file.clone().unwrap_or_else(|| path.to_owned())
    };
    let new_key = NewKey {
        certificate,
        file: Some(file),
        args,
    };
    Ok(UnsignedRequest {
        new_key: needs_possession.then_some(new_key),
        consents,
        ..UnsignedRequest::by(actor, query)
    })
}

/// Whether a certificate may follow an identity's present one.
fn check_successor(
    subject: &RegisteredIdentity,
    certificate: &[u8],
    compromised_after: Option<u32>,
) -> Result<(), Error> {
    let new = ParsedCertificate::parse(certificate)?;
    let old = subject.parsed()?;
    let identifier = subject.identifier;
    if new.subject() != old.subject() {
        return Err(Error::OtherSubject(identifier));
    }
    if new.fingerprint() == old.fingerprint() {
        return Err(Error::PresentCertificate(identifier));
    }
    if new.serial() == old.serial() && new.issuer() == old.issuer() {
        return Err(Error::PresentSerial);
    }
    if compromised_after.is_some() && new.spki() == old.spki() {
        return Err(Error::KeyKept);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{request::payload, test_golden::calls};
    use allod_test_support::people::{ed25519, self_signed};
    use allod_x509::SigningKey;

    #[test]
    fn a_new_key_or_another_actor_shows_possession() {
        let (key, other) = (ed25519(1), ed25519(2));
        let (subject, controller) = (
            RegisteredIdentity::root_of(1, "agent", &key),
            RegisteredIdentity::root_of(9, "agent", &other),
        );
        let path = Path::new("b.pem");
        let made = |actor: &RegisteredIdentity, key: &SigningKey| {
            let new = self_signed("agent", 7, key);
            check_successor(&subject, &new, None).unwrap();
            let query = query(&subject, &new, None).unwrap();
            let new_key = NewKeyArgs::default();
            unsigned((&subject, actor), query, new, path, new_key, Vec::new()).unwrap()
        };
        assert!(made(&subject, &key).new_key.is_none());
        assert!(made(&subject, &other).new_key.is_some());
        let by_controller = made(&controller, &key);
        assert!(by_controller.new_key.is_some());
        assert_eq!(by_controller.actor, controller.identifier);
    }

    #[test]
    fn successors_are_checked_before_anybody_pays() {
        let (key, other) = (ed25519(1), ed25519(2));
        let subject = RegisteredIdentity::root_of(1, "agent", &key);
        let check = |new: &[u8], after| {
            check_successor(&subject, new, after).map_err(|error| error.to_string())
        };
        assert_eq!(check(&self_signed("agent", 7, &other), Some(3)), Ok(()));
        for (wrong, after, why) in [
            (self_signed("another", 7, &key), None, "another subject"),
            (subject.certificate.clone(), None, "the present certificate"),
            (self_signed("agent", 1, &other), None, "must be new"),
            (self_signed("agent", 7, &key), Some(3), "keeps it"),
            (vec![0x30, 0], None, "not the der"),
        ] {
            let error = check(&wrong, after).unwrap_err();
            assert!(error.to_lowercase().contains(why), "{why}: {error}");
        }
    }

    #[test]
    fn golden_renewals() {
        let mut seen = 0;
        for golden in calls() {
            let PayloadQuery::Renew {
                identifier,
                compromised_after,
                ..
            } = golden.query()
            else {
                continue;
            };
            let subject = RegisteredIdentity {
                identifier,
                ..RegisteredIdentity::root_of(1, "agent", &ed25519(1))
            };
            let query = query(&subject, &golden.new_certificate(), compromised_after).unwrap();
            let payload = payload::payload(&query, golden.actor(), golden.terms()).unwrap();
            assert_eq!(hex::encode(payload), golden.text("payload"));
            seen += 1;
        }
        assert_eq!(seen, 2);
    }
}
