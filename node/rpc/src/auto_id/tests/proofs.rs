//! Storage keys are the pallets' own, and what the recipe says can be done.

use super::{issued, register, register_issued, rpc, runtime::Test};
use allod_identity::{Identifier, KeyFingerprint, RevocationReason, Serial};
use allod_rpc_types::auto_id::{Request, SerialNumber, storage};
use allod_x509::ParsedCertificate;
use pallet_auto_id::{
    Certificates, Controllers, Fingerprints, Guardians, Identities, IssuedBy, Keys, Recoveries,
    Serials, ServiceRecords, Superseded,
};
use pallet_revocation::{Crls, Issuers, Statuses};
use sp_io::TestExternalities;
use sp_runtime::traits::BlakeTwo256;
use sp_state_machine::{StorageProof, prove_read, read_proof_check};

#[test]
fn keys_are_the_pallets() {
    let identifier = Identifier([5; 32]);
    let fingerprint = KeyFingerprint([6; 32]);
    let serial = Serial::try_from(vec![0, 0x99]).unwrap();
    let status = Statuses::<Test>::hashed_key_for(identifier, &serial);
    for (ours, theirs) in [
        (
            storage::identity_key(identifier),
            Identities::<Test>::hashed_key_for(identifier),
        ),
        (
            storage::certificate_key(identifier),
            Certificates::<Test>::hashed_key_for(identifier),
        ),
        (
            storage::by_key_key(fingerprint),
            Keys::<Test>::hashed_key_for(fingerprint),
        ),
        (
            storage::issuer_key(identifier),
            Issuers::<Test>::hashed_key_for(identifier),
        ),
        (storage::status_key(identifier, &serial), status),
    ] {
        assert_eq!(hex::encode(ours), hex::encode(theirs));
    }
}

#[test]
fn every_map_tells_whom_it_touches() {
    let identifier = Identifier([5; 32]);
    let serial = Serial::try_from(vec![1]).unwrap();
    for touching in [
        Identities::<Test>::hashed_key_for(identifier),
        Certificates::<Test>::hashed_key_for(identifier),
        Superseded::<Test>::hashed_key_for(identifier, 1),
        Controllers::<Test>::hashed_key_for(identifier),
        Guardians::<Test>::hashed_key_for(identifier),
        Recoveries::<Test>::hashed_key_for(identifier),
        ServiceRecords::<Test>::hashed_key_for(identifier),
        Statuses::<Test>::hashed_key_for(identifier, &serial),
        Issuers::<Test>::hashed_key_for(identifier),
        Crls::<Test>::hashed_key_for(identifier),
    ] {
        assert_eq!(storage::identity_touched(&touching), Some(identifier));
    }
    for other in [
        Keys::<Test>::hashed_key_for(KeyFingerprint([5; 32])),
        Fingerprints::<Test>::hashed_key_for([5; 32]),
        Serials::<Test>::hashed_key_for(identifier, &serial),
        IssuedBy::<Test>::hashed_key_for(identifier, identifier),
        frame_system::Account::<Test>::hashed_key_for(sp_core::H256::repeat_byte(5)),
    ] {
        assert_eq!(storage::identity_touched(&other), None);
    }
}

/// The recipe, from keys to values: what a proof shows is there, what it shows is not there, and a node
/// that left something out.
#[test]
fn a_proof_shows_what_is_there_and_what_is_not() {
    let (rpc, chain) = rpc();
    let root = register(&rpc, &chain, 1, "root");
    let der = issued(7, 2, "child", 1, "root");
    let child = register_issued(&rpc, &chain, &der, root, 2);
    let revocation = Request::Revoke {
        issuer: root,
        serial: SerialNumber::parse("07").unwrap(),
        reason: RevocationReason::KeyCompromise,
    };
    super::act(&rpc, &chain, revocation, &super::key(1));

    let keys = [
        storage::identity_key(child),
        storage::certificate_key(child),
        storage::by_key_key(KeyFingerprint::of(&ParsedCertificate::parse(&der).unwrap())),
        storage::status_key(root, &[7]),
        storage::status_key(root, &[8]),
        storage::issuer_key(root),
    ];
    let mut state = TestExternalities::from(chain.state(chain.best()));
    let backend = state.as_backend();
    let state_root = *backend.root();
    let proof = prove_read(backend, keys.iter()).unwrap();
    let nodes: Vec<Vec<u8>> = proof.into_iter_nodes().collect();

    let check = |nodes: Vec<Vec<u8>>| {
        let proof = StorageProof::new(nodes);
        read_proof_check::<BlakeTwo256, _>(state_root, proof, keys.iter())
    };
    let values = check(nodes.clone()).unwrap();
    let value = |index: usize| values[&keys[index]].clone();
    // Ed25519 (0), serial number 7, issued by the root's certificate 0, no co-issuers, depth 2.
    let record = value(0).unwrap();
    let expected = [
        &[0, 4, 7, 1][..],
        &root.0,
        &[0, 0, 2],
        // Certificate 0, since block 2.
        &[0, 2, 0, 0, 0],
    ]
    .concat();
    assert_eq!(
        hex::encode(&record[..expected.len()]),
        hex::encode(&expected)
    );
    let certificate = value(1).unwrap();
    assert_eq!(&certificate[certificate.len() - der.len()..], der);
    assert_eq!(value(2).unwrap()[..32], child.0);
    assert_eq!(
        value(3).unwrap()[..2],
        [0, RevocationReason::KeyCompromise.number()]
    );
    assert_eq!(value(4), None);
    assert_eq!(value(5).unwrap()[..4], [1, 0, 0, 0]);

    for missing in 0..nodes.len() {
        let mut fewer = nodes.clone();
        fewer.remove(missing);
        assert!(check(fewer).is_err(), "without node {missing}");
    }
}
