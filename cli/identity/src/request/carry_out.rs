//! The one way of every request: terms, bytes, signatures, call, transaction, event.
//!
//! A verb makes an [`UnsignedRequest`] of its arguments and of what the chain knows of those who take part.
//! [`carry_out`] does the rest, in one go or in two halves. What is signed is put together here; of the
//! node come the nonce, the genesis hash and the best block's number, and a lie about any of them makes
//! a request that counts nowhere. Signatures are checked before anybody pays for them.

use crate::{
    clock::{self, ClockError},
    files::{self, FileError},
    node::{Node, NodeError},
    request::{
        args::{ExpiredError, RequestArgs},
        in_time::{InTimeError, check_in_time},
        offline,
        outcome::Outcome,
        payer::PayerError,
        payload::{self, Terms},
        runtime::ChainRuntime,
        transaction::{self, TransactionError},
        unsigned::{SigningError, UnsignedRequest},
    },
};
use allod_identity::{api::PayloadQuery, calls::CallSignatures, request::TooManyServices};
use allod_output::OutputError;
use allod_rpc_types::auto_id::{BlockHash, BlockReference};
use serde_json::json;
use sp_core::sr25519;
use std::{path::Path, process::ExitCode};

/// Why a request is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error(transparent)]
    Expired(#[from] ExpiredError),
    #[error(transparent)]
    InTime(#[from] InTimeError),
    /// The node's chain is not the one that is meant.
    #[error(
        "the node's chain begins with {actual}, and {expected} is meant: ask a node of that chain"
    )]
    OtherChain {
        /// The hash of the genesis block of the node's chain.
        actual: BlockHash,
        /// That of the chain that is meant.
        expected: BlockHash,
    },
    /// It is not the next one of the identity that acts.
    #[error(
        "the request has the nonce {given}, and the acting identity's next one is {next}: another \
         request came first, or one before it is missing"
    )]
    Nonce {
        /// The request's.
        given: u64,
        /// The next one.
        next: u64,
    },
    #[error(transparent)]
    Payload(#[from] TooManyServices),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Signing(#[from] SigningError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Payer(#[from] PayerError),
    /// The runtime makes no call of it.
    #[error("an argument is longer than the call takes")]
    TooLong,
    #[error(transparent)]
    Transaction(#[from] TransactionError),
}

/// The terms of a request with this nonce, unless the command line says another one.
pub async fn terms(node: &Node, args: &RequestArgs, nonce: u64) -> Result<Terms, RequestError> {
    let best = node.best_number().await?;
    let genesis = node.genesis_hash().await?.0;
    check_genesis(args.genesis, genesis)?;
    // Bytes may be written for a request that is to follow others; only the next one can be carried out.
    if args.payload.is_none() {
        check_nonce(args.nonce, nonce)?;
    }
    Ok(Terms {
        genesis,
        nonce: args.nonce.unwrap_or(nonce),
        valid_until: args.last_block(best)?,
    })
}

fn check_nonce(given: Option<u64>, next: u64) -> Result<(), RequestError> {
    match given {
        Some(given) if given != next => Err(RequestError::Nonce { given, next }),
        Some(_) | None => Ok(()),
    }
}

fn check_genesis(expected: Option<BlockHash>, actual: [u8; 32]) -> Result<(), RequestError> {
    match expected {
        Some(expected) if expected.0 != actual => Err(RequestError::OtherChain {
            actual: BlockHash(actual),
            expected,
        }),
        Some(_) | None => Ok(()),
    }
}

/// Signs a request and has it carried out, or does the first half of that.
pub async fn carry_out(
    node: &Node,
    runtime: &dyn ChainRuntime,
    args: &RequestArgs,
    request: UnsignedRequest,
) -> Result<ExitCode, RequestError> {
    let terms = terms(node, args, request.nonce).await?;
    if let Some(out) = &args.payload {
        first_half(out, args, &request, terms)?;
        return Ok(ExitCode::SUCCESS);
    }
    // A first half may be for later; what is sent now has to count now.
    check_in_time(&request.query, clock::now()?)?;
    let signatures = request.sign(args, terms)?;
    let payer = args.payer.pair(node).await?;
    let (outcome, block) = submit(node, runtime, &payer, request.query, signatures).await?;
    outcome.print(block, args.json)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the bytes to be signed, and what to do with them.
fn first_half(
    out: &Path,
    args: &RequestArgs,
    request: &UnsignedRequest,
    terms: Terms,
) -> Result<(), RequestError> {
    let payload = payload::payload(&request.query, request.actor, terms)?;
    files::write(out, &payload)?;
    if args.json {
        let said = json!({
            "payload": format!("0x{}", hex::encode(&payload)),
            "identifier": request.actor,
            "algorithm": request.algorithm(args.algorithm)?,
            "nonce": terms.nonce,
            "validUntil": terms.valid_until,
            "genesisHash": BlockHash(terms.genesis),
        });
        allod_output::line(&said)?;
    } else {
        let words = offline::own_words();
        let text = request.instructions(out, args.algorithm, terms, &words)?;
        allod_output::text(&text)?;
    }
    Ok(())
}

/// Submits a call and says what it brought about.
pub async fn submit(
    node: &Node,
    runtime: &dyn ChainRuntime,
    payer: &sr25519::Pair,
    query: PayloadQuery,
    signatures: CallSignatures,
) -> Result<(Outcome, BlockReference), RequestError> {
    let actor = signatures.request.identifier;
    let call = runtime.call(query.clone(), signatures);
    let call = call.ok_or(RequestError::TooLong)?;
    Ok(transaction::submit(node, runtime, payer, &call, (&query, actor)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_go_in_order() {
        assert!(check_nonce(None, 4).is_ok());
        assert!(check_nonce(Some(4), 4).is_ok());
        for given in [3, 5] {
            let error = check_nonce(Some(given), 4).unwrap_err().to_string();
            assert!(error.contains("next one is 4"), "{error}");
        }
    }

    #[test]
    fn another_chain_is_refused() {
        assert!(check_genesis(None, [1; 32]).is_ok());
        assert!(check_genesis(Some(BlockHash([1; 32])), [1; 32]).is_ok());
        let error = check_genesis(Some(BlockHash([2; 32])), [1; 32]).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("begins with 0x0101"), "{error}");
    }
}
