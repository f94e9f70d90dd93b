//! A disk that gets full, or fails.
//!
//! ParityDB writes its log from threads of its own and tells of a failure with the next commit; its tables it writes
//! through memory maps of files with holes, so that a page for which there is no room left is a SIGBUS, which ends the
//! process without a word. Hence three things, beside what the archiver and the farmer do for their own files:
//!
//! * A node does not start on a disk that is nearly full, and stops in order before it is.
//! * The database is given an empty commit every few seconds, which returns the failure that its threads met.
//! * A file that means nothing, the reserve, takes room that a stop in order needs: it is removed when the disk is
//!   full. A thread that met SIGBUS tries the same write again and again, and goes on when there is room for it.

#![forbid(unsafe_code)]

use rustix::{
    fs::{Access, FallocateFlags, access, fallocate, statvfs},
    process::{Signal, getpid, kill_process},
};
use std::{
    fmt,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Notify,
    time::{sleep, timeout},
};

/// Bytes of the disk that a node leaves free: blocks, history and the tables of the database grow by far less
/// between two looks at it.
const KEPT_FREE_BYTES: u64 = 512 << 20;

/// The part of a small disk that a node leaves free instead, as a divisor.
const KEPT_FREE_DIVISOR: u64 = 8;

/// Bytes of the reserve: what a database writes while it is closed, many times over.
const RESERVE_BYTES: u64 = 32 << 20;

/// The part of a small disk that the reserve is instead, as a divisor.
const RESERVE_DIVISOR: u64 = 32;

/// Name of the reserve, beside the database.
const RESERVE_FILE: &str = "reserve";

/// Pause between two looks at the disk.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// How long a write that met SIGBUS may be tried once the reserve is given away, and a node may take to stop.
const LAST_STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// What is wrong with a disk, in one line with what to do.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// There is too little room to begin with.
    #[error(
        "the disk of {} has {} MiB free, a node there needs {}; make room, or use another --base-path",
        .folder.display(), mebibytes(*.free), mebibytes(*.needed)
    )]
    TooFull {
        /// On that disk.
        folder: PathBuf,
        /// Bytes that are free.
        free: u64,
        /// Bytes that have to be.
        needed: u64,
    },
    /// There is too little room left to go on.
    #[error(
        "the disk of {} is nearly full: {} MiB free, {} are kept; make room and start again",
        .folder.display(), mebibytes(*.free), mebibytes(*.kept)
    )]
    NearlyFull {
        /// On that disk.
        folder: PathBuf,
        /// Bytes that are free.
        free: u64,
        /// Bytes that are kept free.
        kept: u64,
    },
    /// A page of the database could not be written.
    #[error(
        "the disk of {} is full or broken: a page of the database could not be written; make room or mend the disk, \
         then start again", .0.display()
    )]
    Page(PathBuf),
    /// The database could not be written.
    #[error(
        "cannot write the database {}: {cause}; make room or mend the disk, then start again: it goes on from the \
         newest block that is on the disk", .path.display()
    )]
    Database {
        /// Its folder.
        path: PathBuf,
        /// What the database says.
        cause: String,
    },
    /// Something else is where a folder is to be.
    #[error("{} is no folder", .0.display())]
    NoFolder(PathBuf),
    /// The system says nothing about the disk, or lets nothing be written there.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl DiskError {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

fn mebibytes(bytes: u64) -> u64 {
    bytes >> 20
}

/// Takes SIGBUS away from Rust's runtime, which looks whether a stack is full, and if not has the process killed by
/// the next one: it does so at the first SIGBUS, which this sends. Must be called while the process has one thread, which
/// then gets the signal before this returns, and before [`Disk::catch_pages`].
///
/// # Errors
/// The system's.
pub fn take_over_sigbus() -> io::Result<()> {
    Ok(kill_process(getpid(), Signal::BUS)?)
}

/// Whether a folder can be used or, where it is not there yet, made; makes nothing.
///
/// # Errors
/// What is in its way.
pub fn check_folder(folder: &Path) -> Result<(), DiskError> {
    let there = folder.ancestors().find(|path| path.exists());
    let there = there.unwrap_or(Path::new("."));
    if !there.is_dir() {
        return Err(DiskError::NoFolder(there.to_owned()));
    }
    access(there, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| DiskError::io("read and write", there)(error.into()))
}

/// Room on a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Room {
    total: u64,
    free: u64,
}

impl Room {
    /// That of the disk on which a folder lies.
    fn of(folder: &Path) -> Result<Self, DiskError> {
        let stat = statvfs(folder)
            .map_err(|error| DiskError::io("look at the disk of", folder)(error.into()))?;
        Ok(Self {
            total: stat.f_blocks.saturating_mul(stat.f_frsize),
            free: stat.f_bavail.saturating_mul(stat.f_frsize),
        })
    }

    /// What is kept free of it.
    fn kept(&self) -> u64 {
        KEPT_FREE_BYTES.min(self.total / KEPT_FREE_DIVISOR)
    }

    /// Size of the reserve on it.
    fn reserve(&self) -> u64 {
        RESERVE_BYTES.min(self.total / RESERVE_DIVISOR)
    }
}

/// The disk of a node's chain, before the database is opened and as long as it is open.
#[derive(Debug, Clone)]
pub struct Disk {
    folder: PathBuf,
    reserve: PathBuf,
    /// Told when a thread met SIGBUS.
    page: Arc<Notify>,
}

impl Disk {
    /// Makes sure of room on the disk on which a chain's folder lies, which is made if it is not there.
    ///
    /// # Errors
    /// [`DiskError`], with nothing written but the folder.
    pub fn claim(folder: &Path) -> Result<Self, DiskError> {
        fs::create_dir_all(folder).map_err(DiskError::io("create", folder))?;
        let disk = Self {
            folder: folder.to_owned(),
            reserve: folder.join(RESERVE_FILE),
            page: Arc::new(Notify::new()),
        };
        let room = Room::of(folder)?;
        let there = fs::metadata(&disk.reserve).map_or(0, |metadata| metadata.len());
        let missing = room.reserve().saturating_sub(there);
        let needed = room.kept().saturating_add(missing);
        if room.free < needed {
            return Err(DiskError::TooFull {
                folder: disk.folder,
                free: room.free,
                needed,
            });
        }
        if missing > 0 {
            disk.make_reserve(room.reserve())?;
        }
        Ok(disk)
    }

    fn make_reserve(&self, bytes: u64) -> Result<(), DiskError> {
        let failed = || DiskError::io("write", &self.reserve);
        let mut file = File::create(&self.reserve).map_err(failed())?;
        if fallocate(&file, FallocateFlags::empty(), 0, bytes).is_ok() {
            return Ok(());
        }
        // Not every file system can set room aside without writing.
        let zeros = vec![0_u8; 1 << 20];
        for _ in 0..bytes >> 20 {
            file.write_all(&zeros).map_err(failed())?;
        }
        file.sync_all().map_err(failed())
    }

    /// Gives the reserve away.
    fn release(&self) {
        // Where this fails, nothing else would help either.
        let _ = fs::remove_file(&self.reserve);
    }

    /// Bytes that are free on the disk.
    ///
    /// # Errors
    /// The system's.
    pub fn free(&self) -> Result<u64, DiskError> {
        Room::of(&self.folder).map(|room| room.free)
    }

    fn look(&self) -> Result<(), DiskError> {
        let room = Room::of(&self.folder)?;
        if room.free < room.kept() {
            return Err(DiskError::NearlyFull {
                folder: self.folder.clone(),
                free: room.free,
                kept: room.kept(),
            });
        }
        Ok(())
    }

    /// Ends when the node has to stop because of the disk or the database on it, with the reserve given away: it says
    /// why. `probe` writes nothing to the database, and gives the failure that the database met meanwhile.
    pub async fn watch<E: fmt::Display>(
        self,
        database: PathBuf,
        probe: impl Fn() -> Result<(), E>,
    ) -> DiskError {
        let error = loop {
            if timeout(LOOK_INTERVAL, self.page.notified()).await.is_ok() {
                break DiskError::Page(self.folder.clone());
            }
            if let Err(error) = self.look() {
                break error;
            }
            if let Err(error) = probe() {
                break DiskError::Database {
                    path: database,
                    cause: error.to_string(),
                };
            }
        };
        self.release();
        error
    }

    /// Waits for SIGBUS on a thread of its own for as long as the process lives, the closing of the database
    /// included. `give_up` is to end a process that could not stop in order.
    ///
    /// # Errors
    /// The system's.
    pub fn catch_pages(&self, give_up: impl FnOnce(DiskError) + Send + 'static) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut signals = {
            let _entered = runtime.enter();
            signal(SignalKind::from_raw(Signal::BUS.as_raw()))?
        };
        let disk = self.clone();
        let wait = async move {
            if signals.recv().await.is_none() {
                return;
            }
            disk.release();
            disk.page.notify_one();
            // A node that stops in order ends the process before that.
            sleep(LAST_STOP_TIMEOUT).await;
            give_up(DiskError::Page(disk.folder));
        };
        thread::Builder::new()
            .name("disk".into())
            .spawn(move || runtime.block_on(wait))
            .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_disks_keep_a_part_and_large_ones_a_size() {
        let room = |total| Room { total, free: 0 };
        let small = room(300 << 20);
        assert_eq!((small.kept() >> 20, small.reserve() >> 20), (37, 9));
        let large = room(1 << 40);
        assert_eq!((large.kept() >> 20, large.reserve() >> 20), (512, 32));
    }

    #[tokio::test]
    async fn a_database_that_failed_ends_the_watch_with_its_cause_and_gives_the_reserve_away() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::claim(&folder.path().join("chain")).unwrap();
        let reserve = disk.reserve.clone();
        assert!(fs::metadata(&reserve).unwrap().len() > 0);
        // Claimed again, it is there already.
        Disk::claim(&folder.path().join("chain")).unwrap();
        let error = disk.watch("db".into(), || Err("worker failed")).await;
        let text = error.to_string();
        assert!(
            text.starts_with("cannot write the database db: worker failed; make room"),
            "{text}"
        );
        assert!(!reserve.exists());
    }

    #[tokio::test]
    async fn a_page_that_could_not_be_written_ends_the_watch_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::claim(folder.path()).unwrap();
        disk.page.notify_one();
        let error = disk.watch("db".into(), || Ok::<(), String>(())).await;
        assert!(matches!(error, DiskError::Page(_)), "{error}");
    }

    #[test]
    fn a_folder_can_be_used_or_made_or_what_is_in_its_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        check_folder(folder.path()).unwrap();
        let missing = folder.path().join("a/b");
        check_folder(&missing).unwrap();
        check_folder(Path::new("not-there")).unwrap();
        assert!(!folder.path().join("a").exists());
        let file = folder.path().join("file");
        fs::write(&file, "no folder").unwrap();
        let error = check_folder(&file.join("plot")).unwrap_err().to_string();
        assert_eq!(error, format!("{} is no folder", file.display()));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "no folder").unwrap();
        let error = Disk::claim(&file.join("chain")).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("cannot create {}/chain: ", file.display())),
            "{error}"
        );
    }
}
