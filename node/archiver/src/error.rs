//! What can go wrong with the history.

use allod_files::FileError;
use std::{io, path::PathBuf, sync::Arc};

/// An error of the archiver.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error(
        "cannot {action} {path}: {source}; make room or mend the disk, then start again: nothing is lost"
    )]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file does not hold what was written.
    #[error(
        "{path} is damaged at byte {offset}: {cause}; `allod history rebuild` makes it anew from the database"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong there.
        cause: String,
    },
    /// The database does not have a block that is to be archived.
    #[error("block {number} is not in the database with its body; it is needed to archive it")]
    BlockMissing { number: u32 },
    /// A block has no or several justifications.
    #[error(
        "block {number} has {found} `alod` justifications in the database, it must have exactly one"
    )]
    Justification {
        number: u32,
        /// How many were found.
        found: usize,
    },
    /// The history and the database belong to different chains.
    #[error(
        "the history ends with block {number} ({archived}), the chain has {chain} there; start with \
         --resync to drop both and follow the network"
    )]
    Diverged {
        /// Number of the block at which they differ.
        number: u32,
        /// Hash that was archived.
        archived: String,
        /// Hash in the chain.
        chain: String,
    },
    /// A segment came out differently than it did before.
    #[error(
        "segment {index} does not come out as it did before; the history folder is from another chain"
    )]
    SegmentChanged { index: u64 },
    /// The rules of archiving were broken.
    #[error(transparent)]
    Archiving(#[from] allod_archiving::ArchiverError),
    /// The database failed.
    #[error("database: {0}")]
    Client(#[from] sp_blockchain::Error),
    /// An earlier write failed, after which nothing is archived until the next start.
    #[error("the archiver has stopped: {0}")]
    Failed(Arc<Error>),
    /// A task was cancelled, as happens when the node stops.
    #[error("the archiver is shutting down")]
    Stopped,
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::io(error.action, error.path)(error.source)
    }
}

impl Error {
    /// Whether a file does not hold what was written.
    pub(crate) fn is_of_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Io { .. }
            | Self::BlockMissing { .. }
            | Self::Justification { .. }
            | Self::Diverged { .. }
            | Self::SegmentChanged { .. }
            | Self::Archiving(_)
            | Self::Client(_)
            | Self::Failed(_)
            | Self::Stopped => false,
        }
    }

    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(crate) fn damaged(path: impl Into<PathBuf>, offset: u64, cause: impl ToString) -> Self {
        Self::Damaged {
            path: path.into(),
            offset,
            cause: cause.to_string(),
        }
    }
}
