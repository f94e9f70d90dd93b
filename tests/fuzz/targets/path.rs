//! Certificates one after another, in DER: the chain of those that parse. No time, purpose or order leads to a panic,
//! and names cost no more than their budget.
#![no_main]

use allod_x509::{
    Budget, MAX_CHAIN, ParsedCertificate, Purpose,
    path::{check_issuer_name, check_may_issue, check_name_constraints, verify_path},
};
use libfuzzer_sys::fuzz_target;

/// The first value of DER and what follows it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, header) = match *bytes.get(1)? {
        short @ 0..=0x7f => (usize::from(short), 2),
        0x81 => (usize::from(*bytes.get(2)?), 3),
        0x82 => (usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?])), 4),
        _ => return None,
    };
    bytes.split_at_checked(header + length)
}

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    let mut chain = Vec::new();
    while let Some((first, more)) = split(rest) {
        chain.extend(ParsedCertificate::parse(first));
        rest = more;
        if chain.len() == MAX_CHAIN {
            break;
        }
    }
    for purpose in [None, Some(Purpose::ServerAuth), Some(Purpose::KeyCertSign)] {
        let _ = verify_path(&chain, 1_781_481_600, purpose);
    }
    let mut budget = Budget::new(500);
    for (one, other) in chain.iter().zip(chain.iter().skip(1)) {
        let _ = check_issuer_name(other, one);
        let _ = check_may_issue(one, 3);
        let _ = check_name_constraints(one, other, true, &mut budget);
    }
});
