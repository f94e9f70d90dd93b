//! Just enough of a block's header to know what one is asked to sign (§8).
//!
//! The farmer names no node internals, so it reads the header by itself: parent hash, compact
//! number, state root, extrinsics root, digest items. The encoding must be the canonical one, so
//! that what was judged is exactly what gets signed.

use allod_consensus_primitives::{ENGINE_ID, PreDigest};
use allod_core::{Hash, parameters::MAX_HEADER_BYTES};
use parity_scale_codec::{Decode, Encode};

/// A header without seal.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct UnsealedHeader {
    pub parent_hash: Hash,
    /// The block's number.
    #[codec(compact)]
    pub number: u32,
    pub state_root: Hash,
    /// Root of the body.
    pub extrinsics_root: Hash,
    pub digest: Vec<DigestItem>,
}

/// One item of a header's digest, as SCALE numbers them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum DigestItem {
    /// Anything.
    #[codec(index = 0)]
    Other(Vec<u8>),
    /// From the runtime to the engine.
    #[codec(index = 4)]
    Consensus([u8; 4], Vec<u8>),
    /// From the author, after the block was made.
    #[codec(index = 5)]
    Seal([u8; 4], Vec<u8>),
    /// From the author to the runtime.
    #[codec(index = 6)]
    PreRuntime([u8; 4], Vec<u8>),
    /// The runtime's code or heap changed.
    #[codec(index = 8)]
    RuntimeEnvironmentUpdated,
}

/// Bytes that are not a header which waits for its seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// More than any header has.
    #[error("header of {0} bytes: at most {MAX_HEADER_BYTES}")]
    TooLong(usize),
    /// Not a header in canonical SCALE.
    #[error("the bytes are not a header in canonical SCALE")]
    Encoding,
    /// There is a seal already.
    #[error("digest item {0} is a seal: a header is signed without it")]
    AlreadySealed(usize),
    /// Not exactly one pre-digest.
    #[error("{0} pre-digests of engine `alod`: a header has exactly one")]
    PreDigestCount(usize),
    /// The pre-digest is not one.
    #[error("the pre-digest of engine `alod` does not decode to its last byte")]
    PreDigestEncoding,
}

/// Reads the pre-digest of an encoded header without seal.
pub fn read_pre_digest(header: &[u8]) -> Result<PreDigest, HeaderError> {
    if header.len() > MAX_HEADER_BYTES {
        return Err(HeaderError::TooLong(header.len()));
    }
    let header: UnsealedHeader = decode_canonical(header).ok_or(HeaderError::Encoding)?;
    let is_seal = |item: &DigestItem| matches!(item, DigestItem::Seal(..));
    if let Some(position) = header.digest.iter().position(is_seal) {
        return Err(HeaderError::AlreadySealed(position));
    }
    let pre_digests: Vec<&[u8]> = header
        .digest
        .iter()
        .filter_map(|item| match item {
            DigestItem::PreRuntime(ENGINE_ID, payload) => Some(payload.as_slice()),
            DigestItem::Other(_)
            | DigestItem::Consensus(..)
            | DigestItem::Seal(..)
            | DigestItem::PreRuntime(..)
            | DigestItem::RuntimeEnvironmentUpdated => None,
        })
        .collect();
    match pre_digests.as_slice() {
        [payload] => decode_canonical(payload).ok_or(HeaderError::PreDigestEncoding),
        others => Err(HeaderError::PreDigestCount(others.len())),
    }
}

/// Decodes bytes that are the one encoding of their value, to the last byte.
fn decode_canonical<T: Decode + Encode>(bytes: &[u8]) -> Option<T> {
    let value = T::decode(&mut &bytes[..]).ok()?;
    (value.encode() == bytes).then_some(value)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use allod_core::{PotOutput, Slot, Solution};
    use proptest::prelude::*;

    /// A header with this pre-digest, and items that a real one has beside it.
    pub(crate) fn header(pre_digest: &PreDigest) -> UnsealedHeader {
        UnsealedHeader {
            parent_hash: [1; 32],
            number: 300,
            state_root: [2; 32],
            extrinsics_root: [3; 32],
            digest: vec![
                DigestItem::PreRuntime(ENGINE_ID, pre_digest.encode()),
                DigestItem::Consensus(ENGINE_ID, vec![1, 2, 3]),
                DigestItem::Other(vec![4]),
                DigestItem::RuntimeEnvironmentUpdated,
            ],
        }
    }

    pub(crate) fn pre_digest(slot: Slot, solution: &Solution) -> PreDigest {
        PreDigest {
            slot,
            solution: solution.clone(),
            slot_output: PotOutput([5; 16]),
            future_output: PotOutput([6; 16]),
            justification_hash: [7; 32],
        }
    }

    pub(crate) fn solution() -> Solution {
        let bytes = [9; Solution::SIZE];
        Solution::decode(&mut &bytes[..]).unwrap()
    }

    #[test]
    fn layout_is_that_of_substrate() {
        let header = UnsealedHeader {
            digest: vec![DigestItem::PreRuntime(*b"alod", vec![0xaa, 0xbb])],
            ..header(&pre_digest(Slot(1), &solution()))
        };
        let mut expected = vec![1; 32];
        // 300 in compact form: two bytes, mode 1.
        expected.extend([(300_u16 << 2 | 1) as u8, (300_u16 >> 6) as u8]);
        expected.extend([2; 32]);
        expected.extend([3; 32]);
        expected.extend([1 << 2, 6, b'a', b'l', b'o', b'd', 2 << 2, 0xaa, 0xbb]);
        assert_eq!(header.encode(), expected);
    }

    #[test]
    fn the_pre_digest_is_found() {
        let pre_digest = pre_digest(Slot(8), &solution());
        let bytes = header(&pre_digest).encode();
        assert_eq!(read_pre_digest(&bytes), Ok(pre_digest));
    }

    #[test]
    fn what_is_not_a_header_without_seal_is_refused() {
        let pre_digest = pre_digest(Slot(8), &solution());
        let good = header(&pre_digest);
        let with = |change: fn(&mut UnsealedHeader)| {
            let mut header = good.clone();
            change(&mut header);
            read_pre_digest(&header.encode())
        };
        assert_eq!(
            with(|header| header.digest.push(DigestItem::Seal(ENGINE_ID, vec![0; 64]))),
            Err(HeaderError::AlreadySealed(4))
        );
        assert_eq!(
            with(|header| {
                header.digest.remove(0);
            }),
            Err(HeaderError::PreDigestCount(0))
        );
        assert_eq!(
            with(|header| header.digest.push(header.digest[0].clone())),
            Err(HeaderError::PreDigestCount(2))
        );
        assert_eq!(
            with(|header| header.digest[0] = DigestItem::PreRuntime(*b"BABE", Vec::new())),
            Err(HeaderError::PreDigestCount(0))
        );
        let mut longer = good.clone();
        let payload = [pre_digest.encode(), vec![0]].concat();
        longer.digest[0] = DigestItem::PreRuntime(ENGINE_ID, payload);
        assert_eq!(
            read_pre_digest(&longer.encode()),
            Err(HeaderError::PreDigestEncoding)
        );

        let bytes = good.encode();
        for end in 0..bytes.len() {
            assert_eq!(read_pre_digest(&bytes[..end]), Err(HeaderError::Encoding));
        }
        let trailing = [&bytes[..], &[0]].concat();
        assert_eq!(read_pre_digest(&trailing), Err(HeaderError::Encoding));
        // A number in a longer form than it needs.
        let mut padded = bytes[..32].to_vec();
        padded.extend((300_u32 << 2 | 2).to_le_bytes());
        padded.extend(&bytes[34..]);
        assert_eq!(read_pre_digest(&padded), Err(HeaderError::Encoding));
        let long = vec![0; MAX_HEADER_BYTES + 1];
        assert_eq!(
            read_pre_digest(&long),
            Err(HeaderError::TooLong(MAX_HEADER_BYTES + 1))
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(read_pre_digest(&bytes).is_err());
        }
    }
}
