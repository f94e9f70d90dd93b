//! The import queue. Its verifier only takes the seal off the header, as the client wants it;
//! every rule is checked on import, where own blocks pass too.

use crate::AllodBlockImport;
use allod_consensus_primitives::{digest::seal_item, split_seal};
use sc_consensus::{BasicQueue, BlockImport, BlockImportParams, Verifier};
use sp_core::traits::SpawnEssentialNamed;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT};
use substrate_prometheus_endpoint::Registry;

/// Takes the seal off.
#[derive(Debug, Clone, Copy, Default)]
pub struct BlockVerifier;

#[async_trait::async_trait]
impl<Block: BlockT> Verifier<Block> for BlockVerifier {
    async fn verify(
        &self,
        mut block: BlockImportParams<Block>,
    ) -> Result<BlockImportParams<Block>, String> {
        block.post_hash = Some(block.header.hash());
        let (header, seal) = split_seal(block.header).map_err(|error| error.to_string())?;
        block.header = header;
        block.post_digests.push(seal_item(&seal));
        Ok(block)
    }
}

/// The import queue in front of an [`AllodBlockImport`].
pub fn import_queue<Block, I, C, BE>(
    block_import: AllodBlockImport<Block, I, C, BE>,
    spawner: &impl SpawnEssentialNamed,
    registry: Option<&Registry>,
) -> BasicQueue<Block>
where
    Block: BlockT,
    AllodBlockImport<Block, I, C, BE>:
        BlockImport<Block, Error = sp_consensus::Error> + Send + Sync + 'static,
{
    BasicQueue::new(
        BlockVerifier,
        Box::new(block_import),
        None,
        spawner,
        registry,
    )
}
