//! The methods over a runtime that is a few values.

use super::{
    AutoIdApiServer, AutoIdRpc,
    params::{PEM_LABEL, read_certificate},
};
use allod_identity::{
    AcceptedRoots, AutoIdApi, Identifier, IdentityInfo, Issuance, KeyFingerprint, LinkReport,
    Purpose, SignatureAlgorithm, SignedRequest, VerificationReport,
};
use allod_rpc_types::auto_id::{
    BlockHash, BlockRole, CertificateFormat, DEFAULT_VALID_FOR, SignatureBytes, VerifyOptions,
    codes,
};
use allod_x509::{
    ParsedCertificate,
    builder::{CertificateBuilder, SigningKey},
};
use jsonrpsee::core::RpcResult;
use pem_rfc7468::LineEnding;
use sp_api::{ApiError, ApiRef, ProvideRuntimeApi};
use sp_blockchain::{BlockStatus, HeaderBackend, Info};
use sp_runtime::{
    OpaqueExtrinsic,
    generic::{self, Header},
    traits::{BlakeTwo256, Block as BlockT},
};
use std::{fmt, sync::Arc};

type Block = generic::Block<Header<u32, BlakeTwo256>, OpaqueExtrinsic>;
type Hash = <Block as BlockT>::Hash;

const BEST: u32 = 100;
const FINALIZED: u32 = 90;
/// The first block at which the chain's identity is verified as registered: not final yet.
const CONFIRMED: u32 = 95;
/// The first block whose state the client has.
const OLDEST: u32 = 37;

/// Block `n` has the hash `n`, repeated.
fn hash(number: u32) -> Hash {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    Hash::from(bytes)
}

fn number(hash: Hash) -> u32 {
    let bytes: [u8; 32] = hash.into();
    u32::from_le_bytes(bytes[..4].try_into().unwrap())
}

fn at(number: u32) -> Option<BlockHash> {
    Some(BlockHash(hash(number).into()))
}

/// A chain that knows one identity, from its first held state on.
#[derive(Clone)]
struct Chain {
    certificate: Vec<u8>,
}

impl Chain {
    fn identifier(&self) -> Identifier {
        Identifier::of(&ParsedCertificate::parse(&self.certificate).unwrap())
    }

    fn key(&self) -> KeyFingerprint {
        KeyFingerprint::of(&ParsedCertificate::parse(&self.certificate).unwrap())
    }
}

fn held<T>(at: Hash, value: T) -> Result<T, ApiError> {
    if number(at) < OLDEST {
        Err(ApiError::UnknownBlock("State already discarded".into()))
    } else {
        Ok(value)
    }
}

sp_api::mock_impl_runtime_apis! {
    impl AutoIdApi<Block> for Chain {
        #[advanced]
        fn identity(&self, at: Hash, identifier: Identifier) -> Result<Option<IdentityInfo>, ApiError> {
            let info = IdentityInfo {
                certificate: self.certificate.clone(),
                algorithm: SignatureAlgorithm::Ed25519,
                key: self.key(),
                issuance: Issuance::SelfIssued,
                nonce: 1,
                registered_at: 5,
            };
            held(at, (identifier == self.identifier()).then_some(info))
        }

        #[advanced]
        fn identity_by_key(&self, at: Hash, key: KeyFingerprint) -> Result<Option<Identifier>, ApiError> {
            held(at, (key == self.key()).then(|| self.identifier()))
        }

        #[advanced]
        fn next_nonce(&self, at: Hash, identifier: Identifier) -> Result<u64, ApiError> {
            held(at, u64::from(identifier == self.identifier()))
        }

        #[advanced]
        fn verify(
            &self,
            at: Hash,
            identifier: Identifier,
            time: Option<u64>,
            purpose: Option<Purpose>,
            accepted_roots: Option<AcceptedRoots>,
        ) -> Result<VerificationReport, ApiError> {
            let mut link = LinkReport::unregistered(identifier);
            if identifier == self.identifier() && number(at) >= CONFIRMED {
                link.checks = Vec::new();
            }
            let links = [link].to_vec();
            let roots = accepted_roots.as_ref().map(|roots| roots.as_slice());
            let time = time.unwrap_or_default();
            held(at, VerificationReport::new(identifier, time, purpose, links, roots))
        }

        #[advanced]
        fn register_call(
            &self,
            at: Hash,
            certificate: Vec<u8>,
            algorithm: SignatureAlgorithm,
            request: SignedRequest,
        ) -> Result<Option<Vec<u8>>, ApiError> {
            use parity_scale_codec::Encode;
            held(at, Some((certificate, algorithm, request).encode()))
        }
    }
}

struct Client(Chain);

impl ProvideRuntimeApi<Block> for Client {
    type Api = Chain;

    fn runtime_api(&self) -> ApiRef<'_, Chain> {
        self.0.clone().into()
    }
}

impl HeaderBackend<Block> for Client {
    fn header(&self, _: Hash) -> sp_blockchain::Result<Option<Header<u32, BlakeTwo256>>> {
        Ok(None)
    }

    fn info(&self) -> Info<Block> {
        Info {
            best_hash: hash(BEST),
            best_number: BEST,
            genesis_hash: hash(0),
            finalized_hash: hash(FINALIZED),
            finalized_number: FINALIZED,
            finalized_state: None,
            number_leaves: 1,
            block_gap: None,
        }
    }

    fn status(&self, _: Hash) -> sp_blockchain::Result<BlockStatus> {
        Ok(BlockStatus::Unknown)
    }

    fn number(&self, hash: Hash) -> sp_blockchain::Result<Option<u32>> {
        Ok(Some(number(hash)).filter(|number| *number <= BEST))
    }

    fn hash(&self, number: u32) -> sp_blockchain::Result<Option<Hash>> {
        Ok((number <= BEST).then(|| hash(number)))
    }
}

pub(super) fn certificate(seed: u8, name: &str) -> Vec<u8> {
    CertificateBuilder::self_issued(name).sign_self(&SigningKey::ed25519([seed; 32]))
}

fn rpc() -> (AutoIdRpc<Client, Block>, Chain) {
    let chain = Chain {
        certificate: certificate(1, "registered"),
    };
    (AutoIdRpc::new(Arc::new(Client(chain.clone()))), chain)
}

pub(super) fn pem(der: &[u8]) -> String {
    pem_rfc7468::encode_string(PEM_LABEL, LineEnding::LF, der).unwrap()
}

fn code<T: fmt::Debug>(answer: RpcResult<T>) -> i32 {
    answer.unwrap_err().code()
}

#[test]
fn identities_and_their_certificates() {
    let (rpc, chain) = rpc();
    let identifier = chain.identifier();
    let answer = rpc.identity(identifier, None).unwrap().unwrap();
    assert_eq!(answer.certificate.as_ref(), chain.certificate);
    assert_eq!(answer.block.number, BEST);
    let text = rpc.certificate(identifier, None, at(50)).unwrap().unwrap();
    assert_eq!(text, pem(&chain.certificate));
    let der = Some(CertificateFormat::Der);
    let text = rpc.certificate(identifier, der, None).unwrap().unwrap();
    assert_eq!(read_certificate(&text).unwrap(), chain.certificate);
    assert_eq!(rpc.by_key(chain.key(), None).unwrap(), Some(identifier));

    let stranger = Identifier([9; 32]);
    assert_eq!(rpc.identity(stranger, None).unwrap(), None);
    assert_eq!(rpc.certificate(stranger, None, None).unwrap(), None);
    let nobody = KeyFingerprint([9; 32]);
    assert_eq!(rpc.by_key(nobody, None).unwrap(), None);
}

#[test]
fn blocks_that_cannot_be_asked() {
    let (rpc, chain) = rpc();
    let identifier = chain.identifier();
    let unknown = rpc.identity(identifier, at(BEST + 1));
    assert_eq!(code(unknown), codes::UNKNOWN_BLOCK);
    assert!(rpc.identity(identifier, at(OLDEST)).unwrap().is_some());
    for missing in [0, 1, OLDEST - 1] {
        let error = rpc.identity(identifier, at(missing)).unwrap_err();
        assert_eq!(error.code(), codes::STATE_NOT_HELD);
        assert!(
            error.message().contains(&format!("#{missing} ")),
            "{error:?}"
        );
        let data = error.data().unwrap().get();
        assert_eq!(data, format!("{{\"oldest\":{OLDEST}}}"));
    }
}

#[test]
fn reports_are_handed_on_with_the_block() {
    let (rpc, _) = rpc();
    let stranger = Identifier([9; 32]);
    let options = VerifyOptions {
        time: Some(5),
        purpose: Some(Purpose::CrlSign),
        accepted_roots: Some(vec![stranger].try_into().unwrap()),
        at: at(60),
    };
    let answer = rpc.verify(stranger, Some(options.clone())).unwrap();
    assert!(!answer.holds);
    assert_eq!(answer.role, BlockRole::Given);
    assert_eq!(answer.block.number, 60);
    assert_eq!(answer.report.time, 5);
    assert_eq!(answer.report.purpose, Some(Purpose::CrlSign));

    let many: Vec<_> = (0..100).map(|i| Identifier([i; 32])).collect();
    let list = many.clone().try_into().unwrap();
    let answers = rpc.verify_many(list, Some(options)).unwrap();
    let answered: Vec<_> = answers
        .iter()
        .map(|answer| answer.report.identifier)
        .collect();
    assert_eq!(answered, many);
    let options = VerifyOptions {
        at: at(0),
        ..Default::default()
    };
    assert_eq!(
        code(rpc.verify(stranger, Some(options))),
        codes::STATE_NOT_HELD
    );
}

#[test]
fn an_identity_counts_only_at_the_best_and_the_finalized_block() {
    let (rpc, chain) = rpc();
    let verify = |identifier, at| {
        let options = VerifyOptions {
            at,
            ..Default::default()
        };
        let answer = rpc.verify(identifier, Some(options)).unwrap();
        (answer.holds, answer.role, answer.block.number)
    };
    let (registered, stranger) = (chain.identifier(), Identifier([9; 32]));
    let finalized = (false, BlockRole::Finalized, FINALIZED);
    assert_eq!(verify(registered, None), finalized);
    assert_eq!(verify(stranger, None), (false, BlockRole::Best, BEST));
    let given = (true, BlockRole::Given, BEST);
    assert_eq!(verify(registered, at(BEST)), given);
}

#[test]
fn a_payload_signed_becomes_a_call() {
    use parity_scale_codec::Encode;
    let (rpc, _) = rpc();
    let der = certificate(2, "new");
    let payload = rpc.register_payload(pem(&der), None).unwrap();
    assert_eq!(payload.valid_until, BEST + DEFAULT_VALID_FOR);
    assert_eq!(payload.nonce, 0);
    assert_eq!(Some(payload.genesis_hash), at(0));
    let signature = SigningKey::ed25519([2; 32]).sign(payload.payload.as_ref());

    let hex = format!("0x{}", hex::encode(&der));
    let bytes = SignatureBytes::try_from(signature.clone()).unwrap();
    let call = rpc
        .register_call(hex.clone(), payload.valid_until, bytes.clone())
        .unwrap();
    let request = SignedRequest {
        nonce: 0,
        valid_until: payload.valid_until,
        signature: signature.try_into().unwrap(),
    };
    let expected = (der, payload.algorithm, request).encode();
    assert_eq!(call, format!("0x{}", hex::encode(expected)));

    let other = rpc.register_call(hex, payload.valid_until + 1, bytes);
    assert_eq!(code(other), codes::SIGNATURE_REFUSED);
}

#[test]
fn what_would_fail_on_chain_is_refused_at_once() {
    let (rpc, chain) = rpc();
    let payload = |der: &[u8], valid_until| rpc.register_payload(pem(der), valid_until);
    assert_eq!(
        code(payload(&chain.certificate, None)),
        codes::ALREADY_REGISTERED
    );
    assert_eq!(
        code(payload(&certificate(1, "same key"), None)),
        codes::KEY_IN_USE
    );

    let new = certificate(2, "new");
    assert_eq!(code(payload(&new, Some(BEST))), -32602);
    assert!(payload(&new, Some(BEST + 1)).is_ok());

    let mut spoilt = new.clone();
    *spoilt.last_mut().unwrap() ^= 1;
    let error = payload(&spoilt, None).unwrap_err();
    assert_eq!(error.code(), codes::CERTIFICATE_REFUSED);
    assert_eq!(error.data().unwrap().get(), "\"Invalid\"");
    let error = payload(&new[..50], None).unwrap_err();
    assert_eq!(error.code(), codes::CERTIFICATE_REFUSED);
    assert!(error.message().starts_with("certificate: "), "{error:?}");
}

#[test]
fn methods_have_their_names() {
    let (rpc, _) = rpc();
    let module = rpc.into_rpc();
    let mut names: Vec<_> = module.method_names().collect();
    names.sort_unstable();
    let expected = [
        "autoId_byKey",
        "autoId_certificate",
        "autoId_identity",
        "autoId_registerCall",
        "autoId_registerPayload",
        "autoId_verify",
        "autoId_verifyMany",
    ];
    assert_eq!(names, expected);
}
