//! Documents of identities that the real pallets hold.

use super::{DidApiServer, DidRpc, Network};
use crate::auto_id::AutoIdApiServer;
use crate::auto_id::tests::{
    Block, Rpc, TestChain, act, carry_out, code, hash, identifier, issued, key, register,
    register_issued, rpc, sign, signature, text,
};
use allod_identity::Identifier;
use allod_rpc_types::{
    auto_id::{BlockHash, PossessionSignature, Request, ServiceEntry, codes},
    did::{DidDocument, JsonWebKey, KeyFormat, Resolution, ResolutionError, ResolveOptions},
};
use allod_x509::{
    KeyUsage,
    builder::{self, CertificateBuilder, SigningKey},
};
use std::sync::Arc;

type Did = DidRpc<TestChain, Block>;

fn network() -> Network {
    Network::of_chain("allod-dev")
}

fn did_rpc(chain: &TestChain) -> Did {
    DidRpc::new(Arc::new(chain.clone()), network())
}

fn resolve(did: &Did, identifier: Identifier) -> Resolution {
    let text = network().did(identifier).try_into().unwrap();
    did.resolve(text, None).unwrap()
}

fn document(resolution: &Resolution) -> &DidDocument {
    resolution.did_document.as_ref().unwrap()
}

fn renewed(
    rpc: &Rpc,
    chain: &TestChain,
    root: Identifier,
    serial: u8,
    old: u8,
    new: u8,
    compromised_after: Option<u32>,
) {
    let mut builder = CertificateBuilder::self_issued("root");
    builder.serial = vec![serial];
    let request = Request::Renew {
        identifier: root,
        certificate: text(&builder.sign_self(&key(new))),
        compromised_after,
    };
    let mut signatures = sign(rpc, &request, &key(old));
    if old != new {
        let payload = rpc.payload(request.clone(), None).unwrap().payload;
        signatures.possession = Some(PossessionSignature {
            signature: signature(&key(new), payload.as_ref()),
            algorithm: None,
        });
    }
    carry_out(rpc, chain, request, signatures);
}

#[test]
fn a_document_has_keys_and_services() {
    let (rpc, chain) = rpc();
    let did = did_rpc(&chain);
    let root = register(&rpc, &chain, 1, "root");
    let entry = ServiceEntry {
        name: "agent".to_owned().try_into().unwrap(),
        r#type: "A2A".to_owned().try_into().unwrap(),
        service_endpoint: "https://agent.example".to_owned().try_into().unwrap(),
    };
    let request = Request::SetServices {
        identifier: root,
        services: vec![entry].try_into().unwrap(),
    };
    act(&rpc, &chain, request, &key(1));
    // Not final yet: known, but without keys.
    let early = resolve(&did, root);
    assert_eq!(early.did_document_metadata.holds, Some(false));
    assert!(document(&early).verification_method.is_empty());

    chain.finalize();
    let resolution = resolve(&did, root);
    let name = format!("did:allod:dev:{root}");
    let key_name = format!("{name}#key:0");
    let doc = document(&resolution);
    assert_eq!(doc.id, name);
    assert_eq!(doc.authentication, std::slice::from_ref(&key_name));
    assert_eq!(doc.assertion_method, std::slice::from_ref(&key_name));
    let method = &doc.verification_method[0];
    assert_eq!(
        (method.id.as_str(), method.r#type.as_str()),
        (key_name.as_str(), "Multikey")
    );
    assert!(
        method
            .public_key_multibase
            .as_ref()
            .unwrap()
            .starts_with("z6Mk")
    );
    assert_eq!((method.since_block, method.until_block), (1, None));
    assert_eq!(doc.service[0].id, format!("{name}#agent"));
    // What no published context knows, this one does.
    let terms = doc.context.last().unwrap();
    assert_eq!(
        terms,
        &serde_json::json!({
            "sinceBlock": "urn:allod:did:sinceBlock",
            "untilBlock": "urn:allod:did:untilBlock",
        })
    );
    let metadata = resolution.did_document_metadata;
    assert_eq!(metadata.version_id.as_deref(), Some("0"));
    assert_eq!(
        (metadata.created_at_block, metadata.updated_at_block),
        (Some(1), Some(1))
    );
    assert!(!metadata.deactivated);

    let options = ResolveOptions {
        key_format: KeyFormat::JsonWebKey,
        ..Default::default()
    };
    let resolution = did
        .resolve(name.try_into().unwrap(), Some(options))
        .unwrap();
    let method = &document(&resolution).verification_method[0];
    assert!(matches!(
        method.public_key_jwk,
        Some(JsonWebKey::Okp { .. })
    ));
    assert_eq!(method.public_key_multibase, None);
}

#[test]
fn superseded_keys_keep_their_interval_unless_they_were_given_up() {
    let (rpc, chain) = rpc();
    let did = did_rpc(&chain);
    let root = register(&rpc, &chain, 1, "root");
    renewed(&rpc, &chain, root, 2, 1, 1, None);
    chain.finalize();
    // The same key goes on under the new certificate.
    let resolution = resolve(&did, root);
    let methods = &document(&resolution).verification_method;
    assert_eq!(methods.len(), 1);
    assert_eq!((methods[0].since_block, methods[0].until_block), (1, None));
    assert!(methods[0].id.ends_with("#key:1"));

    renewed(&rpc, &chain, root, 3, 1, 2, None);
    // The new key is not final yet, the old one is no longer the current one.
    let resolution = resolve(&did, root);
    let doc = document(&resolution);
    assert!(doc.authentication.is_empty());
    assert_eq!(doc.assertion_method.len(), 2);
    chain.finalize();
    let resolution = resolve(&did, root);
    let doc = document(&resolution);
    let name = |generation: u32| format!("did:allod:dev:{root}#key:{generation}");
    assert_eq!(doc.authentication, [name(2)]);
    assert_eq!(doc.assertion_method, [name(2), name(1), name(0)]);
    let interval = |index: usize| {
        let method = &doc.verification_method[index];
        (method.since_block, method.until_block)
    };
    assert_eq!(
        (interval(0), interval(1), interval(2)),
        ((3, None), (2, Some(3)), (1, Some(2)))
    );

    // Given up for compromise: gone at once.
    renewed(&rpc, &chain, root, 4, 2, 3, Some(chain.best()));
    let resolution = resolve(&did, root);
    assert_eq!(document(&resolution).assertion_method, [name(1), name(0)]);
    chain.finalize();
    let resolution = resolve(&did, root);
    assert_eq!(
        document(&resolution).assertion_method,
        [name(3), name(1), name(0)]
    );
    assert_eq!(document(&resolution).authentication, [name(3)]);
}

#[test]
fn an_identity_that_does_not_hold_has_no_keys() {
    let (rpc, chain) = rpc();
    let did = did_rpc(&chain);
    let root = register(&rpc, &chain, 1, "root");
    let der = issued(7, 2, "child", 1, "root");
    let child = register_issued(&rpc, &chain, &der, root, 2);
    chain.finalize();
    assert_eq!(document(&resolve(&did, child)).authentication.len(), 1);
    act(
        &rpc,
        &chain,
        Request::Deactivate { identifier: root },
        &key(1),
    );
    let orphan = resolve(&did, child);
    assert!(document(&orphan).verification_method.is_empty());
    assert!(document(&orphan).authentication.is_empty());
    assert!(!orphan.did_document_metadata.deactivated);
    let failure = orphan.did_document_metadata.failure.unwrap();
    assert!(failure.contains("deactivated"), "{failure}");
    act(
        &rpc,
        &chain,
        Request::Deactivate { identifier: child },
        &key(2),
    );
    let ended = resolve(&did, child);
    assert!(ended.did_document_metadata.deactivated);
    assert!(document(&ended).verification_method.is_empty());
    let json = serde_json::to_value(&ended).unwrap();
    assert_eq!(json["didDocumentMetadata"]["deactivated"], true);
}

#[test]
fn a_key_that_may_not_sign_data_proves_nothing() {
    let (rpc, chain) = rpc();
    let did = did_rpc(&chain);
    let builder = CertificateBuilder {
        extensions: vec![
            builder::basic_constraints(true, None),
            builder::key_usage(&[KeyUsage::KEY_CERT_SIGN, KeyUsage::CRL_SIGN]),
        ],
        ..CertificateBuilder::self_issued("issuer")
    };
    let der = builder.sign_self(&key(1));
    let request = Request::Register {
        certificate: text(&der),
    };
    act(&rpc, &chain, request, &key(1));
    chain.finalize();
    let resolution = resolve(&did, identifier(&der));
    let doc = document(&resolution);
    assert_eq!(doc.verification_method.len(), 1);
    assert!(doc.authentication.is_empty() && doc.assertion_method.is_empty());
}

#[test]
fn rsa_keys_are_json_web_keys() {
    let (rpc, chain) = rpc();
    let did = did_rpc(&chain);
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../primitives/x509/tests/data/rsa-2048.key.der"
    );
    let signer = SigningKey::from_pkcs8(&std::fs::read(file).unwrap()).unwrap();
    let der = CertificateBuilder::self_issued("rsa").sign_self(&signer);
    let request = Request::Register {
        certificate: text(&der),
    };
    act(&rpc, &chain, request, &signer);
    chain.finalize();
    let resolution = resolve(&did, identifier(&der));
    let method = &document(&resolution).verification_method[0];
    assert_eq!(method.r#type, "JsonWebKey");
    let Some(JsonWebKey::Rsa { n, e }) = &method.public_key_jwk else {
        panic!("{method:?}");
    };
    assert_eq!((n.len(), e.as_str()), (342, "AQAB"));
}

#[test]
fn what_cannot_be_resolved_says_so() {
    let (rpc, chain) = rpc();
    let did = did_rpc(&chain);
    let root = register(&rpc, &chain, 1, "root");
    chain.finalize();
    let error = |text: String| {
        let resolution = did.resolve(text.try_into().unwrap(), None).unwrap();
        assert_eq!(resolution.did_document, None);
        assert!(resolution.did_resolution_metadata.problem_details.is_some());
        resolution.did_resolution_metadata.error.unwrap()
    };
    let stranger = Identifier([9; 32]);
    assert_eq!(error(network().did(stranger)), ResolutionError::NotFound);
    assert_eq!(
        error(format!("did:allod:{root}")),
        ResolutionError::NotFound
    );
    assert_eq!(
        error(format!("did:web:{root}")),
        ResolutionError::MethodNotSupported
    );
    assert_eq!(error(root.to_string()), ResolutionError::InvalidDid);

    chain.blocks(3);
    chain.prune(3);
    let options = ResolveOptions {
        at: Some(BlockHash(hash(1).into())),
        ..Default::default()
    };
    let text = network().did(root).try_into().unwrap();
    let pruned = did.resolve(text, Some(options));
    assert_eq!(code(pruned), codes::STATE_NOT_HELD);
}

#[test]
fn identifiers_have_one_did() {
    let chain = TestChain::new();
    let did = did_rpc(&chain);
    let identifier = Identifier([0x0a; 32]);
    let text = did.of(identifier).unwrap();
    assert_eq!(text, format!("did:allod:dev:{}", "0a".repeat(32)));
    let resolution = did.resolve(text.try_into().unwrap(), None).unwrap();
    let error = resolution.did_resolution_metadata.error;
    assert_eq!(error, Some(ResolutionError::NotFound));
}
