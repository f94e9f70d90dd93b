//! What nodes ask one another before they follow one another's chain.

use crate::{Seed, Target};
use allod_core::Slot;
use allod_sync::protocol::{
    HeaderRecord, HeadersRequest, MAX_HEADERS, MAX_JUSTIFICATION_BYTES, MAX_SEALED_HEADER_BYTES,
    Tip, read_headers, read_headers_request, read_tip,
};
use parity_scale_codec::{Compact, Decode, Encode};

/// The targets of this module.
pub const TARGETS: &[Target] = &[
    Target {
        name: "tip",
        run: tip,
        seeds: tip_seeds,
    },
    Target {
        name: "headers_request",
        run: headers_request,
        seeds: headers_request_seeds,
    },
    Target {
        name: "headers_answer",
        run: headers_answer,
        seeds: headers_answer_seeds,
    },
];

/// A tip is what its layout says, field by field.
fn tip(bytes: &[u8]) -> bool {
    let tip = read_tip(bytes);
    assert_eq!(tip, tip_by_hand(bytes));
    if let Some(tip) = tip {
        assert_eq!(tip.encode(), bytes);
    }
    tip.is_some()
}

fn tip_by_hand(mut bytes: &[u8]) -> Option<Tip> {
    let tip = Tip {
        hash: taken(&mut bytes)?,
        number: u32::from_le_bytes(taken(&mut bytes)?),
        slot: Slot(u64::from_le_bytes(taken(&mut bytes)?)),
        weight: u128::from_le_bytes(taken(&mut bytes)?),
        final_number: u32::from_le_bytes(taken(&mut bytes)?),
        final_hash: taken(&mut bytes)?,
    };
    bytes.is_empty().then_some(tip)
}

/// The first bytes, taken off.
fn taken<const BYTES: usize>(bytes: &mut &[u8]) -> Option<[u8; BYTES]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

/// A request asks for as many headers as an answer has, and has one encoding.
fn headers_request(bytes: &[u8]) -> bool {
    let request = read_headers_request(bytes);
    if let Some(request) = &request {
        assert!((1..=MAX_HEADERS).contains(&request.count));
        assert_eq!(request.encode(), bytes);
    }
    request.is_some()
}

/// Two bytes say how many headers were asked for, the rest is the answer: no longer than it may be, and what is read one
/// by one.
fn headers_answer(bytes: &[u8]) -> bool {
    let Some((count, answer)) = bytes.split_first_chunk() else {
        return false;
    };
    let count = u16::from_le_bytes(*count);
    let records = read_headers(answer, count);
    assert_eq!(records, records_one_by_one(answer, count));
    if let Some(records) = &records {
        assert_eq!(records.encode(), answer);
    }
    records.is_some()
}

fn records_one_by_one(mut answer: &[u8], count: u16) -> Option<Vec<HeaderRecord>> {
    let length = Compact::<u32>::decode(&mut answer).ok()?.0;
    let mut records = Vec::new();
    for _ in 0..length {
        let record = HeaderRecord::decode(&mut answer).ok()?;
        let bounded = record.header.len() <= MAX_SEALED_HEADER_BYTES
            && record.justification.len() <= MAX_JUSTIFICATION_BYTES;
        if !bounded || records.len() >= usize::from(count) {
            return None;
        }
        records.push(record);
    }
    answer.is_empty().then_some(records)
}

fn tip_seeds() -> Vec<Seed> {
    let tip = Tip {
        hash: [1; 32],
        number: 2,
        slot: Slot(3),
        weight: 4,
        final_number: 5,
        final_hash: [6; 32],
    };
    let bytes = tip.encode();
    vec![
        Seed::valid("tip", bytes.clone()),
        Seed::invalid("short", &bytes[1..]),
        Seed::invalid("long", [&bytes[..], &[0]].concat()),
    ]
}

fn headers_request_seeds() -> Vec<Seed> {
    let request = |count| {
        let from = [7; 32];
        HeadersRequest { from, count }.encode()
    };
    vec![
        Seed::valid("one", request(1)),
        Seed::valid("most", request(MAX_HEADERS)),
        Seed::invalid("none", request(0)),
        Seed::invalid("too-many", request(MAX_HEADERS + 1)),
        Seed::invalid("long", [request(1), vec![0]].concat()),
    ]
}

fn headers_answer_seeds() -> Vec<Seed> {
    let record = |bytes| HeaderRecord {
        header: vec![8; bytes],
        justification: vec![9; 5],
    };
    let answer = |count: u16, records: Vec<HeaderRecord>| {
        let records = records.encode();
        [&count.to_le_bytes()[..], &records].concat()
    };
    let two = || vec![record(3), record(0)];
    vec![
        Seed::valid("none", answer(1, Vec::new())),
        Seed::valid("two", answer(2, two())),
        Seed::valid("fewer", answer(MAX_HEADERS, two())),
        Seed::invalid("more-than-asked-for", answer(1, two())),
        Seed::invalid(
            "header-too-long",
            answer(1, vec![record(MAX_SEALED_HEADER_BYTES + 1)]),
        ),
        Seed::invalid("long", [answer(2, two()), vec![0]].concat()),
        Seed::invalid("cut", &answer(2, two())[..9]),
    ]
}
