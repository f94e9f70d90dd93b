//! The bytes of a block that are archived: its SCALE-encoded signed block with exactly the one
//! `alod` justification, none in genesis (§5.1).
//!
//! `SignedBlock = header ‖ Vec<extrinsic> ‖ Option<Vec<(engine id, Vec<u8>)>>`. Import has made sure
//! that the block hash fixes all of it, so every node archives the same bytes.

use crate::Error;
use allod_consensus_primitives::ENGINE_ID;
use parity_scale_codec::Encode;
use sp_runtime::{
    Justifications,
    generic::SignedBlock,
    traits::{Block as BlockT, Header as HeaderT, NumberFor},
};

/// Encodes a block for the archive.
pub fn archived_bytes<Block: BlockT>(block: SignedBlock<Block>) -> Result<Vec<u8>, Error>
where
    NumberFor<Block>: Into<u32>,
{
    let number: u32 = (*block.block.header().number()).into();
    let mut ours = block
        .justifications
        .iter()
        .flat_map(|justifications| justifications.iter())
        .filter(|(engine, _)| *engine == ENGINE_ID);
    let justifications = match (number, ours.next(), ours.next()) {
        (0, _, _) => None,
        (_, Some(only), None) => Some(Justifications::from(only.clone())),
        (_, first, _) => {
            let found = if first.is_none() { 0 } else { 2 };
            return Err(Error::Justification { number, found });
        }
    };
    Ok(SignedBlock {
        block: block.block,
        justifications,
    }
    .encode())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sp_runtime::{OpaqueExtrinsic, generic, traits::BlakeTwo256};

    type Header = generic::Header<u32, BlakeTwo256>;
    type Block = generic::Block<Header, OpaqueExtrinsic>;

    fn block(number: u32, justifications: Option<Justifications>) -> SignedBlock<Block> {
        let header = Header::new(
            number,
            Default::default(),
            Default::default(),
            Default::default(),
            Default::default(),
        );
        SignedBlock {
            block: Block::new(header, vec![]),
            justifications,
        }
    }

    #[test]
    fn foreign_justifications_do_not_change_the_archived_bytes() {
        let plain = block(1, Some(Justifications::from((ENGINE_ID, vec![1, 2]))));
        let mut with_another = Justifications::from((*b"FRNK", vec![9; 100]));
        assert!(with_another.append((ENGINE_ID, vec![1, 2])));
        let bytes = archived_bytes(plain.clone()).unwrap();
        assert_eq!(archived_bytes(block(1, Some(with_another))).unwrap(), bytes);
        assert_eq!(bytes, plain.encode());
    }

    #[test]
    fn a_block_without_its_justification_is_refused_and_genesis_has_none() {
        assert!(matches!(
            archived_bytes(block(1, None)),
            Err(Error::Justification {
                number: 1,
                found: 0
            })
        ));
        let genesis = block(0, Some(Justifications::from((ENGINE_ID, vec![1]))));
        assert_eq!(archived_bytes(genesis).unwrap(), block(0, None).encode());
    }
}
