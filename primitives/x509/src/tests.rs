//! Certificates, good and spoiled, through all stages.

mod chains;
mod crl;
mod csr;
mod name_constraints;
mod profile;

use proptest::prelude::*;

use crate::{
    builder::{
        CertificateBuilder, alternative_names, authority_key_identifier, basic_constraints,
        bit_string, certificate, extended_key_usage, extension, key_usage, name, name_constraints,
        sequence, subject_key_identifier, tlv,
    },
    *,
};

/// One of each kind.
fn keys() -> [SigningKey; 4] {
    [
        SigningKey::ed25519([7; 32]),
        SigningKey::p256([7; 32]).unwrap(),
        SigningKey::p384([7; 48]).unwrap(),
        rsa_key(),
    ]
}

fn rsa_key() -> SigningKey {
    SigningKey::from_pkcs8(include_bytes!("../tests/data/rsa-2048.key.der")).unwrap()
}

fn agent() -> CertificateBuilder {
    CertificateBuilder::self_issued("agent")
}

/// What becomes of a certificate that is like a good one but for `change`.
fn parse_changed(change: impl Fn(&mut CertificateBuilder)) -> Result<(), CertificateError> {
    let mut builder = agent();
    change(&mut builder);
    let [ed25519, others @ ..] = keys().map(|key| {
        let der = builder.sign_self(&key);
        ParsedCertificate::parse(&der).map(|_| ())
    });
    // The lengths in the errors differ, as the signatures' do.
    let kind = |result: &Result<(), _>| result.as_ref().map_err(core::mem::discriminant).copied();
    for other in others {
        assert_eq!(kind(&ed25519), kind(&other));
    }
    ed25519
}

/// The same for a certificate whose signed part was put together by hand.
fn parse_tbs(parts: &[Vec<u8>]) -> Result<(), CertificateError> {
    let [key, ..] = keys();
    let tbs = sequence(parts);
    let der = certificate(&tbs, key.algorithm(), &key.sign(&tbs));
    ParsedCertificate::parse(&der).map(|_| ())
}

/// The fields of a good `tbsCertificate`: version, serial, algorithm, issuer, validity, subject,
/// key, extensions.
fn good_parts() -> Vec<Vec<u8>> {
    let [key, ..] = keys();
    let tbs = agent().tbs(key.algorithm(), &key.spki());
    let mut cursor = reader::Cursor::new(&tbs, Field::TbsCertificate)
        .sequence()
        .unwrap();
    let mut parts = Vec::new();
    while !cursor.at_end() {
        parts.push(cursor.next().unwrap().raw.to_vec());
    }
    parts
}

#[test]
fn what_a_certificate_says() {
    for key in keys() {
        let mut builder = agent();
        builder
            .extensions
            .push(key_usage(&[KeyUsage::KEY_CERT_SIGN, KeyUsage::CRL_SIGN]));
        let der = builder.sign_self(&key);
        let parsed = ParsedCertificate::parse(&der).unwrap();
        assert_eq!(parsed.der(), der);
        assert_eq!(parsed.serial(), [1]);
        assert_eq!(parsed.subject(), name(&["agent"]));
        assert_eq!(parsed.issuer(), parsed.subject());
        assert_eq!(parsed.spki(), key.spki());
        assert_eq!(parsed.signature_algorithm(), key.algorithm());
        assert_eq!(parsed.tbs(), builder.tbs(key.algorithm(), &key.spki()));
        assert_eq!(
            parsed.validity(),
            Validity {
                not_before: builder.not_before,
                not_after: builder.not_after
            }
        );
        assert!(parsed.is_ca());
        assert!(parsed.allows(KeyUsage::KEY_CERT_SIGN));
        assert!(parsed.allows(KeyUsage::CRL_SIGN));
        assert!(!parsed.allows(KeyUsage::DIGITAL_SIGNATURE));
        parsed.verify_self_issued().unwrap();
    }
}

#[test]
fn without_extensions_everything_but_issuing_is_allowed() {
    let mut builder = agent();
    builder.extensions.clear();
    let [key, ..] = keys();
    let der = builder.sign_self(&key);
    let parsed = ParsedCertificate::parse(&der).unwrap();
    assert!(!parsed.is_ca());
    assert!(parsed.allows(KeyUsage::DIGITAL_SIGNATURE));
}

#[test]
fn every_kind_of_known_extension_is_read() {
    let names = sequence(&[
        tlv(
            0xa0,
            &[tlv(6, &[0x2a, 3]), tlv(0xa0, &tlv(0x0c, b"x"))].concat(),
        ),
        tlv(0x81, b"agent@example.org"),
        tlv(0x82, b"example.org"),
        tlv(0xa4, &name(&["other"])),
        tlv(0x86, b"https://example.org/agent"),
        tlv(0x87, &[192, 0, 2, 1]),
        tlv(0x87, &[1; 16]),
        tlv(0x88, &[0x2a, 3]),
    ]);
    let constraints = sequence(&[
        tlv(0xa0, &sequence(&[tlv(0x82, b"example.org")])),
        tlv(0xa1, &sequence(&[tlv(0x87, &[0; 8])])),
    ]);
    let purposes = sequence(&[tlv(6, &[0x2b, 6, 1, 5, 5, 7, 3, 2])]);
    let parsed = parse_changed(|builder| {
        builder.extensions = vec![
            basic_constraints(true, Some(3)),
            key_usage(&[KeyUsage::DIGITAL_SIGNATURE]),
            extension(&[0x55, 0x1d, 0x11], false, &names),
            extension(&[0x55, 0x1d, 0x1e], true, &constraints),
            extension(&[0x55, 0x1d, 0x25], true, &purposes),
            extension(&[0x2b, 6, 1, 4, 1], false, b"whatever"),
        ];
    });
    assert_eq!(parsed, Ok(()));
}

#[test]
fn limits() {
    use CertificateError as E;
    let unknown = |i: usize| extension(&[0x2b, 6, 1, i as u8], false, b"");
    let extensions = |count| {
        parse_changed(move |builder| builder.extensions = (0..count).map(unknown).collect())
    };
    assert_eq!(extensions(32), Ok(()));
    assert_eq!(extensions(33), Err(E::TooManyExtensions(32)));

    let alternative_names = |count| {
        let list = sequence(&vec![tlv(0x82, b"a"); count]);
        parse_changed(move |builder| {
            builder.extensions = vec![extension(&[0x55, 0x1d, 0x11], false, &list)]
        })
    };
    assert_eq!(alternative_names(32), Ok(()));
    assert_eq!(alternative_names(33), Err(E::TooManyAlternativeNames(32)));
    assert_eq!(
        alternative_names(0),
        Err(E::Malformed(Field::AlternativeNames))
    );

    let constraints = |permitted, excluded| {
        let subtree = sequence(&[tlv(0x82, b"a")]);
        let list = sequence(&[
            tlv(0xa0, &vec![subtree.clone(); permitted].concat()),
            tlv(0xa1, &vec![subtree; excluded].concat()),
        ]);
        parse_changed(move |builder| {
            builder.extensions = vec![extension(&[0x55, 0x1d, 0x1e], true, &list)]
        })
    };
    assert_eq!(constraints(8, 8), Ok(()));
    assert_eq!(constraints(8, 9), Err(E::TooManyNameConstraints(16)));
    assert_eq!(constraints(1, 0), Err(E::Malformed(Field::NameConstraints)));

    let padded = |length| {
        parse_changed(move |builder| {
            builder.extensions = vec![extension(&[0x2b, 6], false, &vec![0; length])]
        })
    };
    let most = MAX_CERTIFICATE_SIZE as usize;
    assert_eq!(padded(most - 796), Ok(()));
    assert!(matches!(
        padded(most),
        Err(E::TooLong { size, limit: MAX_CERTIFICATE_SIZE }) if size > most
    ));

    let serial = |octets: &[u8]| parse_changed(|builder| builder.serial = octets.to_vec());
    assert_eq!(serial(&[0x7f; 20]), Ok(()));
    assert_eq!(serial(&[0x7f; 21]), Err(E::SerialTooLong(21)));
    assert_eq!(serial(&[0x7f; 33]), Err(E::SerialTooLong(33)));
    assert_eq!(serial(&[0]), Err(E::SerialNotPositive));
    assert_eq!(serial(&[0x80]), Err(E::SerialNotPositive));
    assert_eq!(serial(&[0, 0x80]), Ok(()));
    assert_eq!(serial(&[0, 1]), Err(E::Malformed(Field::Serial)));
    assert_eq!(serial(&[]), Err(E::Malformed(Field::Serial)));
}

#[test]
fn each_cause_has_its_error() {
    use CertificateError as E;
    let empty = sequence(&[]);
    assert_eq!(
        parse_changed(|builder| builder.issuer = empty.clone()),
        Err(E::IssuerEmpty)
    );
    assert_eq!(
        parse_changed(|builder| builder.subject = empty.clone()),
        Ok(())
    );
    assert_eq!(
        parse_changed(|builder| builder.subject = sequence(&[tlv(0x31, &[])])),
        Err(E::Malformed(Field::Subject))
    );
    assert_eq!(
        parse_changed(|builder| core::mem::swap(&mut builder.not_before, &mut builder.not_after)),
        Err(E::ValidityReversed {
            not_before: 2_493_072_000,
            not_after: 1_577_836_800
        })
    );
    assert_eq!(
        parse_changed(|builder| builder.extensions.push(basic_constraints(true, None))),
        Err(E::DuplicateExtension)
    );
    let policies = extension(&[0x55, 0x1d, 0x20], true, &sequence(&[]));
    assert_eq!(
        parse_changed(|builder| builder.extensions.push(policies.clone())),
        Err(E::UnknownCriticalExtension("2.5.29.32".into()))
    );
    let written_out = sequence(&[tlv(6, &[0x2b, 6]), tlv(1, &[0]), tlv(4, b"")]);
    assert_eq!(
        parse_changed(|builder| builder.extensions.push(written_out.clone())),
        Err(E::DefaultWritten(Field::Extensions))
    );
    let no_ca = extension(oid::BASIC_CONSTRAINTS, true, &sequence(&[tlv(1, &[0])]));
    assert_eq!(
        parse_changed(|builder| builder.extensions = vec![no_ca.clone()]),
        Err(E::DefaultWritten(Field::BasicConstraints))
    );
    let odd = extension(oid::BASIC_CONSTRAINTS, true, &sequence(&[tlv(1, &[1])]));
    assert_eq!(
        parse_changed(|builder| builder.extensions = vec![odd.clone()]),
        Err(E::Malformed(Field::BasicConstraints))
    );
}

/// Twins of `openssl asn1parse`, and what is too long for people.
#[test]
fn identifiers_in_numbers() {
    let pkcs9 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];
    let uuid = [&[0x69, 0x83][..], &[0xff; 17], &[0x7f]].concat();
    for (contents, text) in [
        (&[0x2a][..], "1.2"),
        (&[0x55, 0x1d, 0x13], "2.5.29.19"),
        (&[0], "0.0"),
        (&[0x4f], "1.39"),
        (&[0x88, 0x37, 3], "2.999.3"),
        (&pkcs9, "1.2.840.113549.1.9.14"),
        (&uuid, "2.25.340282366920938463463374607431768211455"),
        (
            &[&[0x69, 0x84][..], &[0x80; 17], &[0]].concat(),
            "of 20 octets",
        ),
        (&[0x2a; 65], "of 65 octets"),
    ] {
        assert_eq!(oid::dotted(contents), text);
    }
}

/// Extensions that mean nothing here but whose form is known: found by fuzzing, since `rustls-webpki` looks at it.
#[test]
fn distribution_points() {
    let with = |is_critical, value: &[u8]| {
        let extension = extension(oid::CRL_DISTRIBUTION_POINTS, is_critical, value);
        parse_changed(|builder| builder.extensions.push(extension.clone()))
    };
    let location = tlv(0x86, b"http://example.org/list");
    let point = sequence(&[tlv(0xa0, &tlv(0xa0, &location))]);
    let good = sequence(&[point]);
    assert_eq!(with(false, &good), Ok(()));
    let error = CertificateError::UnknownCriticalExtension("2.5.29.31".into());
    assert!(
        error.to_string().contains("extension 2.5.29.31:"),
        "{error}"
    );
    assert_eq!(with(true, &good), Err(error));
    let error = CertificateError::Malformed(Field::DistributionPoints);
    for wrong in [
        &[][..],
        b"text",
        &sequence(&[]),
        &sequence(&[tlv(5, &[])]),
        &[0x30, 0x80, 0, 0],
    ] {
        assert_eq!(with(false, wrong), Err(error.clone()), "{wrong:?}");
    }
}

#[test]
fn each_field_has_its_error() {
    use CertificateError as E;
    let replaced = |index: usize, part: Vec<u8>| {
        let mut parts = good_parts();
        parts[index] = part;
        parse_tbs(&parts)
    };
    assert_eq!(parse_tbs(&good_parts()), Ok(()));
    // Version 1 says nothing; version 2 says 1.
    assert_eq!(parse_tbs(&good_parts()[1..]), Err(E::Version(0)));
    assert_eq!(replaced(0, tlv(0xa0, &tlv(2, &[1]))), Err(E::Version(1)));
    assert_eq!(
        replaced(0, tlv(0xa0, &tlv(2, &[0, 2]))),
        Err(E::Malformed(Field::Version))
    );
    assert_eq!(
        replaced(2, sequence(&[tlv(6, &[0x2b, 0x65, 0x71])])),
        Err(E::AlgorithmMismatch)
    );
    assert_eq!(
        replaced(3, sequence(&[tlv(0x30, &[])])),
        Err(E::Malformed(Field::Issuer))
    );
    assert_eq!(
        replaced(4, sequence(&[])),
        Err(E::Malformed(Field::Validity))
    );
    assert_eq!(
        replaced(7, tlv(0xa3, &sequence(&[]))),
        Err(E::Malformed(Field::Extensions))
    );
    let mut parts = good_parts();
    parts.insert(7, tlv(0x81, &[0, 1]));
    assert_eq!(parse_tbs(&parts), Err(E::UniqueIdentifier));
    let mut parts = good_parts();
    parts.push(tlv(5, &[]));
    assert_eq!(
        parse_tbs(&parts),
        Err(E::TrailingBytes {
            field: Field::TbsCertificate,
            excess: 2
        })
    );
}

#[test]
fn keys_have_one_encoding() {
    use CertificateError as E;
    let with_spki = |spki: Vec<u8>| {
        let mut parts = good_parts();
        parts[6] = spki;
        parse_tbs(&parts)
    };
    let ed25519 = |bytes: &[u8]| {
        with_spki(sequence(&[
            sequence(&[tlv(6, &[0x2b, 0x65, 0x70])]),
            bit_string(bytes),
        ]))
    };
    let mut not_canonical = [0xff; 32];
    assert_eq!(ed25519(&not_canonical), Err(E::KeyEncoding));
    not_canonical[31] = 0x7f;
    not_canonical[0] = 0xed;
    assert_eq!(ed25519(&not_canonical), Err(E::KeyEncoding));
    not_canonical[0] = 0xec;
    assert_eq!(ed25519(&not_canonical), Ok(()));
    assert_eq!(ed25519(&[1; 31]), Err(E::KeyEncoding));
    assert_eq!(ed25519(&[1; 33]), Err(E::KeyEncoding));

    let ec = [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    let p256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    let p384 = [0x2b, 0x81, 4, 0, 0x22];
    let on = |curve: &[u8], bytes: &[u8]| {
        with_spki(sequence(&[
            sequence(&[tlv(6, &ec), tlv(6, curve)]),
            bit_string(bytes),
        ]))
    };
    let [_, SigningKey::P256(key), ..] = keys() else {
        unreachable!()
    };
    let point = key.verifying_key().to_encoded_point(false);
    let compressed = key.verifying_key().to_encoded_point(true);
    assert_eq!(on(&p256, point.as_bytes()), Ok(()));
    assert_eq!(on(&p256, compressed.as_bytes()), Err(E::KeyEncoding));
    assert_eq!(on(&p384, point.as_bytes()), Err(E::KeyEncoding));
    let p521 = [0x2b, 0x81, 4, 0, 0x23];
    assert_eq!(on(&p521, point.as_bytes()), Err(E::UnknownKeyAlgorithm));
    let [_, _, SigningKey::P384(key), ..] = keys() else {
        unreachable!()
    };
    let point = key.verifying_key().to_encoded_point(false);
    let compressed = key.verifying_key().to_encoded_point(true);
    assert_eq!(on(&p384, point.as_bytes()), Ok(()));
    assert_eq!(on(&p384, compressed.as_bytes()), Err(E::KeyEncoding));
    assert_eq!(on(&p256, point.as_bytes()), Err(E::KeyEncoding));
}

#[test]
fn trailing_bytes_and_lengths() {
    use CertificateError as E;
    for key in keys() {
        let der = rich_certificate(&key);
        let followed = [der.clone(), vec![0, 0]].concat();
        assert_eq!(
            ParsedCertificate::parse(&followed),
            Err(E::TrailingBytes {
                field: Field::Certificate,
                excess: 2
            })
        );
        // The same length in three bytes instead of two, and the indefinite form.
        let contents = &der[4..];
        assert_eq!(der[..2], [0x30, 0x82]);
        let mut long = vec![0x30, 0x83, 0, der[2], der[3]];
        long.extend_from_slice(contents);
        let mut indefinite = vec![0x30, 0x80];
        indefinite.extend_from_slice(contents);
        indefinite.extend_from_slice(&[0, 0]);
        for wrong in [long, indefinite, vec![], vec![0x30]] {
            assert_eq!(
                ParsedCertificate::parse(&wrong),
                Err(E::Malformed(Field::Certificate))
            );
        }
        for end in 0..der.len() {
            assert!(ParsedCertificate::parse(&der[..end]).is_err());
        }
    }
}

#[test]
fn unknown_signature_algorithms() {
    use CertificateError as E;
    let rsa = |last: u8| tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last]);
    for (identifier, expected) in [
        // ecdsa-with-SHA1, sha1WithRSAEncryption.
        (
            sequence(&[tlv(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1])]),
            E::Sha1,
        ),
        (sequence(&[rsa(5), tlv(5, &[])]), E::Sha1),
        // md5WithRSAEncryption, sha224WithRSAEncryption, Ed448.
        (
            sequence(&[rsa(4), tlv(5, &[])]),
            E::UnknownSignatureAlgorithm,
        ),
        (
            sequence(&[rsa(14), tlv(5, &[])]),
            E::UnknownSignatureAlgorithm,
        ),
        (
            sequence(&[tlv(6, &[0x2b, 0x65, 0x71])]),
            E::UnknownSignatureAlgorithm,
        ),
        // Ed25519 with a parameter, which it must not have, and RSA without the NULL that it must.
        (
            sequence(&[tlv(6, &[0x2b, 0x65, 0x70]), tlv(5, &[])]),
            E::UnknownSignatureAlgorithm,
        ),
        (sequence(&[rsa(11)]), E::UnknownSignatureAlgorithm),
        // Defaults of RSASSA-PSS are SHA-1.
        (sequence(&[rsa(10), sequence(&[])]), E::PssParameters),
        (sequence(&[rsa(10)]), E::PssParameters),
        (sequence(&[]), E::Malformed(Field::Algorithm)),
    ] {
        assert_eq!(parse_algorithm(&identifier), Err(expected));
    }
}

/// What becomes of a certificate with this algorithm inside and outside.
fn parse_algorithm(identifier: &[u8]) -> Result<SignatureAlgorithm, CertificateError> {
    let mut parts = good_parts();
    parts[2] = identifier.to_vec();
    let outer = identifier.to_vec();
    let der = sequence(&[sequence(&parts), outer, bit_string(&[0; 64])]);
    ParsedCertificate::parse(&der).map(|parsed| parsed.signature_algorithm())
}

#[test]
fn pss_parameters() {
    use CertificateError as E;
    let nist = |last: u8| tlv(6, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last]);
    let null = || tlv(5, &[]);
    let mgf1 = || tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8]);
    let pss = |fields: &[Vec<u8>]| {
        let kind = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10]);
        parse_algorithm(&sequence(&[kind, sequence(fields)]))
    };
    let of = |digest: &[Vec<u8>], mask: &[Vec<u8>], salt: &[u8]| {
        vec![
            tlv(0xa0, &sequence(digest)),
            tlv(0xa1, &sequence(&[mgf1(), sequence(mask)])),
            tlv(0xa2, &tlv(2, salt)),
        ]
    };
    for (digest, salt, algorithm) in [
        (1, 32, SignatureAlgorithm::RsaPssSha256),
        (2, 48, SignatureAlgorithm::RsaPssSha384),
        (3, 64, SignatureAlgorithm::RsaPssSha512),
    ] {
        let (with, without) = ([nist(digest), null()], [nist(digest)]);
        // RFC 4055, 2.1: NULL or nothing.
        for one in [&with[..], &without[..]] {
            for other in [&with[..], &without[..]] {
                assert_eq!(pss(&of(one, other, &[salt])), Ok(algorithm));
            }
        }
        let mut with_trailer = of(&with, &with, &[salt]);
        with_trailer.push(tlv(0xa3, &tlv(2, &[1])));
        for wrong in [
            of(&with, &with, &[20]),
            of(&with, &with, &[salt + 1]),
            of(&with, &with, &[0, salt]),
            of(&with, &[nist(digest % 3 + 1), null()], &[salt]),
            of(&[nist(4), null()], &[nist(4), null()], &[28]),
            of(&[nist(digest), tlv(5, &[0])], &with, &[salt]),
            of(&[nist(digest), null(), null()], &with, &[salt]),
            with_trailer,
            of(&with, &with, &[salt])[..2].to_vec(),
            of(&with, &with, &[salt])[1..].to_vec(),
        ] {
            assert_eq!(pss(&wrong), Err(E::PssParameters), "{wrong:x?}");
        }
    }
}

#[test]
fn rsa_keys() {
    use CertificateError as E;
    let rsa = |last: u8| tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last]);
    let with = |kind: u8, key: &[u8]| {
        let mut parts = good_parts();
        parts[6] = sequence(&[sequence(&[rsa(kind), tlv(5, &[])]), bit_string(key)]);
        parse_tbs(&parts)
    };
    let modulus = |bytes: usize, first: u8| {
        let mut modulus = vec![0xff; bytes];
        modulus[0] = first;
        if first >= 0x80 {
            modulus.insert(0, 0);
        }
        modulus
    };
    let key =
        |modulus: &[u8], exponent: &[u8]| with(1, &sequence(&[tlv(2, modulus), tlv(2, exponent)]));
    for bytes in [256, 257, 300, 512] {
        assert_eq!(key(&modulus(bytes, 0x80), &[1, 0, 1]), Ok(()));
    }
    for exponent in [&[3][..], &[17], &[0, 0xff, 0xff]] {
        assert_eq!(key(&modulus(256, 0xff), exponent), Ok(()));
    }
    for exponent in [
        &[1][..],
        &[2],
        &[4],
        &[1, 0, 0],
        &[1, 0, 3],
        &[1, 0, 0, 0, 1],
        &[0x7f; 256],
    ] {
        let outcome = key(&modulus(256, 0xff), exponent);
        assert_eq!(outcome, Err(E::RsaExponent), "{exponent:x?}");
    }
    for (bytes, first, bits) in [
        (128, 0x80, 1024),
        (256, 0x7f, 2047),
        (257, 1, 2049),
        (513, 1, 4097),
        (513, 0x80, 4104),
        (1024, 0x80, 8192),
    ] {
        let outcome = key(&modulus(bytes, first), &[1, 0, 1]);
        assert_eq!(outcome, Err(E::RsaModulusSize(bits)));
    }
    let mut even = modulus(256, 0x80);
    *even.last_mut().unwrap() = 0xfe;
    assert_eq!(key(&even, &[1, 0, 1]), Err(E::RsaModulusEven));
    // Negative, not minimal, zero, empty.
    for wrong in [
        &modulus(256, 0x80)[1..],
        &[0, 0x7f, 1][..],
        &[0, 0, 0x80],
        &[0],
        &[],
    ] {
        assert_eq!(key(wrong, &[1, 0, 1]), Err(E::KeyEncoding), "{wrong:x?}");
        let outcome = key(&modulus(256, 0x80), wrong);
        assert!(
            matches!(outcome, Err(E::KeyEncoding | E::RsaExponent)),
            "{outcome:?}"
        );
    }
    let good = sequence(&[tlv(2, &modulus(256, 0x80)), tlv(2, &[3])]);
    assert_eq!(with(10, &good), Err(E::PssKey));
    let followed = [good, vec![5, 0]].concat();
    assert!(matches!(with(1, &followed), Err(E::TrailingBytes { .. })));
}

/// Every padding and digest signs, and none passes as another.
#[test]
fn rsa_signatures() {
    let key = rsa_key();
    for algorithm in SignatureAlgorithm::ALL {
        let mut builder = agent();
        builder.serial = vec![2];
        let signed = builder.sign_with(&key.spki(), &key, algorithm);
        if algorithm.key_algorithm() != KeyAlgorithm::Rsa {
            assert_eq!(signed, Err(builder::AlgorithmError(algorithm)));
            continue;
        }
        let der = signed.unwrap();
        let parsed = ParsedCertificate::parse(&der).unwrap();
        assert_eq!(parsed.signature_algorithm(), algorithm);
        assert_eq!(parsed.public_key().rsa_modulus_bits(), Some(2048));
        assert_eq!(parsed.signature().len(), 256);
        for other in SignatureAlgorithm::ALL {
            let outcome = parsed.verify_message(other, parsed.tbs(), parsed.signature());
            assert_eq!(outcome.is_ok(), other == algorithm, "{other}");
        }
        // The same number with the modulus added, and with a zero in front: another encoding.
        let longer = [&[0], parsed.signature()].concat();
        let outcome = parsed.verify_message(algorithm, parsed.tbs(), &longer);
        assert_eq!(outcome, Err(SignatureError::Invalid));
        let outcome = parsed.verify_message(algorithm, parsed.tbs(), &[0xff; 256]);
        assert_eq!(outcome, Err(SignatureError::Invalid));
        parsed.verify_self_issued().unwrap();
    }
}

#[test]
fn self_issued_means_same_name_and_own_signature() {
    let [key, other, ..] = keys();
    let mut builder = agent();
    builder.issuer = name(&["somebody else"]);
    let der = builder.sign_self(&key);
    let parsed = ParsedCertificate::parse(&der).unwrap();
    assert_eq!(
        parsed.verify_self_issued(),
        Err(SignatureError::NotSelfIssued)
    );

    let der = agent().sign(&key.spki(), &SigningKey::ed25519([8; 32]));
    let parsed = ParsedCertificate::parse(&der).unwrap();
    assert_eq!(parsed.verify_self_issued(), Err(SignatureError::Invalid));

    // Says that a P-256 key signed it, but the key in it is an Ed25519 key.
    let der = agent().sign(&key.spki(), &other);
    let parsed = ParsedCertificate::parse(&der).unwrap();
    assert!(matches!(
        parsed.verify_self_issued(),
        Err(SignatureError::WrongAlgorithm { .. })
    ));
}

#[test]
fn issued_by_another_key() {
    let [issuer, subject, ..] = keys();
    let issuer_der = agent().sign_self(&issuer);
    let mut builder = CertificateBuilder::self_issued("child");
    builder.issuer = agent().subject;
    let child_der = builder.sign(&subject.spki(), &issuer);
    let issuer = ParsedCertificate::parse(&issuer_der).unwrap();
    let child = ParsedCertificate::parse(&child_der).unwrap();
    assert_eq!(child.verify_signed_by(&issuer), Ok(()));
    assert!(issuer.verify_signed_by(&child).is_err());
}

#[test]
fn messages() {
    for key in keys() {
        let der = agent().sign_self(&key);
        let parsed = ParsedCertificate::parse(&der).unwrap();
        let signature = key.sign(b"message");
        let verify = |message: &[u8], signature: &[u8]| {
            parsed.verify_message(key.algorithm(), message, signature)
        };
        assert_eq!(verify(b"message", &signature), Ok(()));
        assert_eq!(verify(b"massage", &signature), Err(SignatureError::Invalid));
        assert_eq!(verify(b"message", b""), Err(SignatureError::Invalid));
        let longer = [&signature[..], &[0]].concat();
        assert_eq!(verify(b"message", &longer), Err(SignatureError::Invalid));
        for bit in 0..signature.len() * 8 {
            let mut wrong = signature.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(b"message", &wrong), Err(SignatureError::Invalid));
        }
        for other in SignatureAlgorithm::ALL {
            let outcome = parsed.verify_message(other, b"message", &signature);
            let expected = if other.key_algorithm() != key.key_algorithm() {
                Err(SignatureError::WrongAlgorithm {
                    declared: other,
                    actual: key.algorithm(),
                })
            } else if other != key.algorithm() {
                Err(SignatureError::Invalid)
            } else {
                Ok(())
            };
            assert_eq!(outcome, expected, "{other}");
        }
    }
}

/// (r, n − s) verifies like (r, s): the twin has another fingerprint, but the same key and the same serial.
#[test]
fn malleated_twin_has_the_same_key() {
    let [_, p256, p384, _] = keys();
    for (key, malleate) in [
        (p256, malleate_p256 as fn(&[u8]) -> _),
        (p384, malleate_p384),
    ] {
        let tbs = agent().tbs(key.algorithm(), &key.spki());
        let signature = key.sign(&tbs);
        let one = certificate(&tbs, key.algorithm(), &signature);
        let two = certificate(&tbs, key.algorithm(), &malleate(&signature));
        let one = ParsedCertificate::parse(&one).unwrap();
        let two = ParsedCertificate::parse(&two).unwrap();
        assert_ne!(one.fingerprint(), two.fingerprint());
        assert_eq!(one.key_fingerprint(), two.key_fingerprint());
        assert_eq!(one.tbs(), two.tbs());
        one.verify_self_issued().unwrap();
        two.verify_self_issued().unwrap();
    }
}

fn malleate_p256(signature: &[u8]) -> Vec<u8> {
    let signature = p256::ecdsa::Signature::from_der(signature).unwrap();
    let (r, s) = signature.split_scalars();
    let twin = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
    twin.to_der().as_bytes().to_vec()
}

fn malleate_p384(signature: &[u8]) -> Vec<u8> {
    let signature = p384::ecdsa::Signature::from_der(signature).unwrap();
    let (r, s) = signature.split_scalars();
    let twin = p384::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
    twin.to_der().as_bytes().to_vec()
}

/// A key of small order: anything "verifies" with the neutral element unless checked strictly.
#[test]
fn ed25519_is_strict() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let spki = sequence(&[
        sequence(&[tlv(6, &[0x2b, 0x65, 0x70])]),
        bit_string(&neutral),
    ]);
    let tbs = agent().tbs(SignatureAlgorithm::Ed25519, &spki);
    // R = neutral element, s = 0 satisfies s·B = R + h·A for every message.
    let signature = [&neutral[..], &[0; 32]].concat();
    let der = certificate(&tbs, SignatureAlgorithm::Ed25519, &signature);
    let parsed = ParsedCertificate::parse(&der).unwrap();
    assert_eq!(parsed.verify_self_issued(), Err(SignatureError::Invalid));
}

/// One with every extension that is read.
fn rich_certificate(key: &SigningKey) -> Vec<u8> {
    let email = tlv(0x81, b"agent@example.org");
    let uri = tlv(0x86, b"https://example.org/agent");
    let names = [
        tlv(0x82, b"example.org"),
        tlv(0x87, &[192, 0, 2, 1]),
        email,
        uri,
    ];
    let bases = [
        tlv(0x82, b"example.org"),
        tlv(0x81, b".example.org"),
        tlv(0x86, b"example.org"),
        tlv(0x87, &[192, 0, 2, 0, 255, 255, 255, 0]),
        tlv(0xa4, &name(&["agent"])),
    ];
    let location = tlv(0xa0, &tlv(0xa0, &tlv(0x86, b"http://example.org/list")));
    let points = sequence(&[sequence(&[location])]);
    let mut builder = agent();
    builder.extensions.extend([
        key_usage(&[KeyUsage::KEY_CERT_SIGN]),
        extended_key_usage(&[oid::CLIENT_AUTH, oid::ANY_PURPOSE]),
        alternative_names(false, &names),
        name_constraints(&bases[..3], &bases[3..]),
        subject_key_identifier(b"own"),
        authority_key_identifier(b"own"),
        extension(oid::CRL_DISTRIBUTION_POINTS, false, &points),
    ]);
    builder.sign_self(key)
}

/// Each edit changes, inserts or removes one byte.
fn edit(original: &[u8], edits: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    let mut der = original.to_vec();
    for (position, kind, byte) in edits {
        let at = position.index(der.len());
        match kind {
            0 => der[at] = *byte,
            1 => der.insert(at, *byte),
            _ => drop(der.remove(at)),
        }
    }
    der
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// Bytes changed, inserted, removed: an error or a certificate that the second opinion accepts
    /// as well, and never a changed one that is verified.
    #[test]
    fn mutated_certificates(
        index in 0_usize..4,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3, any::<u8>()), 1..4),
    ) {
        let key = &keys()[index];
        let original = rich_certificate(key);
        let der = edit(&original, &edits);
        match ParsedCertificate::parse(&der) {
            Err(error) => {
                prop_assert_ne!(&error, &CertificateError::SecondOpinion);
                prop_assert!(!error.to_string().is_empty());
            }
            Ok(parsed) => {
                let is_verified = parsed.verify_self_issued().is_ok();
                prop_assert!(!is_verified || der == original);
            }
        }
    }

    #[test]
    fn random_bytes_are_no_certificate(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(ParsedCertificate::parse(&bytes).is_err());
    }
}
