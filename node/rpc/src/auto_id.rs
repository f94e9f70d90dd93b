//! `autoId_*`: identities, for agents and for those who verify them (§11).
//!
//! What travels is described in [`allod_rpc_types::auto_id`], where the table of methods is. All of
//! them only read. To register an identity, `autoId_registerPayload` says what the certificate's key
//! has to sign, and `autoId_registerCall` makes of the signature a call for an extrinsic, which any
//! account may sign and submit.
//!
//! An identity counts only if it holds at the best and at the finalized block: what was registered a
//! moment ago does not count yet, and what was revoked a moment ago does not count any more. One that
//! does not hold is no error but a report that says so.
//!
//! # Errors
//!
//! | code | when | data |
//! |---|---|---|
//! | -32602 | a parameter is missing, too long, or not of its form | what the reader says, or none |
//! | -32603 | the node itself is in trouble | none |
//! | 10001 | `at` is no block that the node knows | – |
//! | 10002 | the node has dropped the state of the block `at` | `oldest`: the first block of the best chain whose state it has |
//! | 10003 | the certificate is not one that the chain accepts | name of the cause |
//! | 10004 | an identity of this identifier is registered already | the identifier |
//! | 10005 | the certificate's key serves another identity | that identity |
//! | 10006 | the signature is not right | name of the cause |

use crate::error::{invalid_params, server_error};
use allod_identity::{
    AcceptedRoots, AutoIdApi as AutoIdRuntimeApi, Identifier, IdentityInfo, KeyFingerprint,
    RegisterArguments, SignedRequest, VerificationReport,
};
use allod_rpc_types::auto_id::{
    BlockHash, BlockReference, BlockRole, CertificateFormat, DEFAULT_VALID_FOR, IdentifierList,
    IdentityAnswer, MAX_CERTIFICATE_CHARACTERS, RegisterPayload, SignatureBytes, VerifyAnswer,
    VerifyOptions, codes,
};
use allod_x509::{ParsedCertificate, SelfIssuedCertificate};
use jsonrpsee::{core::RpcResult, proc_macros::rpc, types::ErrorObjectOwned};
use pem_rfc7468::LineEnding;
use serde::Serialize;
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_runtime::{
    SaturatedConversion,
    traits::{Block as BlockT, NumberFor},
};
use std::{fmt, marker::PhantomData, sync::Arc};

const PEM_LABEL: &str = "CERTIFICATE";

/// Methods about identities.
#[rpc(server, namespace = "autoId")]
pub trait AutoIdApi {
    /// What the chain stores about an identity, null if it is not registered.
    #[method(name = "identity", blocking)]
    fn identity(
        &self,
        identifier: Identifier,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<IdentityAnswer>>;

    /// An identity's certificate, PEM unless said otherwise.
    #[method(name = "certificate", blocking)]
    fn certificate(
        &self,
        identifier: Identifier,
        format: Option<CertificateFormat>,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<String>>;

    /// The identity that a key serves. A key is named by the SHA-256 of its `subjectPublicKeyInfo`.
    #[method(name = "byKey", blocking)]
    fn by_key(
        &self,
        #[argument(rename = "keyFingerprint")] key: KeyFingerprint,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<Identifier>>;

    /// Whether an identity holds, and under whom.
    #[method(name = "verify", blocking)]
    fn verify(
        &self,
        identifier: Identifier,
        options: Option<VerifyOptions>,
    ) -> RpcResult<VerifyAnswer>;

    /// The same about up to 100 identities, at the same blocks.
    #[method(name = "verifyMany", blocking)]
    fn verify_many(
        &self,
        identifiers: IdentifierList,
        options: Option<VerifyOptions>,
    ) -> RpcResult<Vec<VerifyAnswer>>;

    /// What a self-issued certificate's key has to sign so that it becomes an identity.
    #[method(name = "registerPayload", blocking)]
    fn register_payload(
        &self,
        certificate: String,
        #[argument(rename = "validUntil")] valid_until: Option<u32>,
    ) -> RpcResult<RegisterPayload>;

    /// The call that registers the certificate, for an extrinsic. `signature` is over the payload
    /// that `autoId_registerPayload` gives for the same certificate and `validUntil`.
    #[method(name = "registerCall", blocking)]
    fn register_call(
        &self,
        certificate: String,
        #[argument(rename = "validUntil")] valid_until: u32,
        signature: SignatureBytes,
    ) -> RpcResult<String>;
}

/// Answers from the runtime.
pub struct AutoIdRpc<Client, Block> {
    client: Arc<Client>,
    _block: PhantomData<fn() -> Block>,
}

impl<Client, Block> AutoIdRpc<Client, Block> {
    /// For one client.
    pub fn new(client: Arc<Client>) -> Self {
        Self {
            client,
            _block: PhantomData,
        }
    }
}

/// A block that is asked.
struct At<Hash> {
    hash: Hash,
    role: BlockRole,
    reference: BlockReference,
}

impl<Client, Block> AutoIdRpc<Client, Block>
where
    Block: BlockT,
    Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
    Client: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync + 'static,
    Client::Api: AutoIdRuntimeApi<Block>,
{
    fn block(
        &self,
        role: BlockRole,
        hash: Block::Hash,
        number: NumberFor<Block>,
    ) -> At<Block::Hash> {
        let reference = BlockReference {
            number: number.saturated_into(),
            hash: BlockHash(hash.into()),
        };
        At {
            hash,
            role,
            reference,
        }
    }

    fn best(&self) -> At<Block::Hash> {
        let info = self.client.info();
        self.block(BlockRole::Best, info.best_hash, info.best_number)
    }

    /// The block that the caller names, or the best one.
    fn at(&self, wanted: Option<BlockHash>) -> RpcResult<At<Block::Hash>> {
        let Some(wanted) = wanted else {
            return Ok(self.best());
        };
        let hash = Block::Hash::from(wanted.0);
        let number = self.client.number(hash).map_err(server_error)?;
        let number = number.ok_or_else(|| unknown_block(wanted))?;
        Ok(self.block(BlockRole::Given, hash, number))
    }

    /// The block that the caller names, or the best and the finalized one.
    fn blocks_to_verify(&self, wanted: Option<BlockHash>) -> RpcResult<Vec<At<Block::Hash>>> {
        if wanted.is_some() {
            return Ok(vec![self.at(wanted)?]);
        }
        let info = self.client.info();
        let best = self.block(BlockRole::Best, info.best_hash, info.best_number);
        let role = BlockRole::Finalized;
        let finalized = self.block(role, info.finalized_hash, info.finalized_number);
        Ok(vec![best, finalized])
    }

    /// Turns a failed call of the runtime into an error that says what the caller can do about it.
    fn answered<T>(&self, at: &At<Block::Hash>, answer: Result<T, ApiError>) -> RpcResult<T> {
        answer.map_err(|error| match error {
            ApiError::UnknownBlock(_) => self.state_not_held(at),
            error => server_error(error),
        })
    }

    fn state_not_held(&self, at: &At<Block::Hash>) -> ErrorObjectOwned {
        let BlockReference { number, hash } = at.reference;
        let oldest = self.oldest_state(number);
        let known = oldest.map_or_else(String::new, |oldest| {
            format!("; the oldest held is that of block #{oldest}")
        });
        let message = format!("the state of block #{number} ({hash}) is not held{known}");
        let data = Oldest { oldest };
        ErrorObjectOwned::owned(codes::STATE_NOT_HELD, message, Some(data))
    }

    /// The first block of the best chain after `missing` whose state is there: states are dropped
    /// oldest first, so that halving finds it.
    fn oldest_state(&self, missing: u32) -> Option<u32> {
        let best = self.best().reference.number;
        if !self.has_state(best) {
            return None;
        }
        let (mut below, mut held) = (missing.min(best), best);
        while held.saturating_sub(below) > 1 {
            let middle = below.midpoint(held);
            if self.has_state(middle) {
                held = middle;
            } else {
                below = middle;
            }
        }
        Some(held)
    }

    fn has_state(&self, number: u32) -> bool {
        let number: NumberFor<Block> = number.into();
        let Ok(Some(hash)) = self.client.hash(number) else {
            return false;
        };
        let nobody = Identifier([0; 32]);
        self.client.runtime_api().next_nonce(hash, nobody).is_ok()
    }

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

/// What goes with code 10002.
#[derive(Serialize)]
struct Oldest {
    oldest: Option<u32>,
}

fn unknown_block(hash: BlockHash) -> ErrorObjectOwned {
    let message = format!("no block of hash {hash} is known");
    ErrorObjectOwned::owned(codes::UNKNOWN_BLOCK, message, None::<()>)
}

/// An error whose data is the name of its cause.
fn refused(code: i32, message: String, cause: &impl fmt::Debug) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(code, message, Some(format!("{cause:?}")))
}

/// Reads PEM, or DER as hex. The certificate itself is not looked at.
fn read_certificate(text: &str) -> RpcResult<Vec<u8>> {
    let wrong = |message: String| invalid_params(message, None);
    let length = text.len();
    if length > MAX_CERTIFICATE_CHARACTERS {
        return Err(wrong(format!(
            "certificate of {length} characters: at most {MAX_CERTIFICATE_CHARACTERS} are read"
        )));
    }
    let text = text.trim();
    if let Some(digits) = text.strip_prefix("0x") {
        return hex::decode(digits)
            .map_err(|error| wrong(format!("certificate is 0x without hex after it: {error}")));
    }
    let (label, der) = pem_rfc7468::decode_vec(text.as_bytes()).map_err(|error| {
        wrong(format!(
            "certificate is neither PEM ({error}) nor 0x and the hex of its DER"
        ))
    })?;
    if label != PEM_LABEL {
        return Err(wrong(format!("PEM of a {label}: it must be a {PEM_LABEL}")));
    }
    Ok(der)
}

fn self_issued(der: &[u8]) -> RpcResult<SelfIssuedCertificate<'_>> {
    let code = codes::CERTIFICATE_REFUSED;
    ParsedCertificate::parse(der)
        .map_err(|error| refused(code, format!("certificate: {error}"), &error))?
        .verify_self_issued()
        .map_err(|error| refused(code, format!("certificate: {error}"), &error))
}

/// The last block of a request's validity, which must be one that is still to come.
fn checked_validity(best: u32, wanted: Option<u32>) -> RpcResult<u32> {
    let valid_until = wanted.unwrap_or_else(|| best.saturating_add(DEFAULT_VALID_FOR));
    if valid_until > best {
        return Ok(valid_until);
    }
    let message = format!(
        "validUntil is {valid_until} and block #{best} is here already: it must be a later one"
    );
    Err(invalid_params(message, None))
}

#[cfg(test)]
mod tests;
