//! Revocation lists, good and spoiled.

use proptest::prelude::*;

use crate::{
    builder::{
        CertificateBuilder, SigningKey, extension, key_usage, name, sequence,
        subject_key_identifier, tlv,
    },
    crl::assemble,
    *,
};

/// What an extension of `2a 03` is, if it is critical.
fn unknown_extension() -> CertificateError {
    CertificateError::UnknownCriticalExtension("1.2.3".into())
}

const THIS: u64 = 1_800_000_000;
const NEXT: u64 = THIS + 86_400;

fn key() -> SigningKey {
    SigningKey::ed25519([7; 32])
}

fn entries() -> Vec<CrlEntry<'static>> {
    const SERIALS: [&[u8]; 4] = [&[5], &[0, 0x80], &[1], &[0x7f; 20]];
    let reasons = [
        RevocationReason::Unspecified.into(),
        RevocationReason::KeyCompromise.into(),
        CrlReason::CertificateHold,
        RevocationReason::AaCompromise.into(),
    ];
    let pairs = SERIALS.into_iter().zip(reasons);
    pairs
        .zip(THIS..)
        .map(|((serial, reason), date)| CrlEntry {
            serial,
            date,
            reason,
        })
        .collect()
}

fn builder<'a>(issuer: &'a [u8], entries: Vec<CrlEntry<'a>>) -> CrlBuilder<'a> {
    CrlBuilder {
        issuer,
        algorithm: key().algorithm(),
        this_update: THIS,
        next_update: NEXT,
        number: 300,
        authority_key_identifier: Some(b"key"),
        entries,
    }
}

fn sign(builder: &CrlBuilder<'_>) -> Vec<u8> {
    let tbs = builder.tbs().unwrap();
    assemble(&tbs, builder.algorithm, &key().sign(&tbs))
}

/// A signed list out of the fields of `tbsCertList`.
fn from_fields(fields: &[Vec<u8>]) -> Vec<u8> {
    let tbs = sequence(fields);
    assemble(&tbs, key().algorithm(), &key().sign(&tbs))
}

/// Version, algorithm, issuer, two times, entries, extensions.
fn fields() -> Vec<Vec<u8>> {
    let issuer = name(&["issuer"]);
    let tbs = builder(&issuer, entries()).tbs().unwrap();
    let mut cursor = reader::Cursor::new(&tbs, Field::CertificateList)
        .sequence()
        .unwrap();
    let mut fields = Vec::new();
    while !cursor.at_end() {
        fields.push(cursor.next().unwrap().raw.to_vec());
    }
    fields
}

fn parse_fields(change: impl Fn(&mut Vec<Vec<u8>>)) -> Result<(), CrlError> {
    let mut fields = fields();
    change(&mut fields);
    ParsedCrl::parse(&from_fields(&fields)).map(|_| ())
}

fn issuer_with(extensions: Vec<Vec<u8>>) -> Vec<u8> {
    let mut issuer = CertificateBuilder::self_issued("issuer");
    issuer.extensions.extend(extensions);
    issuer.sign_self(&key())
}

#[test]
fn what_a_list_says() {
    let issuer = name(&["issuer"]);
    let der = sign(&builder(&issuer, entries()));
    let list = ParsedCrl::parse(&der).unwrap();
    assert_eq!(list.der(), der);
    assert_eq!(list.issuer(), issuer);
    assert_eq!((list.this_update(), list.next_update()), (THIS, NEXT));
    assert_eq!(list.number(), [1, 0x2c]);
    let authority = list.authority_key_identifier().unwrap();
    assert_eq!(authority.key_identifier, Some(&b"key"[..]));
    assert_eq!(list.entries().len(), 4);
    for entry in entries() {
        assert_eq!(list.find(entry.serial), Some(entry));
        assert!(list.entries().any(|other| other == entry));
    }
    for missing in [&[2][..], &[], &[0, 5], &[0x7f; 19]] {
        assert_eq!(list.find(missing), None);
    }
    let empty = sign(&builder(&issuer, vec![]));
    let list = ParsedCrl::parse(&empty).unwrap();
    assert_eq!(list.entries().len(), 0);
}

/// The order in which entries are handed over makes no difference.
#[test]
fn the_same_contents_are_the_same_bytes() {
    let issuer = name(&["issuer"]);
    let mut reversed = entries();
    reversed.reverse();
    assert_eq!(
        builder(&issuer, entries()).tbs(),
        builder(&issuer, reversed).tbs()
    );
}

#[test]
fn whose_list_it_is() {
    let issuer_name = name(&["ISSUER"]);
    let der = sign(&builder(&issuer_name, entries()));
    let list = ParsedCrl::parse(&der).unwrap();
    let verify = |issuer: &[u8]| {
        let issuer = ParsedCertificate::parse(issuer).unwrap();
        list.verify_issued_by(&issuer)
    };
    assert_eq!(verify(&issuer_with(vec![])), Ok(()));
    let with_key = vec![
        key_usage(&[KeyUsage::CRL_SIGN]),
        subject_key_identifier(b"key"),
    ];
    assert_eq!(verify(&issuer_with(with_key)), Ok(()));

    let other = CertificateBuilder::self_issued("other").sign_self(&key());
    assert_eq!(verify(&other), Err(CrlError::IssuerName));
    let other_key = issuer_with(vec![subject_key_identifier(b"another key")]);
    assert_eq!(verify(&other_key), Err(CrlError::KeyIdentifiers));
    let no_usage = issuer_with(vec![key_usage(&[KeyUsage::KEY_CERT_SIGN])]);
    assert_eq!(verify(&no_usage), Err(CrlError::CrlSign));
    let another = SigningKey::ed25519([8; 32]);
    let stranger = CertificateBuilder::self_issued("issuer").sign_self(&another);
    let error = CrlError::Signature(SignatureError::Invalid);
    assert_eq!(verify(&stranger), Err(error));
    let p256 = SigningKey::p256([8; 32]).unwrap();
    let stranger = CertificateBuilder::self_issued("issuer").sign_self(&p256);
    assert!(matches!(
        verify(&stranger),
        Err(CrlError::Signature(SignatureError::WrongAlgorithm { .. }))
    ));
}

#[test]
fn each_field_has_its_error() {
    use CertificateError as C;
    use CrlError as E;
    assert_eq!(parse_fields(|_| {}), Ok(()));
    assert_eq!(
        parse_fields(|fields| drop(fields.remove(0))),
        Err(E::Version)
    );
    assert_eq!(
        parse_fields(|fields| fields[0] = tlv(2, &[2])),
        Err(E::Version)
    );
    assert_eq!(
        parse_fields(|fields| fields[1] = sequence(&[tlv(6, &[0x2b, 0x65, 0x71])])),
        Err(C::AlgorithmMismatch.into())
    );
    assert_eq!(
        parse_fields(|fields| fields[2] = sequence(&[])),
        Err(C::IssuerEmpty.into())
    );
    assert_eq!(
        parse_fields(|fields| drop(fields.remove(4))),
        Err(E::NextUpdateMissing)
    );
    assert_eq!(
        parse_fields(|fields| fields.swap(3, 4)),
        Err(E::UpdatesReversed {
            this_update: NEXT,
            next_update: THIS
        })
    );
    assert_eq!(
        parse_fields(|fields| fields[3] = tlv(0x18, b"20270115080000Z")),
        Err(C::TimeForm.into())
    );
    assert_eq!(
        parse_fields(|fields| fields[5] = sequence(&[])),
        Err(E::NoEntries)
    );
    assert_eq!(
        parse_fields(|fields| drop(fields.pop())),
        Err(E::NumberMissing)
    );
    assert!(matches!(
        parse_fields(|fields| fields.push(tlv(5, &[]))),
        Err(E::Form(C::TrailingBytes { .. }))
    ));
    let issuer = name(&["issuer"]);
    let mut der = sign(&builder(&issuer, entries()));
    der.push(0);
    assert!(matches!(
        ParsedCrl::parse(&der),
        Err(E::Form(C::TrailingBytes { excess: 1, .. }))
    ));
}

/// An entry: serial, date, extensions.
fn entry(serial: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut fields = vec![tlv(2, serial), tlv(0x17, b"270115080000Z")];
    if !extensions.is_empty() {
        fields.push(sequence(extensions));
    }
    sequence(&fields)
}

#[test]
fn each_entry_has_its_error() {
    use CertificateError as C;
    use CrlError as E;
    let of = |entries: &[Vec<u8>]| {
        let entries = sequence(entries);
        parse_fields(|fields| fields[5] = entries.clone())
    };
    let with = |extensions: &[Vec<u8>]| of(&[entry(&[1], extensions)]);
    let reason = |number: u8| extension(oid::CRL_REASON, false, &tlv(0x0a, &[number]));
    for number in 0..=11 {
        let expected = match number {
            7 | 8 | 11 => Err(E::Reason(number)),
            _ => Ok(()),
        };
        assert_eq!(with(&[reason(number)]), expected);
    }
    assert_eq!(
        with(&[reason(1), reason(1)]),
        Err(C::DuplicateExtension.into())
    );
    let date = extension(oid::INVALIDITY_DATE, false, &tlv(0x18, b"20260115080000Z"));
    assert_eq!(with(&[date, reason(1)]), Ok(()));
    let issuer = tlv(0xa4, &name(&["other"]));
    let indirect = extension(oid::CERTIFICATE_ISSUER, true, &sequence(&[issuer]));
    assert_eq!(with(&[indirect]), Err(E::Indirect));
    let unknown = |is_critical| extension(&[0x2a, 3], is_critical, b"");
    assert_eq!(with(&[unknown(false)]), Ok(()));
    assert_eq!(with(&[unknown(true)]), Err(unknown_extension().into()));
    let malformed = extension(oid::CRL_REASON, false, &tlv(2, &[1]));
    assert_eq!(
        with(&[malformed]),
        Err(C::Malformed(Field::RevokedCertificates).into())
    );
    for (serial, error) in [
        (&[0][..], C::SerialNotPositive),
        (&[0x80], C::SerialNotPositive),
        (&[0x7f; 21], C::SerialTooLong(21)),
        (&[0x7f; 33], C::SerialTooLong(33)),
    ] {
        assert_eq!(of(&[entry(serial, &[])]), Err(error.into()));
    }
    let twice = [
        entry(&[2], &[]),
        entry(&[1], &[]),
        entry(&[2], &[reason(6)]),
    ];
    assert_eq!(of(&twice), Err(E::DuplicateEntry));
}

#[test]
fn each_extension_has_its_error() {
    use CertificateError as C;
    use CrlError as E;
    let number = || extension(oid::CRL_NUMBER, false, &tlv(2, &[1]));
    let of = |extensions: &[Vec<u8>]| {
        let extensions = tlv(0xa0, &sequence(extensions));
        parse_fields(|fields| *fields.last_mut().unwrap() = extensions.clone())
    };
    assert_eq!(of(&[number()]), Ok(()));
    let with = |other| of(&[number(), other]);
    assert_eq!(
        with(extension(oid::DELTA_CRL_INDICATOR, true, &tlv(2, &[1]))),
        Err(E::Delta)
    );
    let distribution =
        |fields: &[Vec<u8>]| extension(oid::ISSUING_DISTRIBUTION_POINT, true, &sequence(fields));
    for restriction in [
        tlv(0xa0, &tlv(0xa0, &tlv(0x86, b"http://example.org/"))),
        tlv(0x81, &[0xff]),
        tlv(0x82, &[0xff]),
        tlv(0x83, &[7, 0x80]),
        tlv(0x84, &[0xff]),
    ] {
        assert_eq!(
            with(distribution(&[restriction])),
            Err(E::IssuingDistributionPoint)
        );
    }
    // Without a restriction it says nothing, critical though it is; but the other library wants it to say something.
    assert_eq!(with(distribution(&[])), Err(E::SecondOpinion));
    assert_eq!(
        with(extension(&[0x2a, 3], true, b"")),
        Err(unknown_extension().into())
    );
    assert_eq!(with(extension(&[0x2a, 3], false, b"")), Ok(()));
    assert_eq!(with(number()), Err(C::DuplicateExtension.into()));
    let authority = sequence(&[tlv(0x80, b"key")]);
    assert_eq!(
        with(extension(oid::AUTHORITY_KEY_IDENTIFIER, true, &authority)),
        Err(C::MustNotBeCritical(Field::AuthorityKeyIdentifier).into())
    );
    let critical = extension(oid::CRL_NUMBER, true, &tlv(2, &[1]));
    assert_eq!(
        of(&[critical]),
        Err(C::MustNotBeCritical(Field::CrlNumber).into())
    );
    for (contents, expected) in [
        (&[0][..], Ok(())),
        (&[0x7f; 20], Ok(())),
        (&[0x7f; 21], Err(E::NumberRange)),
        (&[0x80], Err(E::NumberRange)),
        (&[0, 1], Err(C::Malformed(Field::CrlNumber).into())),
        (&[], Err(C::Malformed(Field::CrlNumber).into())),
    ] {
        let number = extension(oid::CRL_NUMBER, false, &tlv(2, contents));
        assert_eq!(of(&[number]), expected, "{contents:?}");
    }
}

#[test]
fn sizes() {
    let issuer = name(&["issuer"]);
    let serials: Vec<Vec<u8>> = (0..2000_u32)
        .map(|index| [&[1][..], &index.to_be_bytes()].concat())
        .collect();
    let of = |count: usize| {
        let entries = serials[..count].iter().map(|serial| CrlEntry {
            serial,
            date: THIS,
            reason: RevocationReason::KeyCompromise.into(),
        });
        builder(&issuer, entries.collect()).tbs()
    };
    let (mut fits, mut too_many) = (1, 2000);
    while too_many - fits > 1 {
        let middle = (fits + too_many) / 2;
        match of(middle) {
            Ok(_) => fits = middle,
            Err(error) => {
                assert!(matches!(
                    error,
                    CrlError::TooLong {
                        limit: MAX_CRL_SIZE,
                        ..
                    }
                ));
                too_many = middle;
            }
        }
    }
    let tbs = of(fits).unwrap();
    let der = assemble(&tbs, key().algorithm(), &key().sign(&tbs));
    let most = MAX_CRL_SIZE as usize;
    assert!((most - 68..=most).contains(&der.len()), "{}", der.len());
    let list = ParsedCrl::parse(&der).unwrap();
    assert_eq!(list.entries().len(), fits);
    let mut longer = der;
    longer.resize(most + 1, 0);
    assert_eq!(
        ParsedCrl::parse(&longer),
        Err(CrlError::TooLong {
            size: most + 1,
            limit: MAX_CRL_SIZE
        })
    );
}

#[test]
fn what_cannot_be_written() {
    let issuer = name(&["issuer"]);
    let mut late = builder(&issuer, vec![]);
    late.next_update = 253_402_300_800;
    assert_eq!(late.tbs(), Err(CrlError::Time(253_402_300_800)));
    let mut reversed = builder(&issuer, vec![]);
    reversed.next_update = THIS - 1;
    assert!(matches!(
        reversed.tbs(),
        Err(CrlError::UpdatesReversed { .. })
    ));
    let twice = [entries(), entries()].concat();
    assert_eq!(builder(&issuer, twice).tbs(), Err(CrlError::DuplicateEntry));
    // From 2050 on, times have the other form.
    let mut next_century = builder(&issuer, vec![]);
    next_century.next_update = 4_102_444_800;
    let der = sign(&next_century);
    let list = ParsedCrl::parse(&der).unwrap();
    assert_eq!(list.next_update(), 4_102_444_800);
}

#[test]
fn reasons_have_the_numbers_of_the_standard() {
    use parity_scale_codec::{Decode, Encode};
    for reason in RevocationReason::ALL {
        let number = reason.number();
        assert_eq!(RevocationReason::from_number(number), Some(reason));
        assert_eq!(reason.encode(), [number]);
        assert_eq!(RevocationReason::decode(&mut &[number][..]), Ok(reason));
        assert_eq!(reason.to_string(), reason.name());
    }
    // A hold and the removal from a delta list are none for good.
    for number in [6, 7, 8, 11, 255] {
        assert_eq!(RevocationReason::from_number(number), None);
        assert!(RevocationReason::decode(&mut &[number][..]).is_err());
    }
    for reason in reasons() {
        assert_eq!(CrlReason::from_number(reason.number()), Some(reason));
        assert_eq!(reason.to_string(), reason.name());
    }
    assert_eq!(CrlReason::CertificateHold.number(), 6);
    for number in [7, 8, 11, 255] {
        assert_eq!(CrlReason::from_number(number), None);
    }
}

/// Every reason that an entry may have.
fn reasons() -> impl Iterator<Item = CrlReason> {
    let for_good = RevocationReason::ALL.into_iter().map(CrlReason::from);
    for_good.chain([CrlReason::CertificateHold])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// What is written is read back.
    #[test]
    fn written_lists_are_read(
        serials in prop::collection::btree_set(prop::collection::vec(1_u8..0x80, 1..=20), 0..40),
        date in 0_u64..253_402_300_800,
        number in any::<u64>(),
        reason in prop::sample::select(reasons().collect::<Vec<_>>()),
    ) {
        let issuer = name(&["issuer"]);
        let entries = serials.iter().map(|serial| CrlEntry {
            serial,
            date,
            reason,
        });
        let mut written = builder(&issuer, entries.collect());
        written.number = number;
        let der = sign(&written);
        let list = ParsedCrl::parse(&der).unwrap();
        prop_assert_eq!(list.entries().len(), serials.len());
        for entry in &written.entries {
            prop_assert_eq!(list.find(entry.serial), Some(*entry));
        }
        let read = list.number().iter().fold(0_u128, |value, byte| value << 8 | u128::from(*byte));
        prop_assert_eq!(read, u128::from(number));
    }

    /// Bytes changed, inserted, removed: an error or a list, and never a changed one that is the issuer's.
    #[test]
    fn mutated_lists(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3, any::<u8>()), 1..4),
    ) {
        let issuer_name = name(&["issuer"]);
        let original = sign(&builder(&issuer_name, entries()));
        let der = super::edit(&original, &edits);
        match ParsedCrl::parse(&der) {
            Err(error) => {
                prop_assert_ne!(&error, &CrlError::SecondOpinion);
                prop_assert!(!error.to_string().is_empty());
            }
            Ok(list) => {
                let issuer = issuer_with(vec![]);
                let issuer = ParsedCertificate::parse(&issuer).unwrap();
                let is_verified = list.verify_issued_by(&issuer).is_ok();
                prop_assert!(!is_verified || der == original);
            }
        }
    }

    #[test]
    fn random_bytes_are_no_list(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(ParsedCrl::parse(&bytes).is_err());
    }
}
