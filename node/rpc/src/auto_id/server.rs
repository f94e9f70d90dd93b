//! The methods: each asks the runtime at the blocks that answer.

use super::{
    AutoIdApiServer, AutoIdRpc, IdentityClient, blocks::ChainReader, subscription::Subscription,
};
use crate::error::{invalid_params, server_error};
use allod_identity::{
    AutoIdApi as _, AutoIdLookupApi as _, CertificateStatus, Identifier, KeyFingerprint,
    RevocationApi as _, SignatureAlgorithm,
};
use allod_rpc_types::auto_id::{
    BlockHash, CertificateFingerprint, CertificateFormat, CertificateText, CrlAnswer,
    DetailsAnswer, IdentifierList, IdentityAnswer, IssuedByAnswer, PayloadAnswer, RegisterPayload,
    Request, RequestSignatures, SerialNumber, ServiceEntry, SignatureBytes, ToBeSignedAnswer,
    VerifyAnswer, VerifyOptions,
};
use jsonrpsee::{
    PendingSubscriptionSink,
    core::{RpcResult, SubscriptionResult, async_trait},
};
use sp_runtime::traits::Block as BlockT;

#[async_trait]
impl<Client, Block> AutoIdApiServer for AutoIdRpc<Client, Block>
where
    Block: BlockT,
    Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
    Client: IdentityClient<Block>,
{
    fn identity(
        &self,
        identifier: Identifier,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<IdentityAnswer>> {
        let at = self.chain.at(at)?;
        self.chain.identity_answer(&at, identifier)
    }

    fn details(
        &self,
        identifier: Identifier,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<DetailsAnswer>> {
        let at = self.chain.at(at)?;
        self.chain.details_answer(&at, identifier)
    }

    fn services(
        &self,
        identifier: Identifier,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<Vec<ServiceEntry>>> {
        let at = self.chain.at(at)?;
        self.chain.services_answer(&at, identifier)
    }

    fn certificate(
        &self,
        identifier: Identifier,
        format: Option<CertificateFormat>,
        at: Option<BlockHash>,
        generation: Option<u32>,
    ) -> RpcResult<Option<String>> {
        let at = self.chain.at(at)?;
        let format = format.unwrap_or_default();
        self.chain
            .certificate_text(&at, identifier, generation, format)
    }

    fn by_key(&self, key: KeyFingerprint, at: Option<BlockHash>) -> RpcResult<Option<Identifier>> {
        let at = self.chain.at(at)?;
        let api = self.chain.client.runtime_api();
        self.chain.answered(&at, api.identity_by_key(at.hash, key))
    }

    fn by_fingerprint(
        &self,
        fingerprint: CertificateFingerprint,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<Identifier>> {
        let at = self.chain.at(at)?;
        let api = self.chain.client.runtime_api();
        let identifier = api.identity_by_fingerprint(at.hash, fingerprint.0);
        self.chain.answered(&at, identifier)
    }

    fn issued_by(
        &self,
        issuer: Identifier,
        after: Option<Identifier>,
        limit: Option<u32>,
        at: Option<BlockHash>,
    ) -> RpcResult<IssuedByAnswer> {
        let at = self.chain.at(at)?;
        self.chain.issued_by_answer(&at, issuer, after, limit)
    }

    fn verify(
        &self,
        identifier: Identifier,
        options: Option<VerifyOptions>,
    ) -> RpcResult<VerifyAnswer> {
        let answers = self.chain.verify_all(vec![identifier], options)?;
        answers
            .into_iter()
            .next()
            .ok_or_else(|| server_error("the runtime gave no report"))
    }

    fn verify_many(
        &self,
        identifiers: IdentifierList,
        options: Option<VerifyOptions>,
    ) -> RpcResult<Vec<VerifyAnswer>> {
        self.chain.verify_all(identifiers.into_inner(), options)
    }

    fn certificate_status(
        &self,
        issuer: Identifier,
        serial: SerialNumber,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<CertificateStatus>> {
        let at = self.chain.at(at)?;
        let api = self.chain.client.runtime_api();
        let status = api.certificate_status(at.hash, issuer, serial.into_contents());
        self.chain.answered(&at, status)
    }

    fn crl(
        &self,
        issuer: Identifier,
        format: Option<CertificateFormat>,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<CrlAnswer>> {
        let at = self.chain.at(at)?;
        let format = format.unwrap_or_default();
        self.chain.crl_answer(&at, issuer, format)
    }

    fn crl_to_be_signed(
        &self,
        issuer: Identifier,
        next_update: u64,
        algorithm: Option<SignatureAlgorithm>,
        at: Option<BlockHash>,
    ) -> RpcResult<ToBeSignedAnswer> {
        let at = self.chain.at(at)?;
        self.chain
            .to_be_signed_answer(&at, issuer, next_update, algorithm)
    }

    fn payload(&self, request: Request, valid_until: Option<u32>) -> RpcResult<PayloadAnswer> {
        self.chain.payload_answer(request, valid_until)
    }

    fn call(&self, request: Request, signatures: RequestSignatures) -> RpcResult<String> {
        let call = self.chain.signed_call(request, signatures)?;
        Ok(format!("0x{}", hex::encode(call)))
    }

    fn register_payload(
        &self,
        certificate: CertificateText,
        valid_until: Option<u32>,
    ) -> RpcResult<RegisterPayload> {
        let request = Request::Register { certificate };
        let answer = self.chain.payload_answer(request, valid_until)?;
        Ok(RegisterPayload {
            payload: answer.payload,
            identifier: answer.identifier,
            algorithm: answer.algorithm,
            nonce: answer.nonce,
            valid_until: answer.valid_until,
            genesis_hash: answer.genesis_hash,
        })
    }

    fn register_call(
        &self,
        certificate: CertificateText,
        valid_until: u32,
        signature: SignatureBytes,
    ) -> RpcResult<String> {
        let signatures = RequestSignatures {
            valid_until,
            signature,
            algorithm: None,
            possession: None,
            consents: Default::default(),
        };
        self.call(Request::Register { certificate }, signatures)
    }

    async fn subscribe(
        &self,
        pending: PendingSubscriptionSink,
        identifiers: IdentifierList,
        options: Option<VerifyOptions>,
    ) -> SubscriptionResult {
        let options = options.unwrap_or_default();
        if options.at.is_some() || options.time.is_some() {
            let message = "a subscription follows the newest blocks: it has no `at` and no `time`";
            pending.reject(invalid_params(message, None)).await;
            return Ok(());
        }
        let chain: ChainReader<Client, Block> = self.chain.clone();
        let subscription = Subscription::new(chain, identifiers.into_inner(), options);
        subscription.serve(&self.changes, pending).await
    }
}
