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

mod blocks;
mod params;
mod server;
#[cfg(test)]
mod tests;

use allod_identity::{Identifier, KeyFingerprint};
use allod_rpc_types::auto_id::{
    BlockHash, CertificateFormat, IdentifierList, IdentityAnswer, RegisterPayload, SignatureBytes,
    VerifyAnswer, VerifyOptions,
};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};
use std::{marker::PhantomData, sync::Arc};

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
