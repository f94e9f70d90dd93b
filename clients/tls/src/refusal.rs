//! Why a peer is refused, or a connection to it ended: one variant for each cause.

use crate::{MAX_INTERMEDIATES, SourceError};
use allod_identity::{Failure, Identifier, KeyFingerprint};
use allod_rpc_types::auto_id::{BlockReference, BlockRole};
use allod_x509::CertificateError;
use rustls::{CertificateError as TlsCertificateError, Error as TlsError, OtherError};
use std::{io, sync::Arc};

/// Why a peer is refused, or a connection to it ended.
///
/// Within a handshake it travels inside of rustls' error; [`Refusal::within`] finds it there.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The peer showed no certificate.
    #[error("the peer showed no certificate")]
    NoCertificate,
    /// What the peer showed is no certificate that the chain could have.
    #[error("the peer's certificate: {0}")]
    Certificate(CertificateError),
    /// The peer sent more intermediate certificates than there can be.
    #[error(
        "the peer sent {0} intermediate certificates: there can be {MAX_INTERMEDIATES}, and none is needed"
    )]
    TooManyIntermediates(usize),
    /// The newest block is not known: the source has not said it yet, or the cache has stopped.
    #[error("the newest block is not known: the chain's state is not being followed (yet)")]
    NotFollowing,
    /// The cache does not know the key, and within a handshake nobody can be asked.
    #[error(
        "nothing is known about the key {0}: have the cache ask for the identity beforehand, or use an acceptor or a connector"
    )]
    Unknown(KeyFingerprint),
    /// What is known was true at a block too long ago.
    #[error(
        "what is known is of {} block #{asked_at}, the newest is #{newest}: it may be {max} blocks old",
        name(*role)
    )]
    StaleBlocks {
        /// Which of the two blocks.
        role: BlockRole,
        /// The number of the block that was asked.
        asked_at: u32,
        /// The number of the newest block.
        newest: u32,
        /// Blocks that may lie between.
        max: u32,
    },
    /// No new block has been heard of for too long.
    #[error("no new block for {seconds} seconds: it may be {max}")]
    StaleSeconds {
        /// Seconds since the newest block was heard of.
        seconds: u64,
        /// Seconds that it may be.
        max: u64,
    },
    /// The newest block was made too long ago: the node is syncing or cut off.
    #[error(
        "the best block was made {seconds} seconds ago: it may be {max} (is the node syncing?)"
    )]
    BlockTooOld {
        /// Seconds between its time and this machine's.
        seconds: u64,
        /// Seconds that it may be.
        max: u64,
    },
    /// The newest block is of the future, so that this machine's clock says nothing about its age.
    #[error(
        "the best block is {seconds} seconds in the future: it may be {max} (is this machine's clock right?)"
    )]
    BlockOfFuture {
        /// Seconds between this machine's time and the block's.
        seconds: u64,
        /// Seconds that it may be.
        max: u64,
    },
    /// No live identity has the key of the peer's certificate.
    #[error("the key {0} serves no identity at the best block")]
    KeyUnregistered(KeyFingerprint),
    /// The chain has no certificate of the identity.
    #[error("the chain has no certificate of {0}")]
    NotRegistered(Identifier),
    /// The identity has another certificate now: the one shown was superseded, or is a twin with
    /// other bytes.
    #[error("the certificate shown is not the current one of {0}")]
    NotCurrent(Identifier),
    /// The identity does not hold.
    #[error("does not hold at the {} block #{}: {failure}", name(*role), .block.number)]
    DoesNotHold {
        /// Which of the two blocks.
        role: BlockRole,
        block: BlockReference,
        /// The check that failed.
        failure: Failure,
    },
    /// The identity holds and is none of those that the policy names.
    #[error("{0} is none of the named identities")]
    NotNamed(Identifier),
    /// The key is of none of the identities that the policy names, which are all known.
    #[error("the key {0} is of none of the named identities")]
    KeyNotNamed(KeyFingerprint),
    /// The identity holds, and the policy does not name its root.
    #[error("the root at the {} block, {}, is none of the named roots", name(*role), named(root))]
    RootNotNamed {
        /// Which of the two blocks.
        role: BlockRole,
        /// The root there.
        root: Option<Identifier>,
    },
    /// The identity holds and does not satisfy the policy's predicate.
    #[error("{0} does not satisfy the policy's predicate")]
    PredicateFalse(Identifier),
    /// Every place in the cache is taken by an identity that is in use.
    #[error("the cache is full: {0} identities are in use")]
    CacheFull(usize),
    /// The chain could not be asked.
    #[error("the chain could not be asked: {0}")]
    Source(SourceError),
}

impl Refusal {
    /// As an error of rustls, which ends the handshake with the alert `certificate_unknown`
    /// (RFC 8446, 6.2).
    pub fn into_tls(self) -> TlsError {
        let other = OtherError(Arc::new(self));
        TlsError::InvalidCertificate(TlsCertificateError::Other(other))
    }

    /// The refusal within an error of rustls, if that is what it is.
    pub fn within(error: &TlsError) -> Option<&Self> {
        match error {
            TlsError::InvalidCertificate(TlsCertificateError::Other(other)) => {
                other.0.downcast_ref()
            }
            _ => None,
        }
    }

    /// The refusal within an error of reading, writing or a handshake, if that is what it is.
    pub fn within_io(error: &io::Error) -> Option<&Self> {
        let inner = error.get_ref()?;
        let tls = inner.downcast_ref().and_then(Self::within);
        tls.or_else(|| inner.downcast_ref())
    }

    /// As an error of reading or writing.
    pub fn into_io(self) -> io::Error {
        io::Error::new(io::ErrorKind::ConnectionAborted, self)
    }
}

fn name(role: BlockRole) -> &'static str {
    match role {
        BlockRole::Best => "best",
        BlockRole::Finalized => "finalized",
        BlockRole::Given => "given",
    }
}

fn named(root: &Option<Identifier>) -> String {
    root.map_or_else(|| "none".into(), |root| root.to_string())
}
