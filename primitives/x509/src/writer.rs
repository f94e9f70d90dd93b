//! Writing DER: what the chain writes (revocation lists to be signed) and what the builder does.

use alloc::vec::Vec;
use core::time::Duration;

use der::{
    Encode,
    asn1::{GeneralizedTime, UtcTime},
};

use crate::SignatureAlgorithm;

/// One tagged value.
pub fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len().to_be_bytes();
    let significant = length.iter().skip_while(|byte| **byte == 0);
    let mut out = [tag].to_vec();
    match u8::try_from(contents.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let count = u8::try_from(significant.clone().count()).unwrap_or(u8::MAX);
            out.push(0x80 | count);
            out.extend(significant);
        }
    }
    out.extend_from_slice(contents);
    out
}

/// A SEQUENCE of parts that are DER already.
pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// A BIT STRING of whole bytes.
pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], bytes].concat())
}

/// A non-negative INTEGER.
pub fn integer(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let mut contents = [0].to_vec();
    contents.extend(bytes.iter().skip_while(|byte| **byte == 0));
    // The zero in front stays where the first bit is set, or nothing else is there.
    let shortest = match contents.as_slice() {
        [0, rest @ ..] if rest.first().is_some_and(|byte| *byte < 0x80) => rest,
        all => all,
    };
    tlv(0x02, shortest)
}

/// An extension: contents of the identifier, whether critical, DER of its value.
pub fn extension(identifier: &[u8], is_critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = [tlv(0x06, identifier)].to_vec();
    if is_critical {
        parts.push(tlv(0x01, &[0xff]));
    }
    parts.push(tlv(0x04, value));
    sequence(&parts)
}

/// The identifier of a signature algorithm.
pub fn algorithm_identifier(algorithm: SignatureAlgorithm) -> Vec<u8> {
    tlv(0x30, algorithm.identifier().as_ref())
}

/// What is signed, the algorithm, and the signature: a certificate, a list or a request.
pub fn signed(to_be_signed: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    sequence(&[
        to_be_signed.to_vec(),
        algorithm_identifier(algorithm),
        bit_string(signature),
    ])
}

/// UTCTime up to 2049 and GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5); `None` beyond 9999.
pub fn time(seconds: u64) -> Option<Vec<u8>> {
    let duration = Duration::from_secs(seconds);
    UtcTime::from_unix_duration(duration)
        .and_then(|time| time.to_der())
        .or_else(|_| GeneralizedTime::from_unix_duration(duration).and_then(|time| time.to_der()))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        for (value, contents) in [
            (0, &[0][..]),
            (1, &[1]),
            (0x7f, &[0x7f]),
            (0x80, &[0, 0x80]),
            (0x100, &[1, 0]),
            (0xffff, &[0, 0xff, 0xff]),
            (u64::MAX, &[0, 255, 255, 255, 255, 255, 255, 255, 255]),
        ] {
            assert_eq!(integer(value), tlv(2, contents));
        }
    }

    #[test]
    fn lengths() {
        for (length, header) in [
            (0x7f, &[4, 0x7f][..]),
            (0x80, &[4, 0x81, 0x80]),
            (0xff, &[4, 0x81, 0xff]),
            (0x100, &[4, 0x82, 1, 0]),
            (0x1_0000, &[4, 0x83, 1, 0, 0]),
        ] {
            let out = tlv(4, &vec![7; length]);
            assert_eq!(out[..header.len()], *header);
            assert_eq!(out.len(), header.len() + length);
        }
    }

    #[test]
    fn times() {
        assert_eq!(time(0), Some(tlv(0x17, b"700101000000Z")));
        assert_eq!(time(2_524_607_999), Some(tlv(0x17, b"491231235959Z")));
        assert_eq!(time(2_524_608_000), Some(tlv(0x18, b"20500101000000Z")));
        assert_eq!(time(253_402_300_799), Some(tlv(0x18, b"99991231235959Z")));
        assert_eq!(time(253_402_300_800), None);
    }
}
