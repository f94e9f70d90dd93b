//! Whether identities hold, and at which block.

use super::{act, at, chain::hash, code, key, register, rpc};
use crate::auto_id::AutoIdApiServer;
use allod_identity::{Identifier, Purpose, RootTrust};
use allod_rpc_types::auto_id::{BlockRole, Request, VerifyOptions, codes};

#[test]
fn reports_are_handed_on_with_the_block() {
    let (rpc, chain) = rpc();
    let root = register(&rpc, &chain, 1, "root");
    chain.blocks(5);
    let stranger = Identifier([9; 32]);
    let options = VerifyOptions {
        time: Some(5),
        purpose: Some(Purpose::CrlSign),
        accepted_roots: Some(vec![stranger].try_into().unwrap()),
        at: at(hash(3)),
    };
    let answer = rpc.verify(root, Some(options.clone())).unwrap();
    assert!(!answer.holds);
    assert_eq!(answer.role, BlockRole::Given);
    assert_eq!(answer.block.number, 3);
    assert_eq!(answer.report.time, 5);
    assert_eq!(answer.report.purpose, Some(Purpose::CrlSign));
    assert_eq!(answer.report.root_trust, RootTrust::NotAccepted);

    let many: Vec<_> = (0..100).map(|i| Identifier([i; 32])).collect();
    let list = many.clone().try_into().unwrap();
    let answers = rpc.verify_many(list, Some(options)).unwrap();
    let answered: Vec<_> = answers
        .iter()
        .map(|answer| answer.report.identifier)
        .collect();
    assert_eq!(answered, many);
    chain.prune(2);
    let options = VerifyOptions {
        at: at(hash(0)),
        ..Default::default()
    };
    assert_eq!(code(rpc.verify(root, Some(options))), codes::STATE_NOT_HELD);
}

#[test]
fn an_identity_counts_only_at_the_best_and_the_finalized_block() {
    let (rpc, chain) = rpc();
    let verify = |identifier, at| {
        let options = VerifyOptions {
            at,
            ..Default::default()
        };
        let answer = rpc.verify(identifier, Some(options)).unwrap();
        (answer.holds, answer.role, answer.block.number)
    };
    let root = register(&rpc, &chain, 1, "root");
    assert_eq!(verify(root, None), (false, BlockRole::Finalized, 0));
    assert_eq!(verify(root, at(hash(1))), (true, BlockRole::Given, 1));
    chain.finalize();
    assert_eq!(verify(root, None), (true, BlockRole::Best, 1));
    let request = Request::Deactivate { identifier: root };
    act(&rpc, &chain, request, &key(1));
    assert_eq!(verify(root, None), (false, BlockRole::Best, 2));
}

#[test]
fn methods_have_their_names() {
    let (rpc, _) = rpc();
    let module = rpc.into_rpc();
    let mut names: Vec<_> = module.method_names().collect();
    names.sort_unstable();
    let expected = [
        "autoId_byFingerprint",
        "autoId_byKey",
        "autoId_call",
        "autoId_certificate",
        "autoId_certificateStatus",
        "autoId_crl",
        "autoId_crlToBeSigned",
        "autoId_details",
        "autoId_identity",
        "autoId_issuedBy",
        "autoId_payload",
        "autoId_registerCall",
        "autoId_registerPayload",
        "autoId_services",
        "autoId_subscribe",
        "autoId_unsubscribe",
        "autoId_verify",
        "autoId_verifyMany",
    ];
    assert_eq!(names, expected);
}
