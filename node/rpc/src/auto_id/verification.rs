//! Whether identities hold: at every block that counts.

use super::{
    IdentityClient,
    blocks::{At, ChainReader},
};
use crate::error::{invalid_params, server_error};
use allod_identity::{AcceptedRoots, AutoIdApi as _, Identifier, VerificationReport};
use allod_rpc_types::auto_id::{VerifyAnswer, VerifyOptions};
use jsonrpsee::core::RpcResult;
use sp_runtime::traits::Block as BlockT;

impl<Client, Block> ChainReader<Client, Block>
where
    Block: BlockT,
    Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
    Client: IdentityClient<Block>,
{
    pub(super) fn verify_all(
        &self,
        identifiers: Vec<Identifier>,
        options: Option<VerifyOptions>,
    ) -> RpcResult<Vec<VerifyAnswer>> {
        let options = options.unwrap_or_default();
        let blocks = self.blocks_to_verify(options.at)?;
        identifiers
            .into_iter()
            .map(|identifier| self.judge(&blocks, identifier, &options))
            .collect()
    }

    /// A block's time, in seconds since 1970: that of a report, which need not be about anybody.
    pub(super) fn time(&self, at: &At<Block::Hash>) -> RpcResult<u64> {
        let nobody = Identifier([0; 32]);
        let api = self.client.runtime_api();
        let report = api.verify(at.hash, nobody, None, None, None);
        Ok(self.answered(at, report)?.time)
    }

    /// The first block at which the identity does not hold decides, or else the first one.
    pub fn judge(
        &self,
        blocks: &[At<Block::Hash>],
        identifier: Identifier,
        options: &VerifyOptions,
    ) -> RpcResult<VerifyAnswer> {
        let roots = options
            .accepted_roots
            .clone()
            .map(|roots| AcceptedRoots::try_from(roots.into_inner()))
            .transpose()
            .map_err(|_| invalid_params("too many accepted roots", None))?;
        let mut first = None;
        for at in blocks {
            let report = self.client.runtime_api().verify(
                at.hash,
                identifier,
                options.time,
                options.purpose,
                roots.clone(),
            );
            let report: VerificationReport = self.answered(at, report)?;
            let answer = VerifyAnswer {
                holds: report.holds(),
                role: at.role,
                block: at.reference,
                report,
            };
            if !answer.holds {
                return Ok(answer);
            }
            first.get_or_insert(answer);
        }
        first.ok_or_else(|| server_error("there is no block to ask"))
    }
}
