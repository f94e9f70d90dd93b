//! Bounded reading of files and careful writing of new ones, PEM and DER.
//!
//! What is read is overwritten when it is dropped, since it may hold a key. What is written is a new file, with its
//! final mode from the moment it exists; a file that is there is never touched, but by [`write`].

use p256::elliptic_curve::zeroize::Zeroizing;
use pem_rfc7468::LineEnding;
use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Most bytes of a certificate's, a key's or a signature's file.
const MAX_FILE_BYTES: usize = 65_536;

/// What a PEM block of a certificate is called.
pub const CERTIFICATE: &str = "CERTIFICATE";
/// What one of a certification request is called, by RFC 7468 and by old programs.
pub const REQUEST: [&str; 2] = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];
/// What one of a public key is called.
pub const PUBLIC_KEY: &str = "PUBLIC KEY";

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Form {
    /// Base64 between lines that say what it is (RFC 7468).
    #[default]
    Pem,
    /// The bytes themselves.
    Der,
}

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Owner,
    /// Whoever the process lets.
    Everybody,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened or read.
    #[error("cannot read {}: {error}", .path.display())]
    Unreadable {
        path: PathBuf,
        error: std::io::Error,
    },
    /// Nothing is in it.
    #[error("{} is empty", .path.display())]
    Empty { path: PathBuf },
    /// It is too long to be what it should be.
    #[error("{}: more than {MAX_FILE_BYTES} bytes, which is the most that is read", .path.display())]
    TooLong { path: PathBuf },
    /// A file is there, and is not overwritten.
    #[error("{} is there already, and is not overwritten", .path.display())]
    Exists { path: PathBuf },
    /// A new file cannot be written.
    #[error("cannot write {}: {error}", .path.display())]
    Unwritable {
        path: PathBuf,
        error: std::io::Error,
    },
    /// A PEM block is spoilt.
    #[error("{}: PEM block at byte {offset}: {error}", .path.display())]
    Pem {
        path: PathBuf,
        /// Where the block begins.
        offset: usize,
        error: pem_rfc7468::Error,
    },
    /// Several of what should be there once.
    #[error("{} holds several {what}s; give a file with one", .path.display())]
    Several { path: PathBuf, what: &'static str },
    /// PEM blocks, and what should be there is not among them.
    #[error("{} holds no {what}, but: {}", .path.display(), .labels.join(", "))]
    Missing {
        path: PathBuf,
        /// What should be there.
        what: &'static str,
        /// What the blocks are called.
        labels: Vec<String>,
    },
    /// Something too long for PEM.
    #[error("cannot write PEM: {0}")]
    Encoding(pem_rfc7468::Error),
}

/// Contents of a file.
pub enum Contents {
    /// PEM blocks, one or more.
    Pem(Vec<PemBlock>),
    /// Something without PEM blocks, so DER if anything.
    Binary(Zeroizing<Vec<u8>>),
}

pub struct PemBlock {
    /// What it says that it is.
    pub label: String,
    /// What is inside.
    pub der: Zeroizing<Vec<u8>>,
}

/// Reads a file of bounded length.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let unreadable = |error| FileError::Unreadable {
        path: path.into(),
        error,
    };
    // With room for all from the start, nothing is copied and left behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_FILE_BYTES + 64));
    let limit = u64::try_from(MAX_FILE_BYTES + 1).unwrap_or(u64::MAX);
    File::open(path)
        .map_err(unreadable)?
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FileError::TooLong { path: path.into() });
    }
    Ok(bytes)
}

/// Reads a file and takes the PEM blocks out of it, if there are any.
pub fn contents(path: &Path) -> Result<Contents, FileError> {
    let bytes = read(path)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(FileError::Empty { path: path.into() });
    }
    let blocks = pem_blocks(&bytes).map_err(|(offset, error)| FileError::Pem {
        path: path.into(),
        offset,
        error,
    })?;
    Ok(if blocks.is_empty() {
        Contents::Binary(bytes)
    } else {
        Contents::Pem(blocks)
    })
}

/// Reads the DER of the one certificate in a file.
pub fn certificate(path: &Path) -> Result<Vec<u8>, FileError> {
    the_one(path, &[CERTIFICATE], "certificate")
}

/// Reads the DER of the one certification request in a file.
pub fn request(path: &Path) -> Result<Vec<u8>, FileError> {
    the_one(path, &REQUEST, "certification request")
}

/// Reads the DER of the one public key in a file, a `SubjectPublicKeyInfo`.
pub fn public_key(path: &Path) -> Result<Vec<u8>, FileError> {
    the_one(path, &[PUBLIC_KEY], "public key")
}

/// The one block of these labels, or the whole file if it has no blocks.
fn the_one(path: &Path, labels: &[&str], what: &'static str) -> Result<Vec<u8>, FileError> {
    let blocks = match contents(path)? {
        Contents::Binary(der) => return Ok(der.to_vec()),
        Contents::Pem(blocks) => blocks,
    };
    let mut found = blocks
        .iter()
        .filter(|block| labels.contains(&block.label.as_str()));
    match (found.next(), found.next()) {
        (Some(block), None) => Ok(block.der.to_vec()),
        (Some(_), Some(_)) => Err(FileError::Several {
            path: path.into(),
            what,
        }),
        (None, _) => Err(FileError::Missing {
            path: path.into(),
            what,
            labels: blocks.into_iter().map(|block| block.label).collect(),
        }),
    }
}

/// DER as it is to stand in a file.
pub fn encode(label: &str, der: &[u8], form: Form) -> Result<Zeroizing<Vec<u8>>, FileError> {
    match form {
        Form::Der => Ok(Zeroizing::new(der.to_vec())),
        Form::Pem => pem_rfc7468::encode_string(label, LineEnding::LF, der)
            .map(|text| Zeroizing::new(text.into_bytes()))
            .map_err(FileError::Encoding),
    }
}

/// Files that are made together: all of them, or none.
#[derive(Debug, Default)]
pub struct NewFiles {
    made: Vec<PathBuf>,
}

impl NewFiles {
    /// Writes a file that is not there yet. Its mode is 0600 for its owner alone, from the beginning.
    pub fn add(&mut self, path: &Path, contents: &[u8], access: Access) -> Result<(), FileError> {
        let mode = match access {
            Access::Owner => 0o600,
            Access::Everybody => 0o644,
        };
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)
            .map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => FileError::Exists { path: path.into() },
                _ => unwritable(path, error),
            })?;
        self.made.push(path.into());
        file.write_all(contents)
            .and_then(|()| file.sync_all())
            .map_err(|error| unwritable(path, error))
    }

    /// Leaves them where they are.
    pub fn keep(mut self) {
        self.made.clear();
    }
}

impl Drop for NewFiles {
    fn drop(&mut self) {
        for path in &self.made {
            // What cannot be removed is told by the error that led here.
            let _ = fs::remove_file(path);
        }
    }
}

fn unwritable(path: &Path, error: std::io::Error) -> FileError {
    FileError::Unwritable {
        path: path.into(),
        error,
    }
}

/// Writes one new file for everybody.
pub fn write_new(path: &Path, contents: &[u8]) -> Result<(), FileError> {
    let mut files = NewFiles::default();
    files.add(path, contents, Access::Everybody)?;
    files.keep();
    Ok(())
}

/// Writes a file, over what is there: for bytes to be signed, consents and lists, which can be had again.
pub fn write(path: &Path, contents: &[u8]) -> Result<(), FileError> {
    fs::write(path, contents).map_err(|error| unwritable(path, error))
}

/// All PEM blocks, whatever stands between them.
///
/// # Errors
/// The offset at which a spoilt block begins, and what is wrong with it.
pub fn pem_blocks(bytes: &[u8]) -> Result<Vec<PemBlock>, (usize, pem_rfc7468::Error)> {
    let mut blocks = Vec::new();
    let mut rest = bytes;
    while let Some(begin) = find(rest, b"-----BEGIN ") {
        let (_, from_block) = rest.split_at(begin);
        let length = match find(from_block, b"-----END ") {
            Some(end) => end + line_length(from_block.split_at(end).1),
            None => from_block.len(),
        };
        let (block, after) = from_block.split_at(length);
        let offset = bytes.len() - from_block.len();
        let (label, der) = pem_rfc7468::decode_vec(block).map_err(|error| (offset, error))?;
        blocks.push(PemBlock {
            label: label.into(),
            der: Zeroizing::new(der),
        });
        rest = after;
    }
    Ok(blocks)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// Length of the first line, its end included.
fn line_length(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    end.map_or(bytes.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_test_support::Folder;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn pem(label: &str, contents: &[u8]) -> String {
        pem_rfc7468::encode_string(label, LineEnding::LF, contents).unwrap()
    }

    #[test]
    fn a_file_with_nothing_in_it_is_called_empty() {
        let folder = Folder::new();
        for nothing in ["", "\n \n"] {
            let path = folder.write("empty.pem", nothing.as_bytes());
            let error = certificate(&path).unwrap_err().to_string();
            assert_eq!(error, format!("{} is empty", path.display()));
        }
    }

    #[test]
    fn blocks_are_found_among_text() {
        let text = [
            "subject=CN = agent\n".into(),
            pem(CERTIFICATE, b"first"),
            "\n".into(),
            pem("PRIVATE KEY", &[7; 100]).replace('\n', "\r\n"),
        ]
        .concat();
        let folder = Folder::new();
        let path = folder.write("both.pem", text.as_bytes());
        let Contents::Pem(blocks) = contents(&path).unwrap() else {
            panic!("it has PEM blocks");
        };
        let labels: Vec<_> = blocks.iter().map(|block| block.label.as_str()).collect();
        assert_eq!(labels, [CERTIFICATE, "PRIVATE KEY"]);
        assert_eq!(*blocks[1].der, [7; 100]);
        assert_eq!(certificate(&path).unwrap(), b"first");

        let binary = folder.write("cert.der", b"\x30\x03abc");
        assert_eq!(certificate(&binary).unwrap(), b"\x30\x03abc");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let folder = Folder::new();
        let good = pem(CERTIFICATE, b"one");
        let spoilt = format!("{good}{}", pem(CERTIFICATE, &[0; 60]).replace('A', "*"));
        let cut = good.split_at(good.len() - 10).0.to_string();
        for (contents, why) in [
            (spoilt, format!("block at byte {}", good.len())),
            (cut, "block at byte 0".into()),
            (good.repeat(2), "several certificates".into()),
            (
                pem("PRIVATE KEY", b"k"),
                "no certificate, but: PRIVATE KEY".into(),
            ),
            (
                "x".repeat(MAX_FILE_BYTES + 1),
                "more than 65536 bytes".into(),
            ),
        ] {
            let path = folder.write("wrong.pem", contents.as_bytes());
            let error = certificate(&path).unwrap_err().to_string();
            assert!(error.contains(&why), "{error}");
            assert!(error.contains("wrong.pem"), "{error}");
        }
        let error = certificate(&folder.path("none.pem")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read "), "{error}");
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn new_files_have_their_mode_and_touch_nothing() {
        let folder = Folder::new();
        let (key, certificate) = (folder.path("key.pem"), folder.path("cert.pem"));
        let mut files = NewFiles::default();
        files.add(&key, b"secret", Access::Owner).unwrap();
        files.add(&certificate, b"open", Access::Everybody).unwrap();
        files.keep();
        assert_eq!(mode(&key), 0o600);
        assert_eq!(mode(&certificate) & 0o600, 0o600);
        assert_eq!(fs::read(&key).unwrap(), b"secret");

        let error = write_new(&key, b"other").unwrap_err();
        assert!(matches!(&error, FileError::Exists { .. }), "{error}");
        assert_eq!(fs::read(&key).unwrap(), b"secret");
        // Not through a link either, wherever it leads.
        let (link, nowhere) = (folder.path("link"), folder.path("nowhere"));
        symlink(&nowhere, &link).unwrap();
        assert!(write_new(&link, b"other").is_err());
        assert!(!nowhere.exists());
        let error = write_new(&folder.path("none/key"), b"x").unwrap_err();
        assert!(error.to_string().starts_with("cannot write "), "{error}");
    }

    #[test]
    fn what_can_be_had_again_is_overwritten() {
        let folder = Folder::new();
        let path = folder.path("payload");
        for contents in [&b"a long one"[..], b"short"] {
            write(&path, contents).unwrap();
            assert_eq!(fs::read(&path).unwrap(), contents);
        }
        let error = write(&folder.path("none/payload"), b"x").unwrap_err();
        assert!(matches!(&error, FileError::Unwritable { .. }), "{error}");
    }

    #[test]
    fn if_the_second_file_is_there_the_first_is_not_made() {
        let folder = Folder::new();
        let there = folder.write("cert.pem", b"old");
        let key = folder.path("key.pem");
        let make = || -> Result<(), FileError> {
            let mut files = NewFiles::default();
            files.add(&key, b"secret", Access::Owner)?;
            files.add(&there, b"new", Access::Everybody)?;
            files.keep();
            Ok(())
        };
        assert!(make().is_err());
        assert!(!key.exists());
        assert_eq!(fs::read(&there).unwrap(), b"old");
    }
}
