//! What identities send in SCALE, and DIDs.

use crate::{Seed, Target, scale::canonical};
use allod_identity::{
    Consent, Consents, GuardianSet, Identifier, IdentityRequest, Issuance, Possession,
    RevocationReason, Serial, Service, Services, SignatureAlgorithm, SignedRequest,
    VerificationReport,
    api::{AcceptedRoots, PayloadQuery},
    calls::CallSignatures,
    check_services,
};
use allod_rpc::did::Network;
use allod_runtime::{RuntimeCall, UncheckedExtrinsic};
use frame_support::MAX_EXTRINSIC_DEPTH;
use parity_scale_codec::{DecodeAll, DecodeLimit, DecodeWithMemTracking, Encode, MaxEncodedLen};

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    Target {
        name: "call_arguments",
        run: call_arguments,
        seeds: call_arguments_seeds,
    },
    Target {
        name: "extrinsic",
        run: extrinsic,
        seeds: extrinsic_seeds,
    },
    Target {
        name: "pasted_call",
        run: pasted_call,
        seeds: pasted_call_seeds,
    },
    Target {
        name: "did",
        run: did,
        seeds: did_seeds,
    },
];

/// Reads one type's values.
type Reader = fn(&[u8]) -> bool;

/// What calls of the runtime and questions to it carry.
const ARGUMENTS: [Reader; 12] = [
    read::<PayloadQuery>,
    read::<CallSignatures>,
    read::<VerificationReport>,
    read_bounded::<SignedRequest>,
    read_bounded::<IdentityRequest>,
    read_bounded::<Consents>,
    read_bounded::<Possession>,
    read_bounded::<(Serial, RevocationReason)>,
    read_bounded::<AcceptedRoots>,
    read_bounded::<Issuance>,
    guardians,
    services,
];

/// The first byte picks a type, the others are its value. No value has two encodings, and none is longer than the type
/// says.
fn call_arguments(bytes: &[u8]) -> bool {
    let Some((kind, bytes)) = bytes.split_first() else {
        return false;
    };
    ARGUMENTS[usize::from(*kind) % ARGUMENTS.len()](bytes)
}

fn read<T: DecodeAll + Encode + DecodeWithMemTracking>(bytes: &[u8]) -> bool {
    canonical::<T>(bytes).is_some()
}

fn read_bounded<T: DecodeAll + Encode + MaxEncodedLen>(bytes: &[u8]) -> bool {
    let is_read = canonical::<T>(bytes).is_some();
    assert!(!is_read || bytes.len() <= T::max_encoded_len());
    is_read
}

fn guardians(bytes: &[u8]) -> bool {
    let Some(set) = canonical::<GuardianSet>(bytes) else {
        return false;
    };
    let members = &set.members;
    let is_good = set.check().is_ok();
    if is_good {
        let distinct: std::collections::BTreeSet<_> = members.iter().collect();
        assert_eq!(distinct.len(), members.len());
        assert!((1..=members.len()).contains(&usize::from(set.threshold)));
    }
    is_good
}

fn services(bytes: &[u8]) -> bool {
    let services = canonical::<Services>(bytes);
    services.is_some_and(|services| check_services(&services).is_ok())
}

/// No extrinsic has two encodings, nested as deep as the runtime reads them.
fn extrinsic(bytes: &[u8]) -> bool {
    let read =
        UncheckedExtrinsic::decode_all_with_depth_limit(MAX_EXTRINSIC_DEPTH, &mut &bytes[..]);
    match read {
        Ok(extrinsic) => {
            assert_eq!(extrinsic.encode(), bytes);
            true
        }
        Err(_) => false,
    }
}

/// A call that somebody pastes is the one that its bytes say.
fn pasted_call(bytes: &[u8]) -> bool {
    match allod_runtime::decode_call(bytes) {
        Ok(call) => {
            assert_eq!(call.encode(), bytes);
            true
        }
        Err(_) => false,
    }
}

/// A DID is the one of its identity on its network.
fn did(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    ["allod", "allod-dev", "Other Chain"]
        .map(Network::of_chain)
        .iter()
        .any(|network| match network.parse(text) {
            Ok(identifier) => {
                assert_eq!(network.did(identifier), text);
                true
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                let _ = error.code();
                false
            }
        })
}

fn identity_request() -> IdentityRequest {
    IdentityRequest {
        identifier: Identifier([1; 32]),
        algorithm: SignatureAlgorithm::Ed25519,
        request: SignedRequest {
            nonce: 1,
            valid_until: 1_000,
            signature: vec![5; 64].try_into().expect("short"),
        },
    }
}

fn call_arguments_seeds() -> Vec<Seed> {
    let request = identity_request();
    let consent = Consent {
        co_issuer: Identifier([2; 32]),
        algorithm: SignatureAlgorithm::EcdsaP256Sha256,
        valid_until: 1_000,
        signature: vec![6; 64].try_into().expect("short"),
    };
    let consents = Consents::try_from(vec![consent]).expect("few");
    let query = PayloadQuery::RegisterIssued {
        certificate: vec![0x30; 20],
        algorithm: SignatureAlgorithm::Ed25519,
        issuer: Identifier([3; 32]),
        co_issuers: vec![Identifier([2; 32])],
    };
    let signatures = CallSignatures {
        request: request.clone(),
        possession: None,
        consents: consents.clone(),
    };
    let guardians = GuardianSet {
        members: vec![Identifier([1; 32]), Identifier([2; 32])]
            .try_into()
            .expect("few"),
        threshold: 2,
        delay: 100,
    };
    let too_few = GuardianSet {
        threshold: 3,
        ..guardians.clone()
    };
    let text = |text: &str| text.as_bytes().to_vec();
    let service = Service {
        name: text("agent").try_into().expect("short"),
        kind: text("A2A").try_into().expect("short"),
        uri: text("https://agent.example/a2a").try_into().expect("short"),
    };
    let services = Services::try_from(vec![service]).expect("few");
    let of = |kind: u8, value: Vec<u8>| [vec![kind], value].concat();
    vec![
        Seed::valid("query", of(0, query.encode())),
        Seed::valid("signatures", of(1, signatures.encode())),
        Seed::valid("request", of(4, request.encode())),
        Seed::valid("consents", of(5, consents.encode())),
        Seed::valid("guardians", of(10, guardians.encode())),
        Seed::valid("services", of(11, services.encode())),
        Seed::invalid("guardians", of(10, too_few.encode())),
        Seed::invalid("algorithm", [6, 9, 0]),
    ]
}

/// A call about an identity.
fn deactivate() -> RuntimeCall {
    RuntimeCall::AutoId(pallet_auto_id::Call::deactivate {
        identifier: Identifier([1; 32]),
        request: identity_request(),
    })
}

fn extrinsic_seeds() -> Vec<Seed> {
    let bare = |call: RuntimeCall| UncheckedExtrinsic::new_bare(call).encode();
    let remark = |remark: Vec<u8>| RuntimeCall::System(frame_system::Call::remark { remark });
    let batch = pallet_utility::Call::batch {
        calls: vec![remark(vec![1; 5]), deactivate()],
    };
    let mut long = bare(remark(Vec::new()));
    long.push(0);
    vec![
        Seed::valid("remark", bare(remark(vec![1; 20]))),
        Seed::valid("batch", bare(RuntimeCall::Utility(batch))),
        Seed::invalid("long", long),
    ]
}

fn pasted_call_seeds() -> Vec<Seed> {
    let remark = RuntimeCall::System(frame_system::Call::remark { remark: Vec::new() });
    vec![
        Seed::valid("deactivate", deactivate().encode()),
        Seed::valid("remark", remark.encode()),
        Seed::invalid("pallet", [0x1e, 0]),
    ]
}

fn did_seeds() -> Vec<Seed> {
    let digits = "3b".repeat(32);
    vec![
        Seed::valid("production", format!("did:allod:{digits}")),
        Seed::valid("development", format!("did:allod:dev:{digits}")),
        Seed::invalid("url", format!("did:allod:{digits}#key:0")),
        Seed::invalid("upper-case", format!("did:allod:{}", digits.to_uppercase())),
        Seed::invalid("method", "did:web:example.org"),
    ]
}
