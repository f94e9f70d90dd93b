//! What nodes ask one another before they follow one another's chain.
//!
//! Two request–response protocols, `/<genesis hash>[/<fork id>]/sync/tip/1` and `…/sync/headers/1`.
//! Everything is SCALE, decoded to its last byte, and bounded before it is decoded.

use allod_block_rules::fork_choice::BlockWeight;
use allod_core::{
    Hash, PotCheckpoints, Slot,
    parameters::{MAX_HEADER_BYTES, MAX_SLOTS_PER_JUSTIFICATION},
};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::time::Duration;

/// Headers in one answer.
pub const MAX_HEADERS: u16 = 512;
/// Bytes after which an answer takes no further header.
pub const SOFT_RESPONSE_BYTES: usize = 1 << 20;
/// Bytes of a header with its seal, whose item in the digest is shorter than 128.
pub const MAX_SEALED_HEADER_BYTES: usize = MAX_HEADER_BYTES + 128;
/// Bytes of a justification: the checkpoints of its slots, and their number.
pub const MAX_JUSTIFICATION_BYTES: usize =
    MAX_SLOTS_PER_JUSTIFICATION as usize * PotCheckpoints::SIZE + 5;
/// Bytes of an answer: what lies below the soft limit, and one record of the largest kind.
pub const MAX_RESPONSE_BYTES: u64 =
    (SOFT_RESPONSE_BYTES + MAX_SEALED_HEADER_BYTES + MAX_JUSTIFICATION_BYTES + 16) as u64;
/// How long an answer may take.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What a node says of its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Tip {
    /// Hash of the best block that the node has executed.
    pub hash: Hash,
    /// Its number.
    pub number: u32,
    /// Its slot.
    pub slot: Slot,
    /// Weight of its chain from genesis: a claim.
    pub weight: BlockWeight,
    /// Number of the last final block.
    pub final_number: u32,
    /// Hash of the last final block.
    pub final_hash: Hash,
}

impl Tip {
    /// Bytes of its encoding.
    pub const BYTES: u64 = 32 + 4 + 8 + 16 + 4 + 32;
}

/// Asks for the headers from a block on backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct HeadersRequest {
    /// The first block.
    pub from: Hash,
    /// At most so many headers, 1 to [`MAX_HEADERS`].
    pub count: u16,
}

impl HeadersRequest {
    /// Bytes of its encoding.
    pub const BYTES: u64 = 32 + 2;
}

/// A header as its block has it, and the one justification that it names.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct HeaderRecord {
    /// SCALE header with its seal.
    pub header: Vec<u8>,
    /// The justification; empty for genesis, which has none.
    pub justification: Vec<u8>,
}

impl HeaderRecord {
    /// Bytes of both.
    pub fn bytes(&self) -> usize {
        self.header.len().saturating_add(self.justification.len())
    }

    /// Whether both are within their bounds.
    pub fn is_bounded(&self) -> bool {
        self.header.len() <= MAX_SEALED_HEADER_BYTES
            && self.justification.len() <= MAX_JUSTIFICATION_BYTES
    }
}

/// Whether bytes are a request for a tip: it has none.
pub fn is_tip_request(bytes: &[u8]) -> bool {
    bytes.is_empty()
}

/// Reads a request for headers; none if it is not one, or asks for none or for more than there are in an answer.
pub fn read_headers_request(bytes: &[u8]) -> Option<HeadersRequest> {
    let request = HeadersRequest::decode_all(&mut &*bytes).ok()?;
    (1..=MAX_HEADERS)
        .contains(&request.count)
        .then_some(request)
}

/// Reads an answer to a request for `count` headers; none if it is not one.
pub fn read_headers(bytes: &[u8], count: u16) -> Option<Vec<HeaderRecord>> {
    let records = Vec::<HeaderRecord>::decode_all(&mut &*bytes).ok()?;
    let bounded = records.len() <= usize::from(count);
    (bounded && records.iter().all(HeaderRecord::is_bounded)).then_some(records)
}

/// Reads a tip; none if it is not one.
pub fn read_tip(bytes: &[u8]) -> Option<Tip> {
    Tip::decode_all(&mut &*bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tip() -> Tip {
        Tip {
            hash: [1; 32],
            number: 2,
            slot: Slot(3),
            weight: 4,
            final_number: 5,
            final_hash: [6; 32],
        }
    }

    #[test]
    fn a_tip_has_one_encoding_of_its_length() {
        let bytes = tip().encode();
        assert_eq!(bytes.len(), Tip::BYTES as usize);
        assert_eq!(read_tip(&bytes), Some(tip()));
        assert_eq!(read_tip(&bytes[1..]), None);
        assert_eq!(read_tip(&[&bytes[..], &[0]].concat()), None);
    }

    #[test]
    fn a_request_is_for_as_many_headers_as_an_answer_has() {
        let request = |count| {
            let from = [7; 32];
            HeadersRequest { from, count }
        };
        for count in [1, 2, MAX_HEADERS] {
            let bytes = request(count).encode();
            assert_eq!(bytes.len(), HeadersRequest::BYTES as usize);
            assert_eq!(read_headers_request(&bytes), Some(request(count)));
            assert_eq!(read_headers_request(&bytes[1..]), None);
            assert_eq!(read_headers_request(&[&bytes[..], &[0]].concat()), None);
        }
        for count in [0, MAX_HEADERS + 1, u16::MAX] {
            assert_eq!(read_headers_request(&request(count).encode()), None);
        }
        assert!(is_tip_request(&[]) && !is_tip_request(&[0]));
    }

    #[test]
    fn an_answer_has_no_more_than_was_asked_for() {
        let record = HeaderRecord {
            header: vec![1; 10],
            justification: vec![2; 20],
        };
        let bytes = vec![record.clone(); 3].encode();
        assert_eq!(
            read_headers(&bytes, 3).map(|records| records.len()),
            Some(3)
        );
        assert_eq!(read_headers(&bytes, 2), None);
        assert_eq!(read_headers(&[&bytes[..], &[0]].concat(), 3), None);
        let long = HeaderRecord {
            header: vec![0; MAX_SEALED_HEADER_BYTES + 1],
            justification: Vec::new(),
        };
        assert_eq!(read_headers(&vec![long].encode(), 3), None);
        let most = HeaderRecord {
            header: vec![0; MAX_SEALED_HEADER_BYTES],
            justification: vec![0; MAX_JUSTIFICATION_BYTES],
        };
        let bytes = vec![most].encode();
        assert!(read_headers(&bytes, 1).is_some());
        assert!((bytes.len() as u64) < MAX_RESPONSE_BYTES);
    }
}
