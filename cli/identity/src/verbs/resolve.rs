//! `allod id resolve`: the DID document of an identity.

use crate::{
    node::{At, Node, NodeArgs},
    verbs::{error::Error, report::pretty},
};
use allod_identity::Identifier;
use allod_rpc_types::did::{DidText, KeyFormat, Resolution, ResolveOptions};
use jsonrpsee::rpc_params;
use std::{process::ExitCode, str::FromStr};

/// Arguments of `allod id resolve`.
#[derive(Debug, clap::Args)]
pub struct ResolveArgs {
    /// The DID, or the identity's 64 hex digits.
    did: Subject,

    /// The one block whose state is asked: best, finalized, or its hash. Without it the best one and the
    /// finalized one are.
    #[arg(long, value_name = "BLOCK")]
    at: Option<At>,

    /// Write every key as JsonWebKey.
    #[arg(long)]
    jwk: bool,

    /// Write the document alone.
    #[arg(long)]
    document: bool,

    #[command(flatten)]
    node: NodeArgs,
}

/// What is to be resolved.
#[derive(Debug, Clone)]
enum Subject {
    Did(DidText),
    /// The node knows the DID: off production it has the network's name in it.
    Identifier(Identifier),
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("did:") {
            return DidText::try_from(text.to_string())
                .map(Self::Did)
                .map_err(|error| error.to_string());
        }
        text.parse()
            .map(Self::Identifier)
            .map_err(|error| format!("a DID, or an identifier: {error}"))
    }
}

/// Resolves a DID. Exit status 0 if there is a document and the identity holds.
pub async fn resolve(args: &ResolveArgs) -> Result<ExitCode, Error> {
    let node = Node::connect(&args.node).await?;
    let did = match &args.did {
        Subject::Did(did) => did.clone(),
        Subject::Identifier(identifier) => node.ask("did_of", rpc_params![identifier]).await?,
    };
    let options = ResolveOptions {
        at: node.hash_at(args.at).await?,
        key_format: if args.jwk {
            KeyFormat::JsonWebKey
        } else {
            KeyFormat::Multikey
        },
    };
    let resolution: Resolution = node.ask("did_resolve", rpc_params![did, options]).await?;
    if args.document && resolution.did_document.is_some() {
        allod_output::line(pretty(&resolution.did_document)?)?;
    } else {
        allod_output::line(pretty(&resolution)?)?;
    }
    Ok(exit_code(&resolution))
}

fn exit_code(resolution: &Resolution) -> ExitCode {
    let holds = resolution.did_document_metadata.holds == Some(true);
    if resolution.did_document.is_some() && holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dids_stay_as_they_are_and_identifiers_become_dids() {
        let digits = "0a".repeat(32);
        let did = format!("did:allod:dev:{digits}");
        assert!(matches!(did.parse(), Ok(Subject::Did(text)) if text.as_str() == did));
        assert!(
            matches!(digits.parse(), Ok(Subject::Identifier(id)) if id == Identifier([10; 32]))
        );
        let long = format!("did:allod:{}", "x".repeat(200));
        for wrong in ["0a", "allod:0a", &long] {
            assert!(wrong.parse::<Subject>().is_err(), "{wrong}");
        }
    }
}
