//! The methods: each asks the runtime at the blocks that answer.

use super::{
    AutoIdApiServer, AutoIdRpc,
    blocks::At,
    params::{PEM_LABEL, checked_validity, read_certificate, refused, self_issued},
};
use crate::error::{invalid_params, server_error};
use allod_identity::{
    AcceptedRoots, AutoIdApi as AutoIdRuntimeApi, Identifier, IdentityInfo, KeyFingerprint,
    RegisterArguments, SignedRequest, VerificationReport,
};
use allod_rpc_types::auto_id::{
    BlockHash, CertificateFormat, IdentifierList, IdentityAnswer, RegisterPayload, SignatureBytes,
    VerifyAnswer, VerifyOptions, codes,
};
use allod_x509::SelfIssuedCertificate;
use jsonrpsee::{core::RpcResult, types::ErrorObjectOwned};
use pem_rfc7468::LineEnding;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::Block as BlockT;

impl<Client, Block> AutoIdRpc<Client, Block>
where
    Block: BlockT,
    Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
    Client: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync + 'static,
    Client::Api: AutoIdRuntimeApi<Block>,
{
    fn info(
        &self,
        at: &At<Block::Hash>,
        identifier: Identifier,
    ) -> RpcResult<Option<IdentityInfo>> {
        let info = self.client.runtime_api().identity(at.hash, identifier);
        self.answered(at, info)
    }

    fn verify_all(
        &self,
        identifiers: Vec<Identifier>,
        options: Option<VerifyOptions>,
    ) -> RpcResult<Vec<VerifyAnswer>> {
        let options = options.unwrap_or_default();
        let blocks = self.blocks_to_verify(options.at)?;
        let roots = options
            .accepted_roots
            .clone()
            .map(|roots| AcceptedRoots::try_from(roots.into_inner()))
            .transpose()
            .map_err(|_| invalid_params("too many accepted roots", None))?;
        identifiers
            .into_iter()
            .map(|identifier| self.judge(&blocks, identifier, &options, roots.as_ref()))
            .collect()
    }

    /// The first block at which the identity does not hold decides, or else the first one.
    fn judge(
        &self,
        blocks: &[At<Block::Hash>],
        identifier: Identifier,
        options: &VerifyOptions,
        roots: Option<&AcceptedRoots>,
    ) -> RpcResult<VerifyAnswer> {
        let mut first = None;
        for at in blocks {
            let report = self.client.runtime_api().verify(
                at.hash,
                identifier,
                options.time,
                options.purpose,
                roots.cloned(),
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

    /// Says at once what would make the extrinsic fail later, at somebody's cost.
    fn refuse_known(
        &self,
        at: &At<Block::Hash>,
        certificate: &SelfIssuedCertificate<'_>,
    ) -> RpcResult<()> {
        let identifier = Identifier::of(certificate);
        if self.info(at, identifier)?.is_some() {
            let message = format!("identity {identifier} is registered already");
            let code = codes::ALREADY_REGISTERED;
            return Err(ErrorObjectOwned::owned(code, message, Some(identifier)));
        }
        let key = KeyFingerprint::of(certificate);
        let other = self.client.runtime_api().identity_by_key(at.hash, key);
        if let Some(other) = self.answered(at, other)? {
            let message = format!("the certificate's key serves the identity {other} already");
            let code = codes::KEY_IN_USE;
            return Err(ErrorObjectOwned::owned(code, message, Some(other)));
        }
        Ok(())
    }

    fn genesis_hash(&self) -> [u8; 32] {
        self.client.info().genesis_hash.into()
    }
}

impl<Client, Block> AutoIdApiServer for AutoIdRpc<Client, Block>
where
    Block: BlockT,
    Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
    Client: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync + 'static,
    Client::Api: AutoIdRuntimeApi<Block>,
{
    fn identity(
        &self,
        identifier: Identifier,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<IdentityAnswer>> {
        let at = self.at(at)?;
        let Some(info) = self.info(&at, identifier)? else {
            return Ok(None);
        };
        Ok(Some(IdentityAnswer {
            identifier,
            key: info.key,
            algorithm: info.algorithm,
            issuance: info.issuance,
            nonce: info.nonce,
            registered_at: info.registered_at,
            certificate: info.certificate.try_into().map_err(server_error)?,
            block: at.reference,
        }))
    }

    fn certificate(
        &self,
        identifier: Identifier,
        format: Option<CertificateFormat>,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<String>> {
        let at = self.at(at)?;
        let Some(info) = self.info(&at, identifier)? else {
            return Ok(None);
        };
        let text = match format.unwrap_or_default() {
            CertificateFormat::Der => format!("0x{}", hex::encode(info.certificate)),
            CertificateFormat::Pem => {
                pem_rfc7468::encode_string(PEM_LABEL, LineEnding::LF, &info.certificate)
                    .map_err(server_error)?
            }
        };
        Ok(Some(text))
    }

    fn by_key(&self, key: KeyFingerprint, at: Option<BlockHash>) -> RpcResult<Option<Identifier>> {
        let at = self.at(at)?;
        let identifier = self.client.runtime_api().identity_by_key(at.hash, key);
        self.answered(&at, identifier)
    }

    fn verify(
        &self,
        identifier: Identifier,
        options: Option<VerifyOptions>,
    ) -> RpcResult<VerifyAnswer> {
        let answers = self.verify_all(vec![identifier], options)?;
        let answer = answers.into_iter().next();
        answer.ok_or_else(|| server_error("the runtime gave no report"))
    }

    fn verify_many(
        &self,
        identifiers: IdentifierList,
        options: Option<VerifyOptions>,
    ) -> RpcResult<Vec<VerifyAnswer>> {
        self.verify_all(identifiers.into_inner(), options)
    }

    fn register_payload(
        &self,
        certificate: String,
        valid_until: Option<u32>,
    ) -> RpcResult<RegisterPayload> {
        let der = read_certificate(&certificate)?;
        let certificate = self_issued(&der)?;
        let at = self.best();
        let valid_until = checked_validity(at.reference.number, valid_until)?;
        self.refuse_known(&at, &certificate)?;
        let identifier = Identifier::of(&certificate);
        let genesis_hash = self.genesis_hash();
        let arguments = RegisterArguments {
            certificate: &der,
            algorithm: certificate.signature_algorithm(),
        };
        let payload = arguments.payload(genesis_hash, identifier, valid_until);
        Ok(RegisterPayload {
            payload: payload.to_bytes().try_into().map_err(server_error)?,
            identifier,
            algorithm: arguments.algorithm,
            nonce: payload.nonce,
            valid_until,
            genesis_hash: BlockHash(genesis_hash),
        })
    }

    fn register_call(
        &self,
        certificate: String,
        valid_until: u32,
        signature: SignatureBytes,
    ) -> RpcResult<String> {
        let der = read_certificate(&certificate)?;
        let certificate = self_issued(&der)?;
        let at = self.best();
        let valid_until = checked_validity(at.reference.number, Some(valid_until))?;
        self.refuse_known(&at, &certificate)?;
        let algorithm = certificate.signature_algorithm();
        let identifier = Identifier::of(&certificate);
        let arguments = RegisterArguments {
            certificate: &der,
            algorithm,
        };
        let payload = arguments.payload(self.genesis_hash(), identifier, valid_until);
        certificate
            .verify_message(algorithm, &payload.to_bytes(), signature.as_ref())
            .map_err(|error| {
                let message = format!(
                    "signature: {error}, over the payload for validUntil {valid_until} on this chain"
                );
                refused(codes::SIGNATURE_REFUSED, message, &error)
            })?;
        let request = SignedRequest {
            nonce: payload.nonce,
            valid_until,
            signature: signature
                .into_inner()
                .try_into()
                .map_err(|_| invalid_params("signature is too long", None))?,
        };
        let api = self.client.runtime_api();
        let call = api.register_call(at.hash, der.clone(), algorithm, request);
        let call = self.answered(&at, call)?;
        let call =
            call.ok_or_else(|| server_error("the runtime takes no certificate of this length"))?;
        Ok(format!("0x{}", hex::encode(call)))
    }
}
