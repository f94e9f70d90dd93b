//! The methods over the real pallets: every answer comes from their state, every call goes into it.

mod chain;
mod lookups;
mod proofs;
mod requests;
mod runtime;
mod subscriptions;
mod verification;

pub(crate) use chain::{Block, TestChain, hash};
pub(crate) use people::{ed25519 as key, identifier_of as identifier};
use runtime::{RuntimeCall, RuntimeOrigin};

use super::{AutoIdApiServer, AutoIdRpc};
use allod_identity::Identifier;
use allod_rpc_types::auto_id::{
    BlockHash, CertificateText, Request, RequestSignatures, SignatureBytes, codes,
};
use allod_test_support::people;
use allod_x509::{
    KeyUsage,
    builder::{self, SigningKey},
};
use frame_support::assert_ok;
use jsonrpsee::{core::RpcResult, types::ErrorObjectOwned};
use parity_scale_codec::Decode;
use sp_runtime::traits::Dispatchable;
use std::{fmt, sync::Arc};

pub(crate) type Rpc = AutoIdRpc<TestChain, Block>;

/// A root's certificate, with the key of this seed.
pub(crate) fn certificate(seed: u8, name: &str) -> Vec<u8> {
    people::self_signed(name, 1, &key(seed))
}

pub(crate) fn text(der: &[u8]) -> CertificateText {
    format!("0x{}", hex::encode(der)).try_into().unwrap()
}

/// A certificate that the root of `certificate(issuer, issuer_name)` issued for another key.
pub(crate) fn issued(
    serial: u8,
    subject: u8,
    name: &str,
    issuer: u8,
    issuer_name: &str,
) -> Vec<u8> {
    let (subject, issuer) = ((name, &key(subject)), (issuer_name, &key(issuer)));
    people::certificate(subject, issuer, serial, |builder| {
        builder.extensions = vec![builder::key_usage(&[KeyUsage::DIGITAL_SIGNATURE])];
    })
}

pub(crate) fn code<T: fmt::Debug>(answer: RpcResult<T>) -> i32 {
    answer.unwrap_err().code()
}

pub(crate) fn at(hash: chain::Hash) -> Option<BlockHash> {
    Some(BlockHash(hash.into()))
}

/// A chain and the methods over it.
pub(crate) fn rpc() -> (Rpc, TestChain) {
    let chain = TestChain::new();
    let (changes, _) = super::watch::<Block, _>(&chain).unwrap();
    (AutoIdRpc::new(Arc::new(chain.clone()), changes), chain)
}

/// Signs the payload of a request.
pub(crate) fn sign(rpc: &Rpc, request: &Request, signer: &SigningKey) -> RequestSignatures {
    let answer = rpc.payload(request.clone(), None).unwrap();
    RequestSignatures {
        valid_until: answer.valid_until,
        signature: signature(signer, answer.payload.as_ref()),
        algorithm: None,
        possession: None,
        consents: Default::default(),
    }
}

pub(crate) fn signature(signer: &SigningKey, payload: &[u8]) -> SignatureBytes {
    signer.sign(payload).try_into().unwrap()
}

/// Decodes a call as the runtime would.
pub(crate) fn decoded(call: &str) -> RuntimeCall {
    let bytes = hex::decode(call.strip_prefix("0x").unwrap()).unwrap();
    let mut rest = &bytes[..];
    let call = RuntimeCall::decode(&mut rest).unwrap();
    assert!(rest.is_empty());
    call
}

/// Carries a request out in a new block: payload, signature, call, dispatch.
pub(crate) fn act(rpc: &Rpc, chain: &TestChain, request: Request, signer: &SigningKey) {
    let signatures = sign(rpc, &request, signer);
    carry_out(rpc, chain, request, signatures);
}

/// Carries a signed request out in a new block.
pub(crate) fn carry_out(
    rpc: &Rpc,
    chain: &TestChain,
    request: Request,
    signatures: RequestSignatures,
) {
    let call = decoded(&rpc.call(request, signatures).unwrap());
    chain.block(|| {
        assert_ok!(call.dispatch(RuntimeOrigin::signed(runtime::PAYER)));
    });
}

/// Registers a root in a new block.
pub(crate) fn register(rpc: &Rpc, chain: &TestChain, seed: u8, name: &str) -> Identifier {
    let der = certificate(seed, name);
    let request = Request::Register {
        certificate: text(&der),
    };
    act(rpc, chain, request, &key(seed));
    identifier(&der)
}

/// Registers a certificate of a registered root in a new block.
pub(crate) fn register_issued(
    rpc: &Rpc,
    chain: &TestChain,
    der: &[u8],
    issuer: Identifier,
    subject: u8,
) -> Identifier {
    let request = Request::RegisterIssued {
        certificate: text(der),
        issuer,
        co_issuers: Default::default(),
    };
    act(rpc, chain, request, &key(subject));
    identifier(der)
}

pub(crate) fn data(error: &ErrorObjectOwned) -> &str {
    error.data().unwrap().get()
}

#[test]
fn every_code_has_its_row_in_the_documentation() {
    let documentation = include_str!("../mod.rs");
    for code in codes::ALL {
        let row = format!("//! | {code} |");
        let rows = documentation.lines().filter(|line| line.starts_with(&row));
        assert_eq!(rows.count(), 1, "{code}");
    }
}
