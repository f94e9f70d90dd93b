//! `allod id extrinsic`: for clients that speak JSON-RPC and sign no transactions themselves.

use crate::{
    node::{Node, NodeArgs},
    request::{payer::PayerArgs, runtime::ChainRuntime, transaction},
    verbs::error::Error,
};
use std::process::ExitCode;

/// Most hex digits of a call: two for each byte of the longest one there can be, and then some.
const MAX_DIGITS: usize = 1 << 17;

/// Arguments of `allod id extrinsic`.
#[derive(Debug, clap::Args)]
pub struct ExtrinsicArgs {
    /// The call in hex, as `autoId_registerCall` gives it.
    call: String,

    #[command(flatten)]
    payer: PayerArgs,

    #[command(flatten)]
    node: NodeArgs,
}

/// Signs a call and prints the transaction.
pub async fn extrinsic(
    args: &ExtrinsicArgs,
    runtime: &dyn ChainRuntime,
) -> Result<ExitCode, Error> {
    let call = parse(&args.call)?;
    // Whoever pastes a call here cannot read what it does: only those about identities are signed.
    runtime.check_call(&call)?;
    let node = Node::connect(&args.node).await?;
    let payer = args.payer.pair(&node).await?;
    let extrinsic = transaction::signed(&node, runtime, &payer, &call).await?;
    allod_output::line(format_args!("0x{}", hex::encode(extrinsic)))?;
    Ok(ExitCode::SUCCESS)
}

fn parse(text: &str) -> Result<Vec<u8>, Error> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() > MAX_DIGITS {
        return Err(Error::LongCall {
            digits: digits.len(),
            most: MAX_DIGITS,
        });
    }
    hex::decode(digits).map_err(Error::CallHex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_hex_of_bounded_length() {
        for text in ["0x1e00", "1e00"] {
            assert_eq!(parse(text).unwrap(), [0x1e, 0]);
        }
        let error = parse("0xzz").unwrap_err().to_string();
        assert!(error.contains("no hex"), "{error}");
        assert!(parse(&"0".repeat(MAX_DIGITS)).is_ok());
        let error = parse(&"0".repeat(MAX_DIGITS + 2)).unwrap_err().to_string();
        assert!(
            error.contains("131074 hex digits; at most 131072"),
            "{error}"
        );
    }
}
