//! `allod id extrinsic`: for clients that speak JSON-RPC and sign no transactions themselves.

use crate::{
    Error,
    client::{Node, NodeArgs},
    request::{payer::PayerArgs, transaction},
};
use allod_runtime::RuntimeCall;
use frame_support::MAX_EXTRINSIC_DEPTH;
use parity_scale_codec::DecodeLimit;
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
pub async fn extrinsic(args: &ExtrinsicArgs) -> Result<ExitCode, Error> {
    let call = parse(&args.call)?;
    let node = Node::connect(&args.node).await?;
    let payer = args.payer.pair(&node).await?;
    let extrinsic = transaction::signed(&node, &payer, call).await?;
    println!("0x{}", hex::encode(extrinsic));
    Ok(ExitCode::SUCCESS)
}

/// Takes calls about identities only: whoever pastes a call here cannot read what it does.
///
/// # Errors
/// What the text is instead.
pub fn parse(text: &str) -> Result<RuntimeCall, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() > MAX_DIGITS {
        return Err(format!(
            "the call has {} hex digits; at most {MAX_DIGITS} are read",
            digits.len()
        ));
    }
    let bytes = hex::decode(digits).map_err(|error| format!("the call is no hex: {error}"))?;
    // Calls in calls in calls would take more stack than there is.
    match RuntimeCall::decode_all_with_depth_limit(MAX_EXTRINSIC_DEPTH, &mut &bytes[..]) {
        Ok(call @ (RuntimeCall::AutoId(_) | RuntimeCall::Revocation(_))) => Ok(call),
        Ok(_) => Err("the call is not one about identities (pallets AutoId, Revocation)".into()),
        Err(error) => Err(format!("the call is none of this runtime's: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_golden::calls;
    use parity_scale_codec::Encode;

    /// Whole calls, as `autoId_call` gives them.
    #[test]
    fn calls_about_identities_are_taken() {
        for golden in calls() {
            let text = format!("0x{}", golden.text("bytes"));
            assert_eq!(
                hex::encode(parse(&text).unwrap().encode()),
                golden.text("bytes")
            );
        }
    }

    #[test]
    fn other_calls_and_other_bytes_are_refused() {
        let remark = frame_system::Call::remark { remark: vec![1] };
        let remark = hex::encode(RuntimeCall::System(remark).encode());
        for (text, expected) in [
            (remark.as_str(), "pallets AutoId, Revocation"),
            ("0xzz", "no hex"),
            ("0x1e00", "none of this runtime's"),
            ("", "none of this runtime's"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(
            parse(&"0".repeat(MAX_DIGITS + 2))
                .unwrap_err()
                .contains("at most")
        );
    }

    #[test]
    fn calls_in_calls_are_no_deeper_than_the_runtime_reads_them() {
        let remark = RuntimeCall::System(frame_system::Call::remark { remark: Vec::new() });
        let calls = vec![remark.clone()];
        let batch = RuntimeCall::Utility(pallet_utility::Call::batch { calls }).encode();
        // Pallet, call, one call in it.
        let batch_of_one = &batch[..3];
        for (depth, expected) in [
            (100, "pallets AutoId, Revocation"),
            (300, "none of this runtime's"),
            (20_000, "none of this runtime's"),
        ] {
            let nested = [batch_of_one.repeat(depth), remark.encode()].concat();
            let error = parse(&hex::encode(nested)).unwrap_err();
            assert!(error.contains(expected), "{depth}: {error}");
        }
    }
}
