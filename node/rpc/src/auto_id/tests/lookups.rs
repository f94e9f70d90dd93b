//! What is stored, as it is answered.

use super::{
    act, at, certificate, chain::hash, code, data, identifier, issued, key, register,
    register_issued, rpc, runtime::START, signature, text,
};
use crate::auto_id::{
    AutoIdApiServer,
    params::{CERTIFICATE, CRL},
};
use allod_identity::{
    CertificateStatus, Identifier, Issuance, KeyFingerprint, RevocationReason, SignatureAlgorithm,
};
use allod_rpc_types::auto_id::{
    CertificateFingerprint, CertificateFormat, PossessionSignature, Request, SerialNumber,
    ServiceEntry, StandingName, codes,
};
use allod_x509::{ParsedCertificate, ParsedCrl, builder::CertificateBuilder, crl};

#[test]
fn identities_and_their_certificates() {
    let (rpc, chain) = rpc();
    let der = certificate(1, "registered");
    let registered = register(&rpc, &chain, 1, "registered");
    let answer = rpc.identity(registered, None).unwrap().unwrap();
    assert_eq!(answer.certificate.as_ref(), der);
    assert_eq!(answer.block.number, chain.best());
    assert_eq!(answer.issuance, Issuance::SelfIssued);
    let pem = rpc.certificate(registered, None, None, None).unwrap();
    assert_eq!(CERTIFICATE.read(&pem.unwrap()).unwrap(), der);
    let hex = Some(CertificateFormat::Der);
    let text = rpc.certificate(registered, hex, None, Some(0)).unwrap();
    assert_eq!(text.unwrap(), format!("0x{}", hex::encode(&der)));
    assert_eq!(
        rpc.certificate(registered, hex, None, Some(1)).unwrap(),
        None
    );
    let fingerprint = KeyFingerprint::of(&ParsedCertificate::parse(&der).unwrap());
    assert_eq!(rpc.by_key(fingerprint, None).unwrap(), Some(registered));
    let fingerprint = CertificateFingerprint(registered.0);
    assert_eq!(
        rpc.by_fingerprint(fingerprint, None).unwrap(),
        Some(registered)
    );

    let stranger = Identifier([9; 32]);
    assert_eq!(rpc.identity(stranger, None).unwrap(), None);
    assert_eq!(rpc.details(stranger, None).unwrap(), None);
    assert_eq!(rpc.services(stranger, None).unwrap(), None);
    assert_eq!(rpc.certificate(stranger, None, None, None).unwrap(), None);
    assert_eq!(rpc.by_key(KeyFingerprint([9; 32]), None).unwrap(), None);
    let nobody = CertificateFingerprint([9; 32]);
    assert_eq!(rpc.by_fingerprint(nobody, None).unwrap(), None);
}

#[test]
fn details_follow_the_requests() {
    let (rpc, chain) = rpc();
    let registered = register(&rpc, &chain, 1, "registered");
    let entry = ServiceEntry {
        name: "agent".to_owned().try_into().unwrap(),
        r#type: "A2A".to_owned().try_into().unwrap(),
        service_endpoint: "https://agent.example".to_owned().try_into().unwrap(),
    };
    let request = Request::SetServices {
        identifier: registered,
        services: vec![entry.clone()].try_into().unwrap(),
    };
    act(&rpc, &chain, request, &key(1));
    let details = rpc.details(registered, None).unwrap().unwrap();
    assert_eq!(details.services, std::slice::from_ref(&entry));
    assert_eq!(details.standing, StandingName::Valid);
    assert_eq!(
        (details.generation, details.certified_at, details.depth),
        (0, 1, 1)
    );
    assert_eq!(rpc.services(registered, None).unwrap(), Some(vec![entry]));
    assert_eq!(
        rpc.services(registered, at(hash(1))).unwrap(),
        Some(Vec::new())
    );

    let request = Request::Deactivate {
        identifier: registered,
    };
    act(&rpc, &chain, request, &key(1));
    let details = rpc.details(registered, None).unwrap().unwrap();
    assert_eq!(details.standing, StandingName::Deactivated);
    assert_eq!(rpc.certificate(registered, None, None, None).unwrap(), None);
}

#[test]
fn children_come_in_pages_of_one_state() {
    let (rpc, chain) = rpc();
    let root = register(&rpc, &chain, 1, "root");
    let mut children: Vec<_> = (0..5)
        .map(|index| {
            let der = issued(10 + index, 20 + index, "child", 1, "root");
            register_issued(&rpc, &chain, &der, root, 20 + index)
        })
        .collect();
    children.sort();
    let mut found = Vec::new();
    let mut after = None;
    let block = hash(chain.best());
    loop {
        let page = rpc.issued_by(root, after, Some(2), at(block)).unwrap();
        assert!(page.identifiers.len() <= 2);
        assert_eq!(page.block.number, 6);
        found.extend(page.identifiers);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, children);
    let all = rpc.issued_by(root, None, Some(u32::MAX), None).unwrap();
    assert_eq!(all.identifiers, children);
    let none = rpc
        .issued_by(Identifier([9; 32]), None, None, None)
        .unwrap();
    assert_eq!((none.identifiers, none.next), (Vec::new(), None));
}

#[test]
fn blocks_that_cannot_be_asked() {
    let (rpc, chain) = rpc();
    let registered = register(&rpc, &chain, 1, "registered");
    chain.blocks(20);
    let oldest = 7;
    chain.prune(oldest);
    let unknown = rpc.identity(registered, at(hash(chain.best() + 1)));
    assert_eq!(code(unknown), codes::UNKNOWN_BLOCK);
    assert!(
        rpc.identity(registered, at(hash(oldest)))
            .unwrap()
            .is_some()
    );
    for missing in [0, 1, oldest - 1] {
        let error = rpc.identity(registered, at(hash(missing))).unwrap_err();
        assert_eq!(error.code(), codes::STATE_NOT_HELD);
        let number = format!("#{missing} ");
        assert!(error.message().contains(&number), "{error:?}");
        assert_eq!(data(&error), format!("{{\"oldest\":{oldest}}}"));
        let pages = rpc.issued_by(registered, None, None, at(hash(missing)));
        assert_eq!(code(pages), codes::STATE_NOT_HELD);
    }
}

/// From the list to be signed to the list that is exported, and whether the chain knows more.
#[test]
fn lists_are_made_signed_published_and_outdated() {
    let (rpc, chain) = rpc();
    let root = register(&rpc, &chain, 1, "root");
    let serial = |text| SerialNumber::parse(text).unwrap();
    let revoke = |text| Request::Revoke {
        issuer: root,
        serial: serial(text),
        reason: RevocationReason::KeyCompromise,
    };
    act(&rpc, &chain, revoke("07"), &key(1));
    let status = rpc.certificate_status(root, serial("0x07"), None).unwrap();
    let expected = CertificateStatus::Revoked {
        reason: RevocationReason::KeyCompromise,
        since: START + 12,
    };
    assert_eq!(status, Some(expected));
    assert_eq!(
        rpc.certificate_status(root, serial("08"), None).unwrap(),
        None
    );
    assert_eq!(rpc.crl(root, None, None).unwrap(), None);

    let next_update = START + 86_400;
    let list = rpc.crl_to_be_signed(root, next_update, None, None).unwrap();
    assert_eq!((list.number, list.entries), (1, 1));
    let signed = key(1).sign(list.tbs.as_ref());
    let der = crl::assemble(list.tbs.as_ref(), list.algorithm, &signed);
    let publish = |der: &[u8]| Request::PublishCrl {
        issuer: root,
        crl: format!("0x{}", hex::encode(der)).try_into().unwrap(),
    };
    act(&rpc, &chain, publish(&der), &key(1));
    let published = rpc.crl(root, None, None).unwrap().unwrap();
    assert_eq!(CRL.read(&published.crl).unwrap(), der);
    assert_eq!(published.next_update, next_update);
    assert!(!published.is_outdated);
    act(&rpc, &chain, revoke("08"), &key(1));
    let hex = Some(CertificateFormat::Der);
    let published = rpc.crl(root, hex, None).unwrap().unwrap();
    assert_eq!(published.crl, format!("0x{}", hex::encode(&der)));
    assert!(published.is_outdated);
    assert!(ParsedCrl::parse(&der).is_ok());

    // Another key's signature on it is found before anybody pays.
    let forged = crl::assemble(
        list.tbs.as_ref(),
        list.algorithm,
        &key(2).sign(list.tbs.as_ref()),
    );
    assert_eq!(
        code(rpc.payload(publish(&forged), None)),
        codes::CRL_REFUSED
    );
    assert_eq!(
        code(rpc.payload(publish(&der[..9]), None)),
        codes::CRL_REFUSED
    );
}

#[test]
fn there_may_be_no_list_to_sign() {
    let (rpc, chain) = rpc();
    let root = register(&rpc, &chain, 1, "root");
    let ask = |issuer, next_update, algorithm| {
        let error = rpc
            .crl_to_be_signed(issuer, next_update, algorithm, None)
            .unwrap_err();
        assert_eq!(error.code(), codes::NO_CRL_TO_SIGN);
        data(&error).to_owned()
    };
    let later = START + 1_000;
    assert_eq!(ask(Identifier([9; 32]), later, None), "\"NoCertificate\"");
    assert_eq!(ask(root, START, None), "\"NextUpdate\"");
    let p256 = Some(SignatureAlgorithm::EcdsaP256Sha256);
    assert_eq!(ask(root, later, p256), "\"WrongAlgorithm\"");
}

#[test]
fn a_renewal_changes_the_fingerprint_and_keeps_the_former_certificate() {
    let (rpc, chain) = rpc();
    let root = register(&rpc, &chain, 1, "root");
    let first = certificate(1, "root");
    let mut builder = CertificateBuilder::self_issued("root");
    builder.serial = vec![2];
    let second = builder.sign_self(&key(2));
    let request = Request::Renew {
        identifier: root,
        certificate: text(&second),
        compromised_after: None,
    };
    let answer = rpc.payload(request.clone(), None).unwrap();
    let new_key = KeyFingerprint::of(&ParsedCertificate::parse(&second).unwrap());
    assert_eq!(answer.possession_of, Some(new_key));
    let mut signatures = super::sign(&rpc, &request, &key(1));
    assert_eq!(code(rpc.call(request.clone(), signatures.clone())), -32602);
    signatures.possession = Some(PossessionSignature {
        signature: signature(&key(2), answer.payload.as_ref()),
        algorithm: None,
    });
    super::carry_out(&rpc, &chain, request, signatures);

    let by = |fingerprint| {
        rpc.by_fingerprint(CertificateFingerprint(fingerprint), None)
            .unwrap()
    };
    assert_eq!(by(identifier(&second).0), Some(root));
    assert_eq!(by(identifier(&first).0), None);
    let hex = Some(CertificateFormat::Der);
    let former = rpc.certificate(root, hex, None, Some(0)).unwrap().unwrap();
    assert_eq!(former, format!("0x{}", hex::encode(&first)));
    let details = rpc.details(root, None).unwrap().unwrap();
    assert_eq!(details.generation, 1);
    assert_eq!(details.superseded[0].certificate.as_ref(), first);
    assert_eq!(
        (details.superseded[0].since, details.superseded[0].until),
        (1, 2)
    );
}
