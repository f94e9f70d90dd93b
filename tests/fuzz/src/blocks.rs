//! What consensus reads of blocks, and of peers.

use crate::{Seed, Target, history::KZG, scale::canonical};
use allod_consensus_primitives::{
    ConsensusLog, DigestError, ENGINE_ID, EquivocationError, EquivocationProof, JustificationError,
    PotJustification, PreDigest, consensus_logs, digest::seal_item, justification_hash, pre_digest,
    split_seal,
};
use allod_core::{
    ChainParameters, HistorySize, PotCheckpoints, PotOutput, PotSeed, SegmentCommitment, Slot,
    Solution, SolutionRange, time::PotInput,
};
use allod_farmer::header::{HeaderError, read_pre_digest};
use allod_timekeeper::{
    gossip::{MESSAGE_BYTES, SlotMessage},
    requests::{MAX_SLOTS, REQUEST_BYTES, read_answer, read_request},
};
use allod_verification::{SolutionContext, check_cheap, needed_segments, verify_solution};
use parity_scale_codec::{Decode, Encode};
use sp_runtime::{
    DigestItem, generic,
    traits::{BlakeTwo256, Header as _},
};
use std::sync::LazyLock;

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    Target {
        name: "digest",
        run: digest,
        seeds: digest_seeds,
    },
    Target {
        name: "justification",
        run: justification,
        seeds: justification_seeds,
    },
    Target {
        name: "equivocation",
        run: equivocation,
        seeds: equivocation_seeds,
    },
    Target {
        name: "gossip",
        run: gossip,
        seeds: gossip_seeds,
    },
    Target {
        name: "slot_request",
        run: slot_request,
        seeds: slot_request_seeds,
    },
    Target {
        name: "slot_answer",
        run: slot_answer,
        seeds: slot_answer_seeds,
    },
    Target {
        name: "solution",
        run: solution,
        seeds: solution_seeds,
    },
];

type Header = generic::Header<u32, BlakeTwo256>;

/// A header: its pre-digest, logs and seal are items of its digest again, and the farmer's own reader is of one mind
/// with the node's.
fn digest(bytes: &[u8]) -> bool {
    let Some(header) = canonical::<Header>(bytes) else {
        assert_eq!(read_pre_digest(bytes), Err(HeaderError::Encoding));
        return false;
    };
    let items = header.digest().logs();
    let found = pre_digest(&header);
    if let Ok(pre_digest) = &found {
        assert!(items.contains(&pre_digest.clone().into()));
    }
    let logs = consensus_logs(&header);
    if let Ok(logs) = &logs {
        let ours = items
            .iter()
            .filter(|item| matches!(item, DigestItem::Consensus(ENGINE_ID, _)));
        assert!(logs.iter().cloned().map(DigestItem::from).eq(ours.cloned()));
    }
    let split = split_seal(header.clone());
    if let Ok((unsealed, seal)) = &split {
        let mut sealed = unsealed.clone();
        sealed.digest_mut().push(seal_item(seal));
        assert_eq!(sealed, header);
        assert_eq!(split_seal(unsealed.clone()), Err(DigestError::NoSeal));
    }
    assert!(same_pre_digest(&found, bytes, items));
    found.is_ok() && logs.is_ok()
}

/// Whether the farmer reads the pre-digest that the node reads, or refuses for the same reason.
fn same_pre_digest(
    node: &Result<PreDigest, DigestError>,
    header: &[u8],
    items: &[DigestItem],
) -> bool {
    let is_sealed = items
        .iter()
        .any(|item| matches!(item, DigestItem::Seal(..)));
    match (node, read_pre_digest(header)) {
        (_, Err(HeaderError::AlreadySealed(position))) => {
            matches!(items[position], DigestItem::Seal(..))
        }
        _ if is_sealed => false,
        (Ok(node), Ok(farmer)) => node.encode() == farmer.encode(),
        (Err(DigestError::NoPreDigest), Err(HeaderError::PreDigestCount(0))) => true,
        (Err(DigestError::SeveralPreDigests), Err(HeaderError::PreDigestCount(count))) => count > 1,
        (Err(DigestError::MalformedPreDigest(_)), Err(HeaderError::PreDigestEncoding)) => true,
        // The node stops at the first one.
        (Err(DigestError::MalformedPreDigest(_)), Err(HeaderError::PreDigestCount(count))) => {
            count > 1
        }
        _ => false,
    }
}

/// A justification is taken by its hash alone.
fn justification(bytes: &[u8]) -> bool {
    let read = canonical::<PotJustification>(bytes);
    assert_eq!(PotJustification::from_bytes(bytes).ok(), read);
    let mut claim = example_pre_digest();
    claim.justification_hash = justification_hash(bytes);
    let verified = PotJustification::verify_bytes(&claim, bytes);
    match &read {
        Some(read) => assert_eq!(verified.as_ref(), Ok(read)),
        None => assert_eq!(verified, Err(JustificationError::Malformed(bytes.len()))),
    }
    claim.justification_hash[0] ^= 1;
    let other = PotJustification::verify_bytes(&claim, bytes);
    assert!(matches!(other, Err(JustificationError::Hash { .. })));
    read.is_some()
}

/// Two headers: it does not matter which is the first one, and without good seals they prove nothing.
fn equivocation(bytes: &[u8]) -> bool {
    let Some(proof) = canonical::<EquivocationProof<Header>>(bytes) else {
        return false;
    };
    let turned = EquivocationProof {
        first: proof.second.clone(),
        second: proof.first.clone(),
    };
    let genesis = [7; 32];
    let found = proof.check(&genesis, |_, _, _| true);
    assert_eq!(
        found.is_ok(),
        turned.check(&genesis, |_, _, _| true).is_ok()
    );
    if let Ok(found) = found {
        for header in [&proof.first, &proof.second] {
            let claim = pre_digest(header).expect("it was read");
            assert_eq!(
                (claim.slot, claim.solution.public_key),
                (found.slot, found.public_key)
            );
        }
        let unsealed = proof.check(&genesis, |_, _, _| false);
        assert_eq!(unsealed, Err(EquivocationError::Seal("first")));
    }
    found.is_ok()
}

/// A slot from a peer is what its layout says, field by field.
fn gossip(bytes: &[u8]) -> bool {
    let message = SlotMessage::from_bytes(bytes);
    let expected = read_message(bytes).filter(|_| bytes.len() == MESSAGE_BYTES);
    assert_eq!(message, expected);
    if let Some(message) = message {
        assert_eq!(message.encode(), bytes);
    }
    message.is_some()
}

/// A request for slots is the first part of a gossiped slot.
fn slot_request(bytes: &[u8]) -> bool {
    let input = read_request(bytes);
    let message = [bytes, &[0; MESSAGE_BYTES - REQUEST_BYTES]].concat();
    let expected = read_message(&message).filter(|_| bytes.len() == REQUEST_BYTES);
    assert_eq!(input, expected.map(|message| message.input));
    if let Some(input) = input {
        assert_eq!(input.encode(), bytes);
    }
    input.is_some()
}

/// What peers answer is bounded, and has one encoding.
fn slot_answer(bytes: &[u8]) -> bool {
    let slots = read_answer(bytes);
    if let Some(slots) = &slots {
        assert!(slots.len() <= MAX_SLOTS);
        assert_eq!(slots.encode(), bytes);
    }
    slots.is_some()
}

/// The layout in `allod_timekeeper::gossip`, read by hand.
fn read_message(bytes: &[u8]) -> Option<SlotMessage> {
    let (slot, rest) = bytes.split_first_chunk()?;
    let (seed, rest) = rest.split_first_chunk()?;
    let (iterations, rest) = rest.split_first_chunk()?;
    let (checkpoints, _) = rest.as_chunks::<16>();
    let checkpoints: [[u8; 16]; 8] = checkpoints.try_into().ok()?;
    Some(SlotMessage {
        input: PotInput {
            slot: Slot(u64::from_le_bytes(*slot)),
            seed: PotSeed(*seed),
            iterations: u32::from_le_bytes(*iterations).try_into().ok()?,
        },
        checkpoints: PotCheckpoints::from(checkpoints),
    })
}

/// A solution, whatever it claims: no rule panics, and the cheap rules refuse nothing that all of them take.
fn solution(bytes: &[u8]) -> bool {
    static PARAMETERS: LazyLock<ChainParameters> = LazyLock::new(crate::json::local_parameters);
    let Some(solution) = canonical::<Solution>(bytes) else {
        return false;
    };
    let parent_history_size = HistorySize(20);
    let needed = needed_segments(&solution, &PARAMETERS, parent_history_size);
    // The point at infinity, compressed: a commitment like any other.
    let mut commitment = SegmentCommitment([0; 48]);
    commitment.0[0] = 0xc0;
    let context = SolutionContext {
        parameters: &PARAMETERS,
        slot: Slot(5),
        pot_output: PotOutput([5; 16]),
        parent_history_size,
        solution_range: SolutionRange(u64::MAX),
        key_blocked: false,
        segment_commitment: Some(commitment),
        expiry_commitment: needed.expiry.map(|_| commitment),
    };
    let cheap = check_cheap(&solution, &context);
    let all = verify_solution(&solution, &context, &KZG);
    match (&cheap, &all) {
        (Err(cheap), Err(all)) => assert_eq!(cheap.to_string(), all.to_string()),
        (Err(cheap), Ok(_)) => panic!("valid although {cheap}"),
        (Ok(_), _) => {}
    }
    true
}

fn example_pre_digest() -> PreDigest {
    let bytes = [9; Solution::SIZE];
    PreDigest {
        slot: Slot(7),
        solution: Solution::decode(&mut &bytes[..]).expect("any bytes are one"),
        slot_output: PotOutput([11; 16]),
        future_output: PotOutput([12; 16]),
        justification_hash: [13; 32],
    }
}

fn header(items: Vec<DigestItem>) -> Header {
    let hash = |byte| [byte; 32].into();
    let digest = generic::Digest { logs: items };
    Header::new(300, hash(1), hash(2), hash(3), digest)
}

fn digest_seeds() -> Vec<Seed> {
    let mut items: Vec<DigestItem> = vec![example_pre_digest().into()];
    items.extend(ConsensusLog::longest().into_iter().map(DigestItem::from));
    items.push(DigestItem::RuntimeEnvironmentUpdated);
    let unsealed = header(items.clone());
    items.push(seal_item(&[3; 64]));
    let twice = header(vec![
        example_pre_digest().into(),
        example_pre_digest().into(),
    ]);
    vec![
        Seed::valid("unsealed", unsealed.encode()),
        Seed::valid("sealed", header(items).encode()),
        Seed::invalid("empty", header(Vec::new()).encode()),
        Seed::invalid("twice", twice.encode()),
    ]
}

fn justification_seeds() -> Vec<Seed> {
    let of = |count| {
        let checkpoints = vec![PotCheckpoints::from([[1; 16]; 8]); count];
        PotJustification::new(checkpoints).expect("few").encode()
    };
    let mut long = of(2);
    long.push(0);
    vec![
        Seed::valid("none", of(0)),
        Seed::valid("two", of(2)),
        Seed::invalid("long", long),
        Seed::invalid("endless", [2, 0, 2, 0]),
    ]
}

fn equivocation_seeds() -> Vec<Seed> {
    let sealed = |seal: u8| header(vec![example_pre_digest().into(), seal_item(&[seal; 64])]);
    let proof = |first, second| EquivocationProof { first, second }.encode();
    vec![
        Seed::valid("two", proof(sealed(1), sealed(2))),
        Seed::invalid("same", proof(sealed(1), sealed(1))),
    ]
}

fn gossip_seeds() -> Vec<Seed> {
    let mut bytes = [1; MESSAGE_BYTES];
    let valid = Seed::valid("slot", bytes);
    bytes[24..28].fill(0);
    vec![valid, Seed::invalid("no-iterations", bytes)]
}

fn slot_request_seeds() -> Vec<Seed> {
    let mut bytes = [1; REQUEST_BYTES];
    let valid = Seed::valid("input", bytes);
    bytes[24..28].fill(0);
    vec![valid, Seed::invalid("no-iterations", bytes)]
}

fn slot_answer_seeds() -> Vec<Seed> {
    let two = [&[2 << 2][..], &[1; 256]].concat();
    vec![
        Seed::valid("none", [0]),
        Seed::invalid("cut", &two[..200]),
        Seed::valid("two", two),
    ]
}

fn solution_seeds() -> Vec<Seed> {
    vec![
        Seed::valid("bytes", example_pre_digest().solution.encode()),
        Seed::invalid("short", [0; 389]),
    ]
}
