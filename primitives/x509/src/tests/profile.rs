//! The rules for those who issue: one certificate for each that breaks it.

use crate::{
    builder::{
        CertificateBuilder, SigningKey, alternative_names, authority_key_identifier,
        basic_constraints, extension, key_usage, name, name_constraints, sequence,
        subject_key_identifier, tlv,
    },
    profile::{ProfileError, check, check_crl, check_for_path},
    *,
};

/// A CA under another one that breaks no rule.
fn good_ca() -> CertificateBuilder {
    let mut ca = CertificateBuilder::self_issued("ca");
    ca.issuer = name(&["root"]);
    ca.extensions = vec![
        basic_constraints(true, Some(0)),
        key_usage(&[KeyUsage::KEY_CERT_SIGN, KeyUsage::CRL_SIGN]),
        subject_key_identifier(b"own"),
        authority_key_identifier(b"issuer's"),
    ];
    ca
}

/// A certificate of no CA that breaks no rule.
fn good_leaf() -> CertificateBuilder {
    let mut leaf = good_ca();
    leaf.subject = name(&["leaf"]);
    leaf.extensions = vec![
        key_usage(&[KeyUsage::DIGITAL_SIGNATURE]),
        authority_key_identifier(b"issuer's"),
    ];
    leaf
}

fn checked(
    mut builder: CertificateBuilder,
    change: impl Fn(&mut CertificateBuilder),
) -> Result<(), ProfileError> {
    change(&mut builder);
    let der = builder.sign_self(&SigningKey::ed25519([7; 32]));
    check(&ParsedCertificate::parse(&der).unwrap())
}

#[test]
fn good_certificates() {
    assert_eq!(checked(good_ca(), |_| {}), Ok(()));
    assert_eq!(checked(good_leaf(), |_| {}), Ok(()));
    // A self-signed certificate needs no authority key identifier.
    let is_root = |ca: &mut CertificateBuilder| {
        ca.issuer = ca.subject.clone();
        ca.extensions.pop();
    };
    assert_eq!(checked(good_ca(), is_root), Ok(()));
}

#[test]
fn subjects() {
    let ca = checked(good_ca(), |ca| ca.subject = sequence(&[]));
    assert_eq!(ca, Err(ProfileError::CaSubjectEmpty));
    for (names, expected) in [
        (None, Err(ProfileError::NoCriticalName)),
        (Some(false), Err(ProfileError::NoCriticalName)),
        (Some(true), Ok(())),
    ] {
        let leaf = checked(good_leaf(), |leaf| {
            leaf.subject = sequence(&[]);
            if let Some(is_critical) = names {
                let names = [tlv(0x82, b"example.org")];
                leaf.extensions.push(alternative_names(is_critical, &names));
            }
        });
        assert_eq!(leaf, expected);
    }
}

#[test]
fn what_a_ca_must_say() {
    for (missing, error) in [
        (1, ProfileError::NoKeyUsage),
        (2, ProfileError::NoSubjectKeyIdentifier),
        (3, ProfileError::NoAuthorityKeyIdentifier),
    ] {
        let outcome = checked(good_ca(), |ca| drop(ca.extensions.remove(missing)));
        assert_eq!(outcome, Err(error));
    }
    let named = sequence(&[tlv(0xa1, &tlv(0xa4, &name(&["root"]))), tlv(0x82, &[1])]);
    let outcome = checked(good_ca(), |ca| {
        ca.extensions[3] = extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &named);
    });
    assert_eq!(outcome, Err(ProfileError::NoAuthorityKeyIdentifier));
    let not_critical = extension(oid::BASIC_CONSTRAINTS, false, &sequence(&[tlv(1, &[0xff])]));
    let outcome = checked(good_ca(), |ca| ca.extensions[0] = not_critical.clone());
    assert_eq!(outcome, Err(ProfileError::BasicConstraintsNotCritical));
    let outcome = checked(good_ca(), |ca| {
        ca.extensions[1] = key_usage(&[KeyUsage::CRL_SIGN]);
    });
    assert_eq!(outcome, Err(ProfileError::PathLength));
}

/// A CA without key usage is wrongly issued, and no path fails for it: its keys may be used for everything.
#[test]
fn key_usage_of_a_ca_in_a_path() {
    let for_path = |change: &dyn Fn(&mut CertificateBuilder)| {
        let mut ca = good_ca();
        change(&mut ca);
        let der = ca.sign_self(&SigningKey::ed25519([7; 32]));
        check_for_path(&ParsedCertificate::parse(&der).unwrap())
    };
    assert_eq!(for_path(&|_| {}), Ok(()));
    // With a path length and without one.
    assert_eq!(for_path(&|ca| drop(ca.extensions.remove(1))), Ok(()));
    let without_length = |ca: &mut CertificateBuilder| {
        ca.extensions[0] = basic_constraints(true, None);
        ca.extensions.remove(1);
    };
    assert_eq!(for_path(&without_length), Ok(()));
    assert_eq!(
        checked(good_ca(), without_length),
        Err(ProfileError::NoKeyUsage)
    );
    // Where it is there, it counts, and so do the other rules.
    assert_eq!(
        for_path(&|ca| ca.extensions[1] = key_usage(&[KeyUsage::CRL_SIGN])),
        Err(ProfileError::PathLength)
    );
    assert_eq!(
        for_path(&|ca| drop(ca.extensions.drain(1..3))),
        Err(ProfileError::NoSubjectKeyIdentifier)
    );
}

#[test]
fn what_only_a_ca_may_say() {
    let with =
        |extension: Vec<u8>| checked(good_leaf(), |leaf| leaf.extensions.push(extension.clone()));
    assert_eq!(
        with(basic_constraints(false, Some(0))),
        Err(ProfileError::PathLength)
    );
    assert_eq!(
        with(name_constraints(&[tlv(0x82, b"example.org")], &[])),
        Err(ProfileError::NameConstraintsWithoutCa)
    );
    let outcome = checked(good_leaf(), |leaf| {
        leaf.extensions[0] = key_usage(&[KeyUsage::KEY_CERT_SIGN]);
    });
    assert_eq!(outcome, Err(ProfileError::KeyCertSignWithoutCa));
}

#[test]
fn criticality() {
    let with = |identifier: &[u8], is_critical, value: &[u8]| {
        checked(good_ca(), |ca| {
            let extension = extension(identifier, is_critical, value);
            ca.extensions.push(extension);
        })
    };
    let subtree = sequence(&[tlv(0x82, b"example.org")]);
    let constraints = sequence(&[tlv(0xa0, &subtree)]);
    assert_eq!(
        with(oid::NAME_CONSTRAINTS, false, &constraints),
        Err(ProfileError::NameConstraintsNotCritical)
    );
    assert_eq!(with(oid::NAME_CONSTRAINTS, true, &constraints), Ok(()));
    for identifier in [oid::POLICY_CONSTRAINTS, oid::INHIBIT_ANY_POLICY] {
        assert_eq!(
            with(identifier, false, &tlv(2, &[0])),
            Err(ProfileError::PolicyNotCritical)
        );
    }
    assert_eq!(with(oid::AUTHORITY_INFORMATION_ACCESS, false, &[]), Ok(()));
}

#[test]
fn revocation_lists() {
    let issuer = name(&["ca"]);
    let key = SigningKey::ed25519([7; 32]);
    let with = |authority_key_identifier| {
        let list = CrlBuilder {
            issuer: &issuer,
            algorithm: key.algorithm(),
            this_update: 1,
            next_update: 2,
            number: 3,
            authority_key_identifier,
            entries: vec![],
        };
        let tbs = list.tbs().unwrap();
        let der = crl::assemble(&tbs, key.algorithm(), &key.sign(&tbs));
        check_crl(&ParsedCrl::parse(&der).unwrap())
    };
    assert_eq!(with(Some(b"own")), Ok(()));
    let error = ProfileError::ListWithoutAuthorityKeyIdentifier;
    assert_eq!(with(None), Err(error));
}

#[test]
fn syntax_of_names() {
    let with = |tag, name: &str| {
        let names = [tlv(tag, name.as_bytes())];
        checked(good_leaf(), |leaf| {
            leaf.extensions.push(alternative_names(false, &names));
        })
    };
    for name in ["example.org", "*.example.org", "a-1.b"] {
        assert_eq!(with(0x82, name), Ok(()), "{name}");
    }
    for name in [
        "",
        " ",
        "under_score.org",
        "a.*.org",
        "x*.org",
        "http://a.org",
        "a.",
    ] {
        let error = ProfileError::NameSyntax(NameForm::Dns);
        assert_eq!(with(0x82, name), Err(error), "{name}");
    }
    for name in ["a@example.org", "a@[192.0.2.1]", "*@example.org"] {
        assert_eq!(with(0x81, name), Ok(()), "{name}");
    }
    for name in ["", "a", "A <a@example.org>", "@[192.0.2.1]"] {
        let error = ProfileError::NameSyntax(NameForm::Email);
        assert_eq!(with(0x81, name), Err(error), "{name}");
    }
    for name in ["https://example.org/x", "urn:x:y", "did:allod:00"] {
        assert_eq!(with(0x86, name), Ok(()), "{name}");
    }
    for name in ["", "/path", "example.org", "1x:y", "a b:c", "x:", "x:a b"] {
        let error = ProfileError::NameSyntax(NameForm::Uri);
        assert_eq!(with(0x86, name), Err(error), "{name}");
    }
}
