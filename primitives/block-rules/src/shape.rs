//! What a block is made of: a body to execute, a header with one pre-digest and one seal, one
//! justification.

use crate::BlockError;
use allod_consensus_primitives::{
    DigestError, ENGINE_ID, JustificationError, PotJustification, PreDigest, consensus_logs,
    digest::{SEAL_BYTES, read_seal, seal_item},
    pre_digest, seal_message, split_seal,
};
use allod_core::{
    Hash,
    parameters::{MAX_BLOCK_BYTES, MAX_HEADER_BYTES},
};
use allod_verification::verify_seal;
use parity_scale_codec::Encode;
use sp_runtime::{
    DigestItem, Justifications, StateVersion,
    traits::{Hash as _, Header as HeaderT},
};
use std::fmt;

/// How a node is to come by the state after a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Execution {
    /// It executes the block.
    Here,
    /// It is given the state.
    Elsewhere,
    /// It does without.
    Never,
}

impl fmt::Display for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Here => "execution",
            Self::Elsewhere => "state sync",
            Self::Never => "import without execution",
        })
    }
}

/// Only blocks that this node executes are imported: a state that was not computed here is not
/// believed.
///
/// # Errors
/// [`BlockError::NotExecuted`], [`BlockError::NoBody`].
pub fn full_block<Extrinsic>(
    execution: Execution,
    body: Option<&[Extrinsic]>,
) -> Result<(), BlockError> {
    match execution {
        Execution::Here => {}
        Execution::Elsewhere | Execution::Never => {
            return Err(BlockError::NotExecuted(execution));
        }
    }
    body.map(|_| ()).ok_or(BlockError::NoBody)
}

/// The header, without its seal, is no larger than [`MAX_HEADER_BYTES`].
///
/// # Errors
/// [`BlockError::HeaderTooLarge`].
pub fn header_size<Header: HeaderT>(header: &Header) -> Result<(), BlockError> {
    let bytes = header.encoded_size();
    let most = MAX_HEADER_BYTES;
    if bytes <= most {
        Ok(())
    } else {
        Err(BlockError::HeaderTooLarge { bytes, most })
    }
}

/// The digest, without the seal, is the pre-digest and after it consensus logs, each of which
/// decodes. Besides, the runtime may say that it has changed.
///
/// # Errors
/// [`BlockError::Digest`], [`BlockError::ForeignDigest`].
pub fn digest_shape<Header: HeaderT>(header: &Header) -> Result<(), BlockError> {
    pre_digest(header)?;
    consensus_logs(header)?;
    for (position, item) in header.digest().logs().iter().enumerate() {
        let belongs = match item {
            DigestItem::PreRuntime(engine, _) => *engine == ENGINE_ID && position == 0,
            DigestItem::Consensus(engine, _) => *engine == ENGINE_ID,
            DigestItem::RuntimeEnvironmentUpdated => true,
            DigestItem::Seal(..) | DigestItem::Other(_) => false,
        };
        if !belongs {
            return Err(BlockError::ForeignDigest(position));
        }
    }
    Ok(())
}

/// The body is the one that the header names, and no larger than a block may be.
///
/// # Errors
/// [`BlockError::BodyTooLarge`], [`BlockError::ExtrinsicsRoot`].
pub fn body_of_header<Header, Extrinsic>(
    header: &Header,
    body: &[Extrinsic],
    version: StateVersion,
) -> Result<(), BlockError>
where
    Header: HeaderT,
    Header::Hash: Into<Hash>,
    Extrinsic: Encode,
{
    let most = usize::try_from(MAX_BLOCK_BYTES).unwrap_or(usize::MAX);
    let bytes = body.iter().map(Encode::encoded_size);
    let bytes = bytes.fold(0_usize, usize::saturating_add);
    if bytes > most {
        return Err(BlockError::BodyTooLarge { bytes, most });
    }
    let encoded = body.iter().map(Encode::encode).collect();
    let actual = Header::Hashing::ordered_trie_root(encoded, version);
    if actual == *header.extrinsics_root() {
        Ok(())
    } else {
        Err(BlockError::ExtrinsicsRoot {
            expected: (*header.extrinsics_root()).into(),
            actual: actual.into(),
        })
    }
}

/// A header with one pre-digest and, taken off it, one seal.
#[derive(Debug, Clone)]
pub struct SealedHeader<Header> {
    header: Header,
    pre_digest: PreDigest,
    seal: [u8; SEAL_BYTES],
}

/// That a header is sealed by the key of its solution.
#[derive(Debug)]
pub struct VerifiedSeal {
    _only_made_here: (),
}

impl<Header: HeaderT> SealedHeader<Header> {
    /// Reads pre-digest and seal. `post_digests` are the digest items that were taken off `header`.
    ///
    /// # Errors
    /// [`BlockError::Digest`].
    pub fn new(header: Header, post_digests: &[DigestItem]) -> Result<Self, BlockError> {
        let pre_digest = pre_digest(&header)?;
        let seal = match post_digests {
            [] => return Err(DigestError::NoSeal.into()),
            [item] => read_seal(item)?,
            [_, _, ..] => return Err(DigestError::SeveralSeals.into()),
        };
        Ok(Self {
            header,
            pre_digest,
            seal,
        })
    }

    /// Without seal.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What its author claims.
    pub fn pre_digest(&self) -> &PreDigest {
        &self.pre_digest
    }

    /// The seal is over this header and this genesis hash, by the key of the solution.
    ///
    /// # Errors
    /// [`BlockError::Seal`].
    pub fn verify_seal(&self, genesis_hash: &Hash) -> Result<VerifiedSeal, BlockError> {
        let message = seal_message(genesis_hash, &self.header.encode());
        verify_seal(&self.pre_digest.solution.public_key, &message, &self.seal)?;
        Ok(VerifiedSeal {
            _only_made_here: (),
        })
    }
}

/// What a header is made of, by itself: size, digest, pre-digest, seal. `post_digests` were taken off it.
///
/// # Errors
/// Those of [`header_size`], [`digest_shape`] and [`SealedHeader::new`], in this order.
pub fn header_shape<Header: HeaderT>(
    header: Header,
    post_digests: &[DigestItem],
) -> Result<SealedHeader<Header>, BlockError> {
    header_size(&header)?;
    digest_shape(&header)?;
    SealedHeader::new(header, post_digests)
}

/// [`header_shape`] of a header that has its seal still.
///
/// # Errors
/// [`BlockError::Digest`] without a seal or with several, and those of [`header_shape`].
pub fn sealed_header_shape<Header: HeaderT>(
    header: Header,
) -> Result<SealedHeader<Header>, BlockError> {
    let (header, seal) = split_seal(header)?;
    header_shape(header, &[seal_item(&seal)])
}

/// The block's one justification, the one that the pre-digest names. Those of other engines are
/// dropped: they are no part of the block. Returns it decoded, and as it is stored.
///
/// # Errors
/// [`BlockError::SeveralJustifications`], [`BlockError::Justification`].
pub fn one_justification(
    pre_digest: &PreDigest,
    justifications: Option<Justifications>,
) -> Result<(PotJustification, Justifications), BlockError> {
    let mut ours: Vec<_> = justifications
        .into_iter()
        .flat_map(|justifications| justifications.into_iter())
        .filter(|(engine, _)| *engine == ENGINE_ID)
        .collect();
    if ours.len() > 1 {
        return Err(BlockError::SeveralJustifications(ours.len()));
    }
    let only = ours.pop().ok_or(JustificationError::Missing)?;
    let decoded = PotJustification::verify_bytes(pre_digest, &only.1)?;
    Ok((decoded, Justifications::from(only)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, Header, header};
    use allod_consensus_primitives::{ConsensusLog, digest::PRE_DIGEST_BYTES, justification_hash};
    use allod_core::{PotCheckpoints, PublicKey, SolutionRange};
    use allod_verification::{SealError, sign_seal};
    use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey};
    use sp_runtime::traits::BlakeTwo256;
    use std::slice;

    const GENESIS: Hash = [42; 32];
    const ANOTHER_ENGINE: [u8; 4] = *b"FRNK";

    fn keypair() -> Keypair {
        MiniSecretKey::from_bytes(&[1; 32])
            .unwrap()
            .expand_to_keypair(ExpansionMode::Ed25519)
    }

    /// A claim of that key's.
    fn claim() -> PreDigest {
        let mut claim = testing::pre_digest();
        claim.solution.public_key = PublicKey(keypair().public.to_bytes());
        claim
    }

    #[test]
    fn a_digest_is_the_pre_digest_and_logs() {
        let log = DigestItem::from(ConsensusLog::SolutionRange(SolutionRange(5)));
        let right = vec![claim().into(), log.clone(), log.clone()];
        assert_eq!(digest_shape(&header(right.clone())), Ok(()));
        let mut upgraded = right.clone();
        upgraded.push(DigestItem::RuntimeEnvironmentUpdated);
        assert_eq!(digest_shape(&header(upgraded)), Ok(()));
        let foreign = [
            DigestItem::Other(vec![1]),
            DigestItem::Consensus(ANOTHER_ENGINE, vec![1]),
            DigestItem::PreRuntime(ANOTHER_ENGINE, vec![1]),
            DigestItem::Seal(ENGINE_ID, vec![1; 64]),
        ];
        for item in foreign {
            for position in 1..=3 {
                let mut wrong = right.clone();
                wrong.insert(position, item.clone());
                let found = digest_shape(&header(wrong));
                assert_eq!(found, Err(BlockError::ForeignDigest(position)), "{item:?}");
            }
        }
        let not_first = header(vec![log.clone(), claim().into()]);
        assert_eq!(digest_shape(&not_first), Err(BlockError::ForeignDigest(1)));
        let none = digest_shape(&header(vec![log]));
        assert_eq!(none, Err(DigestError::NoPreDigest.into()));
        let broken = DigestItem::Consensus(ENGINE_ID, vec![0xff]);
        let found = digest_shape(&header(vec![claim().into(), broken]));
        assert_eq!(found, Err(DigestError::MalformedLog(0).into()));
    }

    #[test]
    fn a_header_has_a_size() {
        let with = |bytes: usize| header(vec![DigestItem::Other(vec![0; bytes])]);
        let sized = |bytes: usize| {
            let found = (0..=bytes).rev().map(with);
            let mut found = found.skip_while(|header| header.encoded_size() > bytes);
            found.next().unwrap()
        };
        let largest = sized(MAX_HEADER_BYTES);
        assert_eq!(largest.encoded_size(), MAX_HEADER_BYTES);
        assert_eq!(header_size(&largest), Ok(()));
        assert_eq!(
            header_size(&sized(MAX_HEADER_BYTES + 1)),
            Err(BlockError::HeaderTooLarge {
                bytes: MAX_HEADER_BYTES + 1,
                most: MAX_HEADER_BYTES
            })
        );
    }

    #[test]
    fn a_body_is_the_one_that_the_header_names() {
        let body = vec![vec![1_u8, 2, 3], vec![4; 1000]];
        let encoded: Vec<_> = body.iter().map(Encode::encode).collect();
        for version in [StateVersion::V0, StateVersion::V1] {
            let mut header = header(Vec::new());
            header.extrinsics_root = BlakeTwo256::ordered_trie_root(encoded.clone(), version);
            assert_eq!(body_of_header(&header, &body, version), Ok(()));
            for wrong in [&body[..1], &[], &[body[1].clone(), body[0].clone()]] {
                let found = body_of_header(&header, wrong, version);
                let is_rule = matches!(
                    found,
                    Err(BlockError::ExtrinsicsRoot { expected, actual })
                        if expected == header.extrinsics_root.0 && actual != expected
                );
                assert!(is_rule, "{found:?}");
            }
        }
        // The roots of both versions differ, so the version counts.
        let mut header = header(Vec::new());
        header.extrinsics_root = BlakeTwo256::ordered_trie_root(encoded, StateVersion::V1);
        assert!(body_of_header(&header, &body, StateVersion::V0).is_err());
    }

    #[test]
    fn a_body_has_a_size() {
        // An extrinsic's length takes four bytes here.
        let extrinsic = |bytes: usize| vec![vec![0_u8; bytes - 4]];
        let largest = extrinsic(5 * 1024 * 1024);
        let found = body_of_header(&header(Vec::new()), &largest, StateVersion::V0);
        let is_rule = matches!(found, Err(BlockError::ExtrinsicsRoot { .. }));
        assert!(is_rule, "{found:?}");
        let larger = extrinsic(5 * 1024 * 1024 + 1);
        assert_eq!(
            body_of_header(&header(Vec::new()), &larger, StateVersion::V0),
            Err(BlockError::BodyTooLarge {
                bytes: 5_242_881,
                most: 5_242_880
            })
        );
    }

    fn seal(header: &Header) -> DigestItem {
        let message = seal_message(&GENESIS, &header.encode());
        seal_item(&sign_seal(&keypair(), &message))
    }

    #[test]
    fn only_what_is_executed_here_is_imported() {
        let body = [0_u8; 3];
        assert_eq!(full_block(Execution::Here, Some(&body)), Ok(()));
        assert_eq!(full_block::<u8>(Execution::Here, Some(&[])), Ok(()));
        assert_eq!(
            full_block::<u8>(Execution::Here, None),
            Err(BlockError::NoBody)
        );
        for (execution, text) in [
            (Execution::Elsewhere, "state sync is not supported"),
            (
                Execution::Never,
                "import without execution is not supported",
            ),
        ] {
            let error = full_block(execution, Some(&body)).unwrap_err();
            assert_eq!(error, BlockError::NotExecuted(execution));
            assert!(error.to_string().starts_with(text), "{error}");
        }
    }

    #[test]
    fn a_header_has_one_pre_digest_and_one_seal() {
        let right = header(vec![claim().into()]);
        let seal = seal(&right);
        let read = SealedHeader::new(right.clone(), slice::from_ref(&seal)).unwrap();
        assert_eq!(read.pre_digest(), &claim());
        assert_eq!(read.header(), &right);

        let mut long = claim().encode();
        long.push(0);
        let wrong_headers = [
            (vec![], DigestError::NoPreDigest),
            (
                vec![DigestItem::PreRuntime(ANOTHER_ENGINE, claim().encode())],
                DigestError::NoPreDigest,
            ),
            (
                vec![claim().into(), claim().into()],
                DigestError::SeveralPreDigests,
            ),
            (
                vec![DigestItem::PreRuntime(ENGINE_ID, long)],
                DigestError::MalformedPreDigest(PRE_DIGEST_BYTES + 1),
            ),
        ];
        for (items, expected) in wrong_headers {
            let error = SealedHeader::new(header(items), slice::from_ref(&seal)).unwrap_err();
            assert_eq!(error, BlockError::Digest(expected));
        }

        let item = |engine, bytes| DigestItem::Seal(engine, vec![3; bytes]);
        let wrong_seals = [
            (vec![], DigestError::NoSeal),
            (vec![item(ENGINE_ID, 63)], DigestError::NoSeal),
            (vec![item(ENGINE_ID, 65)], DigestError::NoSeal),
            (vec![item(ANOTHER_ENGINE, 64)], DigestError::NoSeal),
            (
                vec![DigestItem::Consensus(ENGINE_ID, vec![3; 64])],
                DigestError::NoSeal,
            ),
            (vec![seal.clone(), seal], DigestError::SeveralSeals),
        ];
        for (items, expected) in wrong_seals {
            let error = SealedHeader::new(right.clone(), &items).unwrap_err();
            assert_eq!(error, BlockError::Digest(expected));
        }
    }

    #[test]
    fn the_seal_is_by_the_key_of_the_solution_over_header_and_genesis() {
        let right = header(vec![claim().into()]);
        let seal = seal(&right);
        let sealed = SealedHeader::new(right.clone(), slice::from_ref(&seal)).unwrap();
        assert!(sealed.verify_seal(&GENESIS).is_ok());
        let key = claim().solution.public_key;
        let signature = BlockError::Seal(SealError::Signature(key));
        assert_eq!(sealed.verify_seal(&[43; 32]).unwrap_err(), signature);

        let mut changed = right;
        changed.number += 1;
        let sealed = SealedHeader::new(changed, slice::from_ref(&seal)).unwrap();
        assert_eq!(sealed.verify_seal(&GENESIS).unwrap_err(), signature);

        let mut of_another_key = claim();
        of_another_key.solution.public_key = PublicKey([0xff; 32]);
        let sealed = SealedHeader::new(header(vec![of_another_key.into()]), &[seal]).unwrap();
        assert_eq!(
            sealed.verify_seal(&GENESIS).unwrap_err(),
            BlockError::Seal(SealError::PublicKey(PublicKey([0xff; 32])))
        );
    }

    #[test]
    fn one_justification_counts_and_those_of_other_engines_are_dropped() {
        let justification = PotJustification::new(vec![PotCheckpoints::default(); 3]).unwrap();
        let bytes = justification.encode();
        let mut claim = claim();
        claim.justification_hash = justification_hash(&bytes);
        let ours = (ENGINE_ID, bytes.clone());
        let other = (ANOTHER_ENGINE, vec![1, 2, 3]);
        let of = |list: &[(_, Vec<u8>)]| Some(Justifications::new(list.to_vec()));
        let kept = (justification, Justifications::from(ours.clone()));

        for list in [
            vec![ours.clone()],
            vec![ours.clone(), other.clone()],
            vec![other.clone(), ours.clone()],
        ] {
            assert_eq!(one_justification(&claim, of(&list)), Ok(kept.clone()));
        }
        let missing = BlockError::Justification(JustificationError::Missing);
        assert_eq!(one_justification(&claim, None), Err(missing.clone()));
        assert_eq!(one_justification(&claim, of(&[])), Err(missing.clone()));
        assert_eq!(one_justification(&claim, of(&[other])), Err(missing));
        assert_eq!(
            one_justification(&claim, of(&[ours.clone(), ours])),
            Err(BlockError::SeveralJustifications(2))
        );

        let longer = [&bytes[..], &[0]].concat();
        let expected = claim.justification_hash;
        let actual = justification_hash(&longer);
        assert_eq!(
            one_justification(&claim, of(&[(ENGINE_ID, longer.clone())])),
            Err(JustificationError::Hash { expected, actual }.into())
        );
        claim.justification_hash = actual;
        assert_eq!(
            one_justification(&claim, of(&[(ENGINE_ID, longer.clone())])),
            Err(JustificationError::Malformed(longer.len()).into())
        );
    }
}
