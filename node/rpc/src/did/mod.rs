//! `did_resolve`: identities as W3C DID documents (§11.10; DID Core 1.0).
//!
//! A DID is `did:allod:` and the identifier, 64 lower-case hex digits; on every chain but production the
//! network's name and a colon stand before the digits. Any other spelling is refused: one identity has
//! one DID.
//!
//! # What a document says
//!
//! - The current certificate's key is under `verificationMethod` as `#key:N`, N being the generation of
//!   the certificate (a service's name has no colon, so that the two never meet), and under `authentication` and `assertionMethod`, if the certificate's key usage
//!   lets it sign data (digitalSignature, or no key usage at all).
//! - Keys of superseded certificates that were not given up for compromise are under
//!   `assertionMethod` alone, with the blocks in which they were the identity's: `sinceBlock` to
//!   `untilBlock`.
//! - An identity that does not hold has no keys. `holds` and `failure` in the metadata say why, and
//!   `deactivated` stands there where that is the reason.
//! - Services, as the identity set them, and its controller.
//! - Keys are Multikey, RSA keys JsonWebKey; with `keyFormat` all are JsonWebKey.
//!
//! An identity holds if it does at the best and at the finalized block, and of its keys only those are
//! listed that are in its document at both: a key of a moment ago does not count yet, one that was
//! given up a moment ago does not count any more. With `at` that block alone decides.
//!
//! The chain counts blocks, so the metadata name blocks (`createdAtBlock`, `updatedAtBlock`) where
//! others name times: the time of a block whose state is gone could not be told. `versionId` is the
//! generation of the certificate.
//!
//! # Errors
//!
//! That a DID cannot be resolved is no error of the call: `error` in `didResolutionMetadata` is
//! `invalidDid`, `methodNotSupported` or `notFound` (7.1.2), and `problemDetails` says it in words. A
//! call fails with -32602, 10001 or 10002 as those of [`auto_id`](crate::auto_id) do.

mod document;
mod key;
mod syntax;
#[cfg(test)]
mod tests;

use crate::{
    auto_id::{IdentityClient, blocks::ChainReader},
    error::server_error,
};
use allod_identity::{Identifier, api::Standing};
use allod_rpc_types::did::{
    CONTENT_TYPE, DidText, DocumentMetadata, KeyFormat, ProblemDetails, Resolution,
    ResolutionError, ResolutionMetadata, ResolveOptions,
};
use document::Subject;
use jsonrpsee::{core::RpcResult, proc_macros::rpc};
use sp_runtime::traits::Block as BlockT;
use std::sync::Arc;
pub use syntax::{DidError, Network};

/// Methods about DIDs.
#[rpc(server, namespace = "did")]
pub trait DidApi {
    /// Resolves a DID.
    ///
    /// ```text
    /// ["did:allod:dev:3b5e…d1"]
    /// {"didDocument":{
    ///    "@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/multikey/v1",…],
    ///    "id":"did:allod:dev:3b5e…d1",
    ///    "verificationMethod":[{"id":"did:allod:dev:3b5e…d1#key:0","type":"Multikey",
    ///      "controller":"did:allod:dev:3b5e…d1","publicKeyMultibase":"z6Mk…","sinceBlock":1201}],
    ///    "authentication":["did:allod:dev:3b5e…d1#key:0"],
    ///    "assertionMethod":["did:allod:dev:3b5e…d1#key:0"],
    ///    "service":[{"id":"did:allod:dev:3b5e…d1#agent","type":"A2A",
    ///      "serviceEndpoint":"https://agent.example/a2a"}]},
    ///  "didResolutionMetadata":{"contentType":"application/did+ld+json"},
    ///  "didDocumentMetadata":{"versionId":"0","holds":true,"createdAtBlock":1201,
    ///    "updatedAtBlock":1201,"block":{"number":1377,"hash":"0x52…"}}}
    /// ```
    #[method(name = "resolve", blocking)]
    fn resolve(&self, did: DidText, options: Option<ResolveOptions>) -> RpcResult<Resolution>;

    /// The DID that an identifier has on this node's network. Whether it is registered is not looked at.
    ///
    /// ```text
    /// ["3b5e…d1"]
    /// "did:allod:dev:3b5e…d1"
    /// ```
    #[method(name = "of")]
    fn of(&self, identifier: Identifier) -> RpcResult<String>;
}

/// Answers from the runtime.
pub struct DidRpc<Client, Block> {
    chain: ChainReader<Client, Block>,
    network: Network,
}

impl<Client, Block> DidRpc<Client, Block> {
    /// For one client of one network.
    pub fn new(client: Arc<Client>, network: Network) -> Self {
        Self {
            chain: ChainReader::new(client),
            network,
        }
    }
}

impl<Client, Block> DidApiServer for DidRpc<Client, Block>
where
    Block: BlockT,
    Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
    Client: IdentityClient<Block>,
{
    fn resolve(&self, did: DidText, options: Option<ResolveOptions>) -> RpcResult<Resolution> {
        let options = options.unwrap_or_default();
        match self.network.parse(did.as_str()) {
            Ok(identifier) => self.document(identifier, &options),
            Err(error) => Ok(unresolved(error.code(), error.to_string())),
        }
    }

    fn of(&self, identifier: Identifier) -> RpcResult<String> {
        Ok(self.network.did(identifier))
    }
}

impl<Client, Block> DidRpc<Client, Block>
where
    Block: BlockT,
    Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
    Client: IdentityClient<Block>,
{
    fn document(&self, identifier: Identifier, options: &ResolveOptions) -> RpcResult<Resolution> {
        let blocks = self.chain.blocks_to_verify(options.at)?;
        let verify_options = Default::default();
        let verified = self.chain.judge(&blocks, identifier, &verify_options)?;
        let newest = blocks
            .first()
            .ok_or_else(|| server_error("there is no block to ask"))?;
        let Some(info) = self.chain.info(newest, identifier)? else {
            let detail = format!("no identity {identifier} is registered");
            return Ok(unresolved(ResolutionError::NotFound, detail));
        };
        let details = self.chain.details(newest, identifier)?;
        let details =
            details.ok_or_else(|| server_error("the stored certificate is unreadable"))?;
        let mut subject = Subject::new(&info, &details);
        for earlier in blocks.iter().skip(1) {
            let info = self.chain.info(earlier, identifier)?;
            let details = self.chain.details(earlier, identifier)?;
            subject.keep_keys_of(info.as_ref().zip(details.as_ref()));
        }
        if !verified.holds {
            subject.drop_keys();
        }
        let failure = verified.report.failure;
        Ok(Resolution {
            did_document: Some(subject.document(
                &self.network,
                identifier,
                options.key_format == KeyFormat::JsonWebKey,
            )),
            did_resolution_metadata: ResolutionMetadata {
                content_type: Some(CONTENT_TYPE.into()),
                ..Default::default()
            },
            did_document_metadata: DocumentMetadata {
                deactivated: details.standing == Standing::Deactivated,
                version_id: Some(details.generation.to_string()),
                holds: Some(verified.holds),
                failure: failure.map(|failure| failure.to_string()),
                created_at_block: Some(info.registered_at),
                updated_at_block: Some(details.certified_at),
                block: Some(newest.reference),
            },
        })
    }
}

fn unresolved(error: ResolutionError, detail: String) -> Resolution {
    let (name, title) = match error {
        ResolutionError::InvalidDid => ("INVALID_DID", "Not a DID of this method"),
        ResolutionError::MethodNotSupported => ("METHOD_NOT_SUPPORTED", "Another DID method"),
        ResolutionError::NotFound => ("NOT_FOUND", "No such identity"),
    };
    Resolution {
        did_document: None,
        did_resolution_metadata: ResolutionMetadata {
            content_type: None,
            error: Some(error),
            problem_details: Some(ProblemDetails {
                r#type: format!("https://www.w3.org/ns/did#{name}"),
                title: title.into(),
                detail,
            }),
        },
        did_document_metadata: DocumentMetadata::default(),
    }
}
