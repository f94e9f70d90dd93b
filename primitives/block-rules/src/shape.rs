//! What a block is made of: a body to execute, a header with one pre-digest and one seal, one
//! justification.

use crate::BlockError;
use allod_consensus_primitives::{
    DigestError, ENGINE_ID, JustificationError, PotJustification, PreDigest,
    digest::{SEAL_BYTES, read_seal},
    pre_digest, seal_message,
};
use allod_core::Hash;
use allod_verification::verify_seal;
use sp_runtime::{DigestItem, Justifications, traits::Header as HeaderT};
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
    use allod_consensus_primitives::{
        digest::{PRE_DIGEST_BYTES, seal_item},
        justification_hash,
    };
    use allod_core::{PotCheckpoints, PublicKey};
    use allod_verification::{SealError, sign_seal};
    use parity_scale_codec::Encode;
    use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey};
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
