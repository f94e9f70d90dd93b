//! Certification requests, good and spoiled.

use proptest::prelude::*;

use crate::{
    builder::{
        SigningKey, alternative_names, basic_constraints, certification_request,
        extended_key_usage, extension, key_usage, name, sequence, signed, tlv,
    },
    csr::EXTENSION_REQUEST,
    *,
};

fn rich_request(key: &SigningKey) -> Vec<u8> {
    let extensions = [
        alternative_names(false, &[tlv(0x82, b"agent.example.org")]),
        basic_constraints(true, Some(1)),
        key_usage(&[KeyUsage::KEY_CERT_SIGN]),
        extended_key_usage(&[oid::CLIENT_AUTH]),
        extension(&[0x2a, 3], true, b"unknown"),
    ];
    certification_request(&name(&["agent"]), &extensions, key)
}

#[test]
fn what_a_request_says() {
    for key in super::keys() {
        let der = rich_request(&key);
        let request = ParsedRequest::parse(&der).unwrap();
        assert_eq!(request.subject(), name(&["agent"]));
        assert_eq!(request.spki(), key.spki());
        assert_eq!(request.signature_algorithm(), key.algorithm());
        assert_eq!(
            request.subject_alternative_names(),
            Some(&[GeneralName::Dns("agent.example.org")][..])
        );
        assert_eq!(request.basic_constraints().unwrap().path_length, Some(1));
        assert_eq!(request.key_usage(), Some(KeyUsage::KEY_CERT_SIGN));
        assert_eq!(request.extended_key_usage(), Some(&[oid::CLIENT_AUTH][..]));
        assert_eq!(request.name_constraints(), None);
        // Shown, not judged: what the certificate says is the issuer's business.
        assert_eq!(request.extensions().len(), 5);
        assert!(request.extensions()[4].is_critical);
        assert_eq!(request.verify(), Ok(()));
    }
    let der = certification_request(&name(&["agent"]), &[], &super::keys()[0]);
    let request = ParsedRequest::parse(&der).unwrap();
    assert!(request.extensions().is_empty());
    assert_eq!(request.verify(), Ok(()));
}

/// Somebody else's key in the request: no proof of possession.
#[test]
fn a_request_for_anothers_key() {
    let [thief, victim, ..] = super::keys();
    let info = sequence(&[
        tlv(2, &[0]),
        name(&["agent"]),
        victim.spki(),
        tlv(0xa0, &[]),
    ]);
    let der = signed(&info, victim.algorithm(), &thief.sign(&info));
    let request = ParsedRequest::parse(&der).unwrap();
    assert_eq!(request.verify(), Err(SignatureError::Invalid));
    let der = signed(&info, thief.algorithm(), &thief.sign(&info));
    let request = ParsedRequest::parse(&der).unwrap();
    assert!(matches!(
        request.verify(),
        Err(SignatureError::WrongAlgorithm { .. })
    ));
}

#[test]
fn each_field_has_its_error() {
    use CsrError as E;
    let [key, ..] = super::keys();
    let attribute =
        |values: &[Vec<u8>]| sequence(&[tlv(6, EXTENSION_REQUEST), tlv(0x31, &values.concat())]);
    let of = |version: u8, attributes: &[Vec<u8>]| {
        let info = sequence(&[
            tlv(2, &[version]),
            name(&["agent"]),
            key.spki(),
            tlv(0xa0, &attributes.concat()),
        ]);
        let der = signed(&info, key.algorithm(), &key.sign(&info));
        ParsedRequest::parse(&der).map(|_| ())
    };
    let extensions = sequence(&[basic_constraints(false, None)]);
    let good = attribute(std::slice::from_ref(&extensions));
    assert_eq!(of(0, std::slice::from_ref(&good)), Ok(()));
    assert_eq!(of(1, &[]), Err(E::Version));
    assert_eq!(
        of(0, &[good.clone(), good.clone()]),
        Err(E::DuplicateExtensionRequest)
    );
    let other = sequence(&[tlv(6, &[0x2a, 3]), tlv(0x31, &tlv(5, &[]))]);
    assert_eq!(of(0, &vec![other.clone(); 16]), Ok(()));
    assert_eq!(of(0, &vec![other; 17]), Err(E::TooManyAttributes));
    assert!(matches!(
        of(0, &[attribute(&[extensions.clone(), extensions])]),
        Err(E::Form(CertificateError::TrailingBytes { .. }))
    ));
    let too_long = MAX_REQUEST_SIZE as usize + 1;
    assert_eq!(
        ParsedRequest::parse(&vec![0; too_long]),
        Err(E::TooLong(too_long))
    );
    let der = rich_request(&key);
    for end in 0..der.len() {
        assert!(ParsedRequest::parse(&der[..end]).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// Bytes changed, inserted, removed: an error or a request, and never a changed one that is signed.
    #[test]
    fn mutated_requests(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3, any::<u8>()), 1..4),
    ) {
        let [key, ..] = super::keys();
        let original = rich_request(&key);
        let der = super::edit(&original, &edits);
        match ParsedRequest::parse(&der) {
            Err(error) => prop_assert!(!error.to_string().is_empty()),
            Ok(request) => prop_assert!(request.verify().is_err() || der == original),
        }
    }

    #[test]
    fn random_bytes_are_no_request(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(ParsedRequest::parse(&bytes).is_err());
    }
}
