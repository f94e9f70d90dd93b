//! Where the state of the chain comes from.
//!
//! A source is asked about one block at a time, named by its hash, so that answers about the same
//! block go together. It is **trusted**: what it says about the chain is believed. Use a node of your
//! own. What it says must be of the right form all the same, within bounds, and about what was asked:
//! anything else is [`SourceError::Malformed`].

pub mod json_rpc;

use crate::{Peer, Refusal, Standing, rules::Heads};
use allod_identity::{Identifier, KeyFingerprint, MAX_VISITED, Purpose, VerificationReport};
use allod_rpc_types::auto_id::{BlockHash, BlockReference, BlockRole};
use async_trait::async_trait;
use futures::stream::BoxStream;

/// Most links in a report: as many as one verification visits.
pub const MAX_LINKS: usize = MAX_VISITED as usize;

/// A block became the newest of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// The best block.
    Best(BlockReference),
    /// The finalized block.
    Finalized(BlockReference),
}

/// A question without an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The node cannot be reached; it may be later.
    #[error("the node cannot be reached: {0}")]
    Unreachable(String),
    /// The node has another chain than the one that is wanted.
    #[error("the node's chain has the genesis block {actual}, wanted is {wanted}")]
    OtherChain {
        /// Hash of the genesis block that is wanted.
        wanted: BlockHash,
        /// Hash of the one that the node has.
        actual: BlockHash,
    },
    /// The node answered that it will not.
    #[error("the node refuses {method}: {message} ({code})")]
    Refused {
        method: &'static str,
        /// Code of the JSON-RPC error.
        code: i32,
        /// Its message, cut at 200 characters.
        message: String,
    },
    /// There was no answer in time.
    #[error("no answer to {0} in time")]
    TimedOut(&'static str),
    /// The answer is not of the form that it must have, or to another question.
    #[error("the answer to {method} is malformed: {what}")]
    Malformed {
        method: &'static str,
        /// What is wrong with it.
        what: String,
    },
}

/// The state of the chain. Every method but the stream of heads answers in bounded time.
#[async_trait]
pub trait ChainSource: Send + Sync + 'static {
    /// The newest blocks: soon the best and the finalized one of now, then every change. Blocks may be
    /// left out, newer ones not be held back. It ends when the connection does, and is then asked for
    /// again.
    async fn heads(&self) -> Result<BoxStream<'static, Result<Head, SourceError>>, SourceError>;

    /// The live identity that a key serves.
    async fn identity_by_key(
        &self,
        key: KeyFingerprint,
        at: BlockHash,
    ) -> Result<Option<Identifier>, SourceError>;

    /// DER of the current certificate of an identity.
    async fn certificate(
        &self,
        identifier: Identifier,
        at: BlockHash,
    ) -> Result<Option<Vec<u8>>, SourceError>;

    /// Whether an identity holds at that block, for `purpose`, whatever its root.
    async fn verify(
        &self,
        identifier: Identifier,
        purpose: Purpose,
        at: BlockHash,
    ) -> Result<VerificationReport, SourceError>;
}

/// Asks about an identity at both blocks. What is `known` already of one of them is not asked again.
///
/// The inner error is the chain's own answer: there is no such identity (any more).
pub(crate) async fn ask(
    source: &dyn ChainSource,
    identifier: Identifier,
    heads: &Heads,
    known: Option<&Peer>,
) -> Result<Result<Peer, Refusal>, SourceError> {
    let same_best = known.filter(|peer| peer.best().block == heads.best);
    let same_finalized = known.filter(|peer| peer.finalized().block == heads.finalized);
    let best = async {
        if let Some(peer) = same_best {
            return Ok((Some(peer.certificate().to_vec()), peer.best().clone()));
        }
        let certificate = source.certificate(identifier, heads.best.hash);
        futures::try_join!(certificate, stand(source, identifier, heads.best))
    };
    let finalized = async {
        match same_finalized {
            Some(peer) => Ok(peer.finalized().clone()),
            None => stand(source, identifier, heads.finalized).await,
        }
    };
    let ((certificate, best), finalized) = futures::try_join!(best, finalized)?;
    let Some(certificate) = certificate else {
        return Ok(Err(best.failure.map_or(
            Refusal::NotRegistered(identifier),
            |failure| Refusal::DoesNotHold {
                role: BlockRole::Best,
                block: best.block,
                failure,
            },
        )));
    };
    let peer = Peer::new(identifier, certificate, best, finalized);
    peer.map(Ok).map_err(|error| SourceError::Malformed {
        method: "certificate",
        what: error.to_string(),
    })
}

/// Asks how an identity stands at one block.
async fn stand(
    source: &dyn ChainSource,
    identifier: Identifier,
    block: BlockReference,
) -> Result<Standing, SourceError> {
    let purpose = Purpose::DigitalSignature;
    let report = source.verify(identifier, purpose, block.hash).await?;
    check_report(&report, identifier, purpose).map_err(|what| SourceError::Malformed {
        method: "verify",
        what: what.into(),
    })?;
    Ok(Standing::new(block, &report))
}

/// Whether a report answers what was asked. Whoever made it: a report to another question, or one
/// whose parts contradict each other, must never admit anybody.
///
/// # Errors
/// What is wrong with it.
pub fn check_report(
    report: &VerificationReport,
    identifier: Identifier,
    purpose: Purpose,
) -> Result<(), &'static str> {
    if report.identifier != identifier {
        return Err("a report about another identity");
    }
    if report.purpose != Some(purpose) {
        return Err("a report for another purpose");
    }
    if report.links.len() > MAX_LINKS {
        return Err("more links than one verification visits");
    }
    if !report
        .links
        .iter()
        .any(|link| link.identifier == identifier)
    {
        return Err("the identity is not among the links");
    }
    let failed_link = report.links.iter().find_map(|link| link.failure());
    if report.failure.is_none() && failed_link.is_some() {
        return Err("a check failed and the report says that none did");
    }
    if report.failure.is_none() && report.root.is_none() {
        return Err("an identity holds without a root");
    }
    Ok(())
}
