//! Dropping a node's copy of the chain, so that it follows the network's.
//!
//! Database and history are dropped, which the network has; keys, plots and the network's addresses stay. Before anything
//! is removed the file [`MARK`] is written beside them, and it is removed last. So a crash in between leaves no half of a
//! chain to start from: a start that finds the file drops the rest first.

use allod_files::{FileError, sync_parent, write_atomically};
use allod_service as service;
use sc_service::Configuration;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Name of the file in the chain's folder that says that the copy of the chain is being dropped.
const MARK: &str = "resync";

/// What the file says to whoever looks.
const MARK_TEXT: &[u8] =
    b"This node drops its copy of the chain; its next start goes on with that.\n";

/// A node's copy of a chain.
#[derive(Debug, Clone)]
pub struct LocalCopy {
    mark: PathBuf,
    folders: Vec<PathBuf>,
}

impl LocalCopy {
    /// That of the node of this configuration.
    pub fn of(config: &Configuration) -> Self {
        let database = config.database.path().map(Path::to_owned);
        Self {
            mark: service::chain_folder(config).join(MARK),
            folders: database
                .into_iter()
                .chain([service::history_folder(config)])
                .collect(),
        }
    }

    /// Writes down that it is to be dropped: from now on no node starts from it.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn condemn(&self) -> Result<(), FileError> {
        if let Some(folder) = self.mark.parent() {
            fs::create_dir_all(folder).map_err(FileError::new("create", folder))?;
        }
        write_atomically(&self.mark, &[MARK_TEXT], 0o644)
    }

    /// Drops it if that is written down, also if an earlier start or another process began to.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn drop_if_condemned(&self) -> Result<(), FileError> {
        if !self.mark.exists() {
            return Ok(());
        }
        for folder in &self.folders {
            match fs::remove_dir_all(folder) {
                Ok(()) => {
                    sync_parent(folder)?;
                    tracing::info!("Dropped {}", folder.display());
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(FileError::new("remove", folder)(error)),
            }
        }
        fs::remove_file(&self.mark).map_err(FileError::new("remove", &self.mark))?;
        // Or a power cut would bring it back, and the next start would drop what was synced since.
        sync_parent(&self.mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A copy with a file in each of its folders, and a plot and a key beside them.
    fn copy(folder: &Path) -> LocalCopy {
        for file in [
            "paritydb/full/00",
            "history/segment-0",
            "plot/key",
            "network/secret_ed25519",
        ] {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "content").unwrap();
        }
        LocalCopy {
            mark: folder.join(MARK),
            folders: vec![folder.join("paritydb/full"), folder.join("history")],
        }
    }

    fn there(folder: &Path, name: &str) -> bool {
        folder.join(name).exists()
    }

    #[test]
    fn only_what_the_network_has_is_dropped_and_only_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, copy) = (folder.path(), copy(folder.path()));
        copy.drop_if_condemned().unwrap();
        assert!(there(folder, "paritydb/full/00") && there(folder, "history/segment-0"));
        copy.condemn().unwrap();
        copy.drop_if_condemned().unwrap();
        assert!(!there(folder, "paritydb/full") && !there(folder, "history"));
        assert!(there(folder, "plot/key") && there(folder, "network/secret_ed25519"));
        assert!(!there(folder, MARK), "it would be dropped again");
    }

    #[test]
    fn a_start_after_a_crash_drops_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, copy) = (folder.path(), copy(folder.path()));
        copy.condemn().unwrap();
        // A crash after the first folder.
        fs::remove_dir_all(folder.join("paritydb/full")).unwrap();
        copy.drop_if_condemned().unwrap();
        assert!(!there(folder, "history") && !there(folder, MARK));
        // Nothing is left to drop.
        copy.condemn().unwrap();
        copy.drop_if_condemned().unwrap();
        assert!(!there(folder, MARK));
    }

    #[test]
    fn a_node_that_never_ran_has_nothing_to_drop() {
        let folder = tempfile::tempdir().unwrap();
        let chain = folder.path().join("chains/new");
        let copy = LocalCopy {
            mark: chain.join(MARK),
            folders: vec![chain.join("paritydb/full"), chain.join("history")],
        };
        copy.condemn().unwrap();
        copy.drop_if_condemned().unwrap();
        assert!(!copy.mark.exists());
    }
}
