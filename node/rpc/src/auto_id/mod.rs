//! `autoId_*`: identities, for agents and for those who verify them (§11).
//!
//! What travels is described in [`allod_rpc_types::auto_id`], where the table of methods is. All of
//! them only read. To act, an identity asks `autoId_payload` what its key has to sign, and
//! `autoId_call` makes of the signature a call for an extrinsic, which any account may sign and submit;
//! the requests are described in [`allod_rpc_types::auto_id::request`].
//!
//! An identity counts only if it holds at the best and at the finalized block: what was registered a
//! moment ago does not count yet, and what was revoked a moment ago does not count any more. One that
//! does not hold is no error but a report that says so.
//!
//! Every method with a parameter `at` answers from the state of that block, as far back as the node keeps
//! states; the others from the best block's.
//!
//! # Errors
//!
//! | code | when | data |
//! |---|---|---|
//! | -32602 | a parameter is missing, too long, or not of its form | what the reader says, or none |
//! | -32603 | the node itself is in trouble | none |
//! | 10001 | `at` is no block that the node knows | – |
//! | 10002 | the node has dropped the state of the block `at` | `oldest`: the first block of the best chain whose state it has |
//! | 10003 | a certificate is not one that the chain accepts, or its issuer's key did not sign it | name of the cause |
//! | 10004 | an identity of this identifier is registered already | the identifier |
//! | 10005 | the certificate's key serves another identity | that identity |
//! | 10006 | a signature is not over its payload by the key that has to sign | name of the cause |
//! | 10007 | the identity that would have to sign is not registered, or has no certificate any more | the identity |
//! | 10008 | a revocation list is not one that the chain accepts, or its issuer's key did not sign it | name of the cause |
//! | 10009 | there is no revocation list to be signed | name of the cause |
//! | 10010 | the node serves as many subscriptions as it can | – |
//!
//! The numbers are constants in [`allod_rpc_types::auto_id::codes`].
//!
#![doc = include_str!("proofs.md")]

pub(crate) mod blocks;
mod changes;
mod lookup;
mod params;
mod requests;
mod server;
mod subscription;
#[cfg(test)]
pub(crate) mod tests;
mod verification;

pub use changes::{ChangeFeed, watch};

use allod_identity::{
    AutoIdApi as AutoIdRuntimeApi, AutoIdLookupApi, CertificateStatus, Identifier, KeyFingerprint,
    RevocationApi, SignatureAlgorithm, calls::AutoIdCallApi,
};
use allod_rpc_types::auto_id::{
    BlockHash, CertificateFingerprint, CertificateFormat, CertificateText, CrlAnswer,
    DetailsAnswer, IdentifierList, IdentityAnswer, IssuedByAnswer, PayloadAnswer, RegisterPayload,
    Request, RequestSignatures, SerialNumber, ServiceEntry, SignatureBytes, ToBeSignedAnswer,
    VerifyAnswer, VerifyOptions,
};
use blocks::ChainReader;
use jsonrpsee::{
    core::{RpcResult, SubscriptionResult},
    proc_macros::rpc,
};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::Block as BlockT;
use std::sync::Arc;

/// Methods about identities.
#[rpc(server, namespace = "autoId")]
pub trait AutoIdApi {
    /// What the chain stores about an identity; null if it is not registered.
    ///
    /// ```text
    /// ["3b5e…d1"]
    /// {"identifier":"3b5e…d1","key":"91c0…07","algorithm":"ed25519",
    ///  "issuance":{"kind":"issued","issuer":{"identifier":"77aa…10","generation":0},"coIssuers":[]},
    ///  "nonce":4,"registeredAt":1201,"certificate":"0x3082…",
    ///  "block":{"number":1377,"hash":"0x52…"}}
    /// ```
    ///
    /// `issuance` is `{"kind":"selfIssued"}` for a root. A deactivated identity's certificate is `0x`.
    #[method(name = "identity", blocking)]
    fn identity(
        &self,
        identifier: Identifier,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<IdentityAnswer>>;

    /// What `autoId_identity` does not say: what became of the identity by itself, former certificates,
    /// controller, guardians, an open recovery, services.
    ///
    /// ```text
    /// ["3b5e…d1"]
    /// {"identifier":"3b5e…d1","standing":"valid","generation":1,"certifiedAt":1300,"depth":2,
    ///  "superseded":[{"generation":0,"certificate":"0x3082…","key":"5f1d…33","issuance":{…},
    ///                 "since":1201,"until":1300,"compromisedAfter":null}],
    ///  "controller":null,"pendingController":null,
    ///  "guardians":{"members":["c4…","e0…"],"threshold":2,"delay":100},"pendingGuardians":null,
    ///  "recovery":null,
    ///  "services":[{"name":"agent","type":"A2A","serviceEndpoint":"https://agent.example/a2a"}],
    ///  "block":{"number":1377,"hash":"0x52…"}}
    /// ```
    ///
    /// `standing` is `valid`, `expired`, `onHold`, `revoked`, `revokedRoot` or `deactivated`; issuers are
    /// not asked, that is what `autoId_verify` is for.
    #[method(name = "details", blocking)]
    fn details(
        &self,
        identifier: Identifier,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<DetailsAnswer>>;

    /// Where an identity can be reached; null if it is not registered.
    ///
    /// ```text
    /// ["3b5e…d1"]
    /// [{"name":"agent","type":"A2A","serviceEndpoint":"https://agent.example/a2a"}]
    /// ```
    #[method(name = "services", blocking)]
    fn services(
        &self,
        identifier: Identifier,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<Vec<ServiceEntry>>>;

    /// An identity's certificate, PEM unless said otherwise; null if there is none (any more). With a
    /// generation a former certificate, as long as it is kept.
    ///
    /// ```text
    /// ["3b5e…d1", "der", null, 0]
    /// "0x3082…"
    /// ```
    #[method(name = "certificate", blocking)]
    fn certificate(
        &self,
        identifier: Identifier,
        format: Option<CertificateFormat>,
        at: Option<BlockHash>,
        generation: Option<u32>,
    ) -> RpcResult<Option<String>>;

    /// The identity that a key serves. A key is named by the SHA-256 of its `subjectPublicKeyInfo`.
    ///
    /// ```text
    /// ["91c0…07"]
    /// "3b5e…d1"
    /// ```
    #[method(name = "byKey", blocking)]
    fn by_key(
        &self,
        #[argument(rename = "keyFingerprint")] key: KeyFingerprint,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<Identifier>>;

    /// The identity whose current certificate has this SHA-256, in any of the forms in which tools print
    /// fingerprints.
    ///
    /// ```text
    /// ["A0:41:…:9C"]
    /// "3b5e…d1"
    /// ```
    #[method(name = "byFingerprint", blocking)]
    fn by_fingerprint(
        &self,
        fingerprint: CertificateFingerprint,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<Identifier>>;

    /// The identities whose current certificates an identity issued or co-issued, a page at a time: at
    /// most `limit` of them (100 unless said otherwise, 256 at most), in order of their identifiers,
    /// after `after`. For the next page pass `next` as `after` and the block's hash as `at`.
    ///
    /// ```text
    /// ["77aa…10", null, 2]
    /// {"identifiers":["3b5e…d1","8c11…f0"],"next":"8c11…f0","block":{"number":1377,"hash":"0x52…"}}
    /// ```
    #[method(name = "issuedBy", blocking)]
    fn issued_by(
        &self,
        issuer: Identifier,
        after: Option<Identifier>,
        limit: Option<u32>,
        at: Option<BlockHash>,
    ) -> RpcResult<IssuedByAnswer>;

    /// Whether an identity holds, and under whom: at the best and at the finalized block, or at the one
    /// that is named. The report is of the block that decides.
    ///
    /// ```text
    /// ["3b5e…d1", {"purpose":"digitalSignature","acceptedRoots":["77aa…10"]}]
    /// {"holds":false,"role":"best","block":{"number":1377,"hash":"0x52…"},
    ///  "identifier":"3b5e…d1","time":1800000000,"purpose":"digitalSignature",
    ///  "links":[{"identifier":"77aa…10","checks":[{"check":"registered","outcome":"passed"},…]},
    ///           {"identifier":"3b5e…d1","checks":[…,{"check":"status","outcome":"failed",
    ///            "reason":{"kind":"revoked","reason":"keyCompromise","since":1799990000}},…]}],
    ///  "root":"77aa…10","rootTrust":"accepted",
    ///  "failure":{"identifier":"3b5e…d1","check":"status","reason":{…}}}
    /// ```
    ///
    /// Without `acceptedRoots` any root passes, and nothing is said about trust.
    #[method(name = "verify", blocking)]
    fn verify(
        &self,
        identifier: Identifier,
        options: Option<VerifyOptions>,
    ) -> RpcResult<VerifyAnswer>;

    /// The same about up to 100 identities, at the same blocks.
    ///
    /// ```text
    /// [["3b5e…d1","8c11…f0"], {}]
    /// [{"holds":true,…},{"holds":false,…}]
    /// ```
    #[method(name = "verifyMany", blocking)]
    fn verify_many(
        &self,
        identifiers: IdentifierList,
        options: Option<VerifyOptions>,
    ) -> RpcResult<Vec<VerifyAnswer>>;

    /// What an issuer said about its certificate with this serial number, registered or not; null if
    /// nothing.
    ///
    /// ```text
    /// ["77aa…10", "0x2a"]
    /// {"kind":"revoked","reason":"keyCompromise","since":1799990000}
    /// ```
    #[method(name = "certificateStatus", blocking)]
    fn certificate_status(
        &self,
        issuer: Identifier,
        serial: SerialNumber,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<CertificateStatus>>;

    /// The last revocation list that an issuer published, PEM unless said otherwise, and whether the
    /// chain knows more; null if it published none.
    ///
    /// ```text
    /// ["77aa…10"]
    /// {"crl":"-----BEGIN X509 CRL-----\n…","publishedAt":1350,"thisUpdate":1799990000,
    ///  "nextUpdate":1800600000,"isOutdated":false,"block":{"number":1377,"hash":"0x52…"}}
    /// ```
    #[method(name = "crl", blocking)]
    fn crl(
        &self,
        issuer: Identifier,
        format: Option<CertificateFormat>,
        at: Option<BlockHash>,
    ) -> RpcResult<Option<CrlAnswer>>;

    /// The list of everything that an issuer has revoked or put on hold, to be signed by its key:
    /// `tbsCertList` of RFC 5280, 5.1, made at the block's time.
    ///
    /// ```text
    /// ["77aa…10", 1800600000]
    /// {"tbs":"0x3081…","algorithm":"ed25519","number":8,"entries":3,"block":{…}}
    /// ```
    #[method(name = "crlToBeSigned", blocking)]
    fn crl_to_be_signed(
        &self,
        issuer: Identifier,
        #[argument(rename = "nextUpdate")] next_update: u64,
        algorithm: Option<SignatureAlgorithm>,
        at: Option<BlockHash>,
    ) -> RpcResult<ToBeSignedAnswer>;

    /// What has to be signed for a request, and by which key. It is valid up to and including the block
    /// `validUntil`, for 1,000 blocks unless said otherwise.
    ///
    /// ```text
    /// [{"call":"revoke","issuer":"77aa…10","serial":"0x2a","reason":"keyCompromise"}, 2000]
    /// {"payload":"0x48616c6c6f642f7265766f636174696f6e2f31…","identifier":"77aa…10","key":"0c…",
    ///  "algorithm":"ed25519","possessionOf":null,"consentsOf":[],"nonce":11,"validUntil":2000,
    ///  "genesisHash":"0xe1…"}
    /// ```
    ///
    /// `openssl pkeyutl -sign -rawin` over the bytes makes the signature. If `possessionOf` names a key,
    /// that key signs the same bytes, too; each identity of `consentsOf` signs the payload of a
    /// `co_issue` of its own.
    #[method(name = "payload", blocking)]
    fn payload(
        &self,
        request: Request,
        #[argument(rename = "validUntil")] valid_until: Option<u32>,
    ) -> RpcResult<PayloadAnswer>;

    /// The call that a request with its signatures is, SCALE, for an extrinsic of any account. Every
    /// signature is checked first.
    ///
    /// ```text
    /// [{"call":"revoke",…}, {"validUntil":2000,"signature":"0x9a…"}]
    /// "0x1f00042a01…"
    /// ```
    #[method(name = "call", blocking)]
    fn call(&self, request: Request, signatures: RequestSignatures) -> RpcResult<String>;

    /// What a self-issued certificate's key has to sign so that it becomes an identity: `autoId_payload`
    /// of `register`.
    ///
    /// ```text
    /// ["-----BEGIN CERTIFICATE-----\n…"]
    /// {"payload":"0x3c616c6c6f642f6175746f2d69642f31…","identifier":"3b5e…d1","algorithm":"ed25519",
    ///  "nonce":0,"validUntil":2377,"genesisHash":"0xe1…"}
    /// ```
    #[method(name = "registerPayload", blocking)]
    fn register_payload(
        &self,
        certificate: CertificateText,
        #[argument(rename = "validUntil")] valid_until: Option<u32>,
    ) -> RpcResult<RegisterPayload>;

    /// The call that registers the certificate, for an extrinsic: `autoId_call` of `register`.
    ///
    /// ```text
    /// ["-----BEGIN CERTIFICATE-----\n…", 2377, "0x9a…"]
    /// "0x1e00…"
    /// ```
    #[method(name = "registerCall", blocking)]
    fn register_call(
        &self,
        certificate: CertificateText,
        #[argument(rename = "validUntil")] valid_until: u32,
        signature: SignatureBytes,
    ) -> RpcResult<String>;

    /// Tells how things stand with up to 100 identities, first at once and then whenever something about
    /// one of them is otherwise at the newest blocks: whether it holds (validity that begins or ends
    /// included, and whatever happens above it), its certificate, controller, guardians, recovery or
    /// services. Options are those of `autoId_verify` without `at` and `time`.
    ///
    /// ```text
    /// [["3b5e…d1"], {"acceptedRoots":["77aa…10"]}]
    /// {"identifier":"3b5e…d1","cause":"subscribed","generation":0,"certificate":"3b5e…d1",
    ///  "verification":{"holds":true,…}}
    /// {"identifier":"3b5e…d1","cause":"changed","generation":0,"certificate":"3b5e…d1",
    ///  "verification":{"holds":false,"failure":{…},…}}
    /// ```
    ///
    /// Blocks that come while the node looks are looked at together, so that a state which lasted for
    /// one block only may go unsaid; the newest never does. A reader that takes nothing for ten seconds
    /// while something waits for it is dropped.
    #[subscription(name = "subscribe" => "change", unsubscribe = "unsubscribe", item = Change)]
    async fn subscribe(
        &self,
        identifiers: IdentifierList,
        options: Option<VerifyOptions>,
    ) -> SubscriptionResult;
}

/// Everything that a runtime answers about identities.
pub trait IdentityApis<Block: BlockT>:
    AutoIdRuntimeApi<Block> + AutoIdLookupApi<Block> + RevocationApi<Block> + AutoIdCallApi<Block>
{
}

impl<Block: BlockT, Api> IdentityApis<Block> for Api where
    Api: AutoIdRuntimeApi<Block>
        + AutoIdLookupApi<Block>
        + RevocationApi<Block>
        + AutoIdCallApi<Block>
{
}

/// A client whose runtime knows identities.
pub trait IdentityClient<Block: BlockT>:
    ProvideRuntimeApi<Block, Api: IdentityApis<Block>> + HeaderBackend<Block> + Send + Sync + 'static
{
}

impl<Block: BlockT, Client> IdentityClient<Block> for Client where
    Client: ProvideRuntimeApi<Block, Api: IdentityApis<Block>>
        + HeaderBackend<Block>
        + Send
        + Sync
        + 'static
{
}

/// Answers from the runtime.
pub struct AutoIdRpc<Client, Block> {
    chain: ChainReader<Client, Block>,
    changes: ChangeFeed,
}

impl<Client, Block> AutoIdRpc<Client, Block> {
    /// For one client, with what [`watch`] gives.
    pub fn new(client: Arc<Client>, changes: ChangeFeed) -> Self {
        Self {
            chain: ChainReader::new(client),
            changes,
        }
    }
}
