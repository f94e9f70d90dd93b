//! From requests to payloads to calls that the pallets carry out.

use super::{
    act, at, carry_out, certificate, chain::hash, code, data, decoded, identifier, issued, key,
    register, register_issued, rpc, sign, signature, text,
};
use crate::auto_id::AutoIdApiServer;
use allod_identity::{Identifier, KeyFingerprint, RevocationReason, SignatureAlgorithm};
use allod_rpc_types::auto_id::{
    CertificateFingerprint, ConsentSignature, DEFAULT_VALID_FOR, GuardianSetEntry,
    PossessionSignature, Request, RequestSignatures, SerialNumber, ServiceEntry, codes,
};
use allod_x509::{
    KeyUsage, ParsedCertificate,
    builder::{self, CertificateBuilder},
};

#[test]
fn a_payload_signed_becomes_a_call() {
    let (rpc, chain) = rpc();
    let der = certificate(2, "new");
    let payload = rpc.register_payload(text(&der), None).unwrap();
    assert_eq!(payload.valid_until, DEFAULT_VALID_FOR);
    assert_eq!(payload.nonce, 0);
    assert_eq!(Some(payload.genesis_hash), at(hash(0)));
    assert_eq!(payload.identifier, identifier(&der));
    let signature = signature(&key(2), payload.payload.as_ref());
    let call = rpc
        .register_call(text(&der), payload.valid_until, signature.clone())
        .unwrap();
    let request = Request::Register {
        certificate: text(&der),
    };
    let signatures = sign(&rpc, &request, &key(2));
    assert_eq!(rpc.call(request.clone(), signatures.clone()).unwrap(), call);

    let other = rpc.register_call(text(&der), payload.valid_until + 1, signature);
    assert_eq!(code(other), codes::SIGNATURE_REFUSED);
    carry_out(&rpc, &chain, request, signatures);
    assert!(rpc.identity(payload.identifier, None).unwrap().is_some());
}

#[test]
fn what_would_fail_on_chain_is_refused_at_once() {
    let (rpc, chain) = rpc();
    register(&rpc, &chain, 1, "registered");
    let payload = |der: &[u8], valid_until| rpc.register_payload(text(der), valid_until);
    let known = certificate(1, "registered");
    assert_eq!(code(payload(&known, None)), codes::ALREADY_REGISTERED);
    let same_key = certificate(1, "same key");
    assert_eq!(code(payload(&same_key, None)), codes::KEY_IN_USE);

    let new = certificate(2, "new");
    assert_eq!(code(payload(&new, Some(chain.best()))), -32602);
    assert!(payload(&new, Some(chain.best() + 1)).is_ok());

    let mut spoilt = new.clone();
    *spoilt.last_mut().unwrap() ^= 1;
    let error = payload(&spoilt, None).unwrap_err();
    assert_eq!(error.code(), codes::CERTIFICATE_REFUSED);
    assert_eq!(data(&error), "\"Invalid\"");
    let error = payload(&new[..50], None).unwrap_err();
    assert_eq!(error.code(), codes::CERTIFICATE_REFUSED);
    assert!(error.message().starts_with("certificate: "), "{error:?}");
}

#[test]
fn an_issued_certificate_must_be_signed_by_its_issuer() {
    let (rpc, chain) = rpc();
    let root = register(&rpc, &chain, 1, "root");
    let request = |der: &[u8], issuer| Request::RegisterIssued {
        certificate: text(der),
        issuer,
        co_issuers: Default::default(),
    };
    let der = issued(7, 2, "child", 1, "root");
    let forged = issued(7, 2, "child", 3, "root");
    assert_eq!(
        code(rpc.payload(request(&forged, root), None)),
        codes::CERTIFICATE_REFUSED
    );
    let nobody = Identifier([9; 32]);
    let error = rpc.payload(request(&der, nobody), None).unwrap_err();
    assert_eq!(error.code(), codes::CANNOT_ACT);
    assert_eq!(data(&error), format!("\"{nobody}\""));
    // The subject's key signs, not the issuer's.
    let signatures = sign(&rpc, &request(&der, root), &key(1));
    let refused = rpc.call(request(&der, root), signatures);
    assert_eq!(code(refused), codes::SIGNATURE_REFUSED);
    register_issued(&rpc, &chain, &der, root, 2);
}

#[test]
fn co_issuers_consent_by_payloads_of_their_own() {
    let (rpc, chain) = rpc();
    let root = register(&rpc, &chain, 1, "root");
    let other = register(&rpc, &chain, 3, "other");
    let der = issued(7, 2, "child", 1, "root");
    let request = Request::RegisterIssued {
        certificate: text(&der),
        issuer: root,
        co_issuers: vec![other].try_into().unwrap(),
    };
    let consent = Request::CoIssue {
        co_issuer: other,
        certificate_hash: CertificateFingerprint(identifier(&der).0),
        issuer: root,
    };
    let answer = rpc.payload(request.clone(), None).unwrap();
    assert_eq!(answer.consents_of, [other]);
    let mut signatures = sign(&rpc, &request, &key(2));
    assert_eq!(code(rpc.call(request.clone(), signatures.clone())), -32602);

    let consent_by = |seed| {
        let signed = sign(&rpc, &consent, &key(seed));
        let entry = ConsentSignature {
            co_issuer: other,
            valid_until: signed.valid_until,
            signature: signed.signature,
            algorithm: None,
        };
        vec![entry].try_into().unwrap()
    };
    signatures.consents = consent_by(2);
    let forged = rpc.call(request.clone(), signatures.clone());
    assert_eq!(code(forged), codes::SIGNATURE_REFUSED);
    signatures.consents = consent_by(3);
    carry_out(&rpc, &chain, request, signatures.clone());
    let details = rpc.details(identifier(&der), None).unwrap().unwrap();
    assert_eq!(details.depth, 2);
    // A consent is no call.
    assert_eq!(code(rpc.call(consent, signatures)), -32602);
}

/// A guardian's recovery, a controller, a hold: every other request, each carried out.
#[test]
fn every_request_becomes_a_call_that_the_pallets_carry_out() {
    let (rpc, chain) = rpc();
    let subject = register(&rpc, &chain, 1, "subject");
    let guardian = register(&rpc, &chain, 2, "guardian");
    let controller = register(&rpc, &chain, 3, "controller");
    let guardians = GuardianSetEntry {
        members: vec![guardian].try_into().unwrap(),
        threshold: 1,
        delay: 1,
    };
    let set_guardians = Request::SetGuardians {
        identifier: subject,
        guardians: Some(guardians),
    };
    act(&rpc, &chain, set_guardians, &key(1));
    chain.blocks(2);

    let mut builder = CertificateBuilder::self_issued("subject");
    builder.serial = vec![2];
    let recovered = builder.sign_self(&key(4));
    let certificate_hash = CertificateFingerprint(identifier(&recovered).0);
    let open = Request::OpenRecovery {
        guardian,
        identifier: subject,
        certificate_hash,
        compromised_after: None,
    };
    act(&rpc, &chain, open, &key(2));
    let recovery = rpc
        .details(subject, None)
        .unwrap()
        .unwrap()
        .recovery
        .unwrap();
    assert_eq!(
        (recovery.number, recovery.certificate_hash),
        (1, certificate_hash)
    );
    assert_eq!(recovery.approvals, [guardian]);
    let approve = Request::ApproveRecovery {
        guardian,
        identifier: subject,
        number: 1,
        certificate_hash,
    };
    let signatures = sign(&rpc, &approve, &key(2));
    decoded(&rpc.call(approve, signatures).unwrap());
    let veto = Request::VetoRecovery {
        identifier: subject,
        number: 1,
    };
    let signatures = sign(&rpc, &veto, &key(1));
    decoded(&rpc.call(veto, signatures).unwrap());
    chain.blocks(4);
    let execute = Request::ExecuteRecovery {
        identifier: subject,
        number: 1,
        certificate: text(&recovered),
    };
    act(&rpc, &chain, execute, &key(4));
    let details = rpc.details(subject, None).unwrap().unwrap();
    assert_eq!((details.generation, details.recovery), (1, None));

    let set_controller = Request::SetController {
        identifier: subject,
        controller: Some(controller),
    };
    act(&rpc, &chain, set_controller, &key(4));
    chain.blocks(2);
    // From now on the controller's key decides.
    let deactivate = Request::Deactivate {
        identifier: subject,
    };
    let answer = rpc.payload(deactivate.clone(), None).unwrap();
    assert_eq!(answer.identifier, controller);
    act(&rpc, &chain, deactivate, &key(3));

    let serial = || SerialNumber::parse("2a").unwrap();
    let issuer = controller;
    let hold = Request::Hold {
        issuer,
        serial: serial(),
    };
    act(&rpc, &chain, hold, &key(3));
    let release = Request::Release {
        issuer,
        serial: serial(),
    };
    act(&rpc, &chain, release, &key(3));
    let revoke = Request::Revoke {
        issuer,
        serial: serial(),
        reason: RevocationReason::Superseded,
    };
    act(&rpc, &chain, revoke, &key(3));
}

#[test]
fn an_identity_whose_issuer_failed_moves() {
    let (rpc, chain) = rpc();
    let first = register(&rpc, &chain, 1, "first");
    let second = register(&rpc, &chain, 2, "second");
    let child = issued(7, 3, "child", 1, "first");
    let child = register_issued(&rpc, &chain, &child, first, 3);
    act(
        &rpc,
        &chain,
        Request::Deactivate { identifier: first },
        &key(1),
    );
    let moved = issued(8, 3, "child", 2, "second");
    let request = |issuer| Request::Reparent {
        identifier: child,
        certificate: text(&moved),
        issuer,
        co_issuers: Default::default(),
    };
    assert_eq!(code(rpc.payload(request(first), None)), codes::CANNOT_ACT);
    act(&rpc, &chain, request(second), &key(3));
    let details = rpc.details(child, None).unwrap().unwrap();
    assert_eq!(details.generation, 1);
}

#[test]
fn arguments_that_the_chain_never_takes_are_named() {
    let (rpc, chain) = rpc();
    let root = register(&rpc, &chain, 1, "root");
    let message = |request| {
        let error = rpc.payload(request, None).unwrap_err();
        assert_eq!(error.code(), -32602);
        error.message().to_owned()
    };
    let guardians = GuardianSetEntry {
        members: vec![root].try_into().unwrap(),
        threshold: 2,
        delay: 1,
    };
    let wrong = message(Request::SetGuardians {
        identifier: root,
        guardians: Some(guardians),
    });
    assert!(wrong.contains("threshold 2"), "{wrong}");
    let entry = ServiceEntry {
        name: "a b".to_owned().try_into().unwrap(),
        r#type: "A2A".to_owned().try_into().unwrap(),
        service_endpoint: "https://agent.example".to_owned().try_into().unwrap(),
    };
    let wrong = message(Request::SetServices {
        identifier: root,
        services: vec![entry].try_into().unwrap(),
    });
    assert!(wrong.contains("letters, digits"), "{wrong}");
}

#[test]
fn a_signature_counts_once_and_with_its_algorithm_only() {
    let (rpc, chain) = rpc();
    let root = register(&rpc, &chain, 1, "root");
    let hold = Request::Hold {
        issuer: root,
        serial: SerialNumber::parse("2a").unwrap(),
    };
    let signatures = sign(&rpc, &hold, &key(1));
    let other = RequestSignatures {
        algorithm: Some(SignatureAlgorithm::EcdsaP256Sha256),
        ..signatures.clone()
    };
    assert_eq!(
        code(rpc.call(hold.clone(), other)),
        codes::SIGNATURE_REFUSED
    );
    let needless = RequestSignatures {
        possession: Some(PossessionSignature {
            signature: signatures.signature.clone(),
            algorithm: None,
        }),
        ..signatures.clone()
    };
    assert_eq!(code(rpc.call(hold.clone(), needless)), -32602);
    carry_out(&rpc, &chain, hold.clone(), signatures.clone());
    let again = rpc.call(hold, signatures).unwrap_err();
    assert_eq!(again.code(), codes::SIGNATURE_REFUSED);
    assert!(again.message().contains("nonce 2"), "{again:?}");
    let payload = rpc.payload(Request::Deactivate { identifier: root }, None);
    let payload = payload.unwrap();
    assert_eq!(payload.nonce, 2);
    let fingerprint =
        KeyFingerprint::of(&ParsedCertificate::parse(&certificate(1, "root")).unwrap());
    assert_eq!(payload.key, fingerprint);
}

/// A key usage without digitalSignature keeps nobody from acting (§11.3: requests need no purpose).
#[test]
fn requests_need_no_purpose() {
    let (rpc, chain) = rpc();
    let builder = CertificateBuilder {
        extensions: vec![
            builder::basic_constraints(true, None),
            builder::key_usage(&[KeyUsage::KEY_CERT_SIGN]),
        ],
        ..CertificateBuilder::self_issued("issuer")
    };
    let der = builder.sign_self(&key(5));
    let request = Request::Register {
        certificate: text(&der),
    };
    act(&rpc, &chain, request, &key(5));
}
