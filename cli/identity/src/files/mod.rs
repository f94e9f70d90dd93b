//! Bounded reading of files and careful writing of new ones, PEM and DER.
//!
//! What is read is overwritten when it is dropped, since it may hold a key. What is written is a new file, with its
//! final mode from the moment it exists; a file that is there is never touched, but by [`write`].

mod kind;
mod pem;

pub use kind::{Kind, Wanted};
pub use pem::{PemBlock, PemError, pem_blocks};

use crate::shell::quoted;
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

/// What a PEM block of a certificate is called (RFC 7468, 5).
pub const CERTIFICATE: &str = "CERTIFICATE";
/// What one of a certification request is called (RFC 7468, 7).
pub const REQUEST: &str = "CERTIFICATE REQUEST";

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
    /// A PEM block that is wanted is spoilt.
    #[error("{}: PEM block at byte {offset}: {error}{}", .path.display(), behind(.help))]
    Pem {
        path: PathBuf,
        /// Where the block begins.
        offset: usize,
        error: PemError,
        /// What to do about it.
        help: Option<String>,
    },
    /// Several of what should be there once.
    #[error("{} holds {count} {wanted}s{}", .path.display(), behind(.help))]
    Several {
        path: PathBuf,
        wanted: Wanted,
        count: usize,
        help: Option<String>,
    },
    /// PEM blocks, and what should be there is not among them.
    #[error("{} holds no {wanted}, but: {}{}", .path.display(), .labels.join(", "), behind(.help))]
    Missing {
        path: PathBuf,
        wanted: Wanted,
        /// What the blocks are called.
        labels: Vec<String>,
        help: Option<String>,
    },
    /// Something else, without PEM blocks.
    #[error("{} holds no {wanted}: it is {kind}{}", .path.display(), behind(.help))]
    Other {
        path: PathBuf,
        wanted: Wanted,
        kind: Kind,
        help: Option<String>,
    },
    /// Something too long for PEM.
    #[error("cannot write PEM: {0}")]
    Encoding(pem_rfc7468::Error),
}

/// Help, where there is some, behind an error.
fn behind(help: &Option<String>) -> String {
    help.as_ref()
        .map_or_else(String::new, |help| format!("; {help}"))
}

/// Contents of a file.
pub enum Contents {
    /// PEM blocks, one or more.
    Pem(Vec<PemBlock>),
    /// Something without PEM blocks, so DER if anything.
    Binary(Zeroizing<Vec<u8>>),
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
    let blocks = pem_blocks(&bytes);
    Ok(if blocks.is_empty() {
        Contents::Binary(bytes)
    } else {
        Contents::Pem(blocks)
    })
}

/// Reads the DER of the one certificate in a file.
pub fn certificate(path: &Path) -> Result<Vec<u8>, FileError> {
    the_one(path, Wanted::Certificate)
}

/// Reads the DER of the one certification request in a file.
pub fn request(path: &Path) -> Result<Vec<u8>, FileError> {
    the_one(path, Wanted::Request)
}

/// Reads the DER of the one revocation list in a file.
pub fn list(path: &Path) -> Result<Vec<u8>, FileError> {
    the_one(path, Wanted::List)
}

/// Reads the DER of the one public key in a file, a `SubjectPublicKeyInfo`.
pub fn public_key(path: &Path) -> Result<Vec<u8>, FileError> {
    the_one(path, Wanted::PublicKey)
}

/// The one block that is wanted, or the whole file if it has no blocks. Other blocks may be spoilt.
fn the_one(path: &Path, wanted: Wanted) -> Result<Vec<u8>, FileError> {
    let blocks = match contents(path)? {
        Contents::Binary(der) => {
            check_kind(path, wanted, &der)?;
            return Ok(der.to_vec());
        }
        Contents::Pem(blocks) => blocks,
    };
    let labels = wanted.labels();
    let mut found = blocks
        .iter()
        .filter(|block| labels.contains(&block.label.as_str()));
    match (found.next(), found.count()) {
        (Some(block), 0) => Ok(block_contents(path, block)?.to_vec()),
        (Some(_), others) => Err(FileError::Several {
            path: path.into(),
            wanted,
            count: others.saturating_add(1),
            help: help_with_several(path, wanted),
        }),
        (None, _) => Err(missing(path, wanted, &blocks)),
    }
}

/// What is in a block that is wanted.
pub fn block_contents<'a>(path: &Path, block: &'a PemBlock) -> Result<&'a [u8], FileError> {
    match &block.der {
        Ok(der) => Ok(der),
        Err(error) => Err(FileError::Pem {
            path: path.into(),
            offset: block.offset,
            error: error.clone(),
            help: help_with_encryption(path, error),
        }),
    }
}

/// Fails if a file without PEM blocks is known to be something else than what is wanted.
pub fn check_kind(path: &Path, wanted: Wanted, bytes: &[u8]) -> Result<(), FileError> {
    match Kind::of(bytes) {
        Some(kind) if kind != Kind::Plain(wanted) => Err(FileError::Other {
            path: path.into(),
            wanted,
            kind,
            help: kind.help(path, wanted),
        }),
        Some(_) | None => Ok(()),
    }
}

/// What is wanted is not among the blocks.
pub fn missing(path: &Path, wanted: Wanted, blocks: &[PemBlock]) -> FileError {
    let help = blocks.iter().find_map(|block| {
        let der = block.der.as_ref().map_or(&[][..], |der| der);
        Kind::of_block(&block.label, der).and_then(|kind| kind.help(path, wanted))
    });
    FileError::Missing {
        path: path.into(),
        wanted,
        labels: blocks.iter().map(|block| block.label.clone()).collect(),
        help,
    }
}

fn help_with_several(path: &Path, wanted: Wanted) -> Option<String> {
    let [from, to] = conversion(path, "first.pem");
    match wanted {
        // A chain begins with the certificate that the rest vouches for.
        Wanted::Certificate => Some(format!(
            "if it is a chain, this takes the first: openssl x509 -in {from} -out {to}"
        )),
        Wanted::Request | Wanted::List | Wanted::PublicKey | Wanted::PrivateKey => {
            Some("give a file with one".into())
        }
    }
}

fn help_with_encryption(path: &Path, error: &PemError) -> Option<String> {
    let [from, to] = conversion(path, "pkcs8.pem");
    matches!(error, PemError::LegacyEncryption(_))
        .then(|| format!("this converts it: openssl pkcs8 -topk8 -in {from} -out {to}"))
}

/// A file and a new one beside it, with another ending, as words of a command.
fn conversion(path: &Path, ending: &str) -> [String; 2] {
    [path.to_owned(), path.with_extension(ending)].map(|path| quoted(&path.display().to_string()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use allod_test_support::{Folder, openssl::new_key};
    use allod_x509::KeyAlgorithm;
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
        assert_eq!(blocks[1].der.as_deref(), Ok(&vec![7; 100]));
        assert_eq!(certificate(&path).unwrap(), b"first");

        let binary = folder.write("cert.der", b"\x30\x03abc");
        assert_eq!(certificate(&binary).unwrap(), b"\x30\x03abc");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let folder = Folder::new();
        let good = pem(CERTIFICATE, b"one");
        let other = pem("PRIVATE KEY", b"k");
        let spoilt = format!(
            "{other}{}",
            pem(CERTIFICATE, &[0; 60]).replace("AAAA", "A*AA")
        );
        let cut = good.split_at(good.len() - 10).0.to_string();
        for (contents, why) in [
            (
                spoilt,
                format!("block at byte {}: it is no Base64", other.len()),
            ),
            (cut, "block at byte 0: it ends as".into()),
            (
                good.repeat(2),
                "holds 2 certificates; if it is a chain, this takes the first: openssl x509 -in "
                    .into(),
            ),
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

    /// Each kind of file is named, and the command that is told makes one that is read.
    #[test]
    fn other_kinds_of_files_say_how_to_convert_them() {
        let folder = Folder::new();
        folder.certificate(KeyAlgorithm::P256, "cert.pem", "key.pem");
        let der = certificate(&folder.path("cert.pem")).unwrap();
        for arguments in [
            "pkcs12 -export -in cert.pem -inkey key.pem -passout pass:word -out the.p12",
            "crl2pkcs7 -nocrl -certfile cert.pem -out p7.pem",
            "crl2pkcs7 -nocrl -certfile cert.pem -outform der -out p7.der",
            "x509 -in cert.pem -trustout -addtrust serverAuth -out trusted.crt",
            "x509 -in cert.pem -outform der -out plain.der",
        ] {
            folder.openssl(&arguments.split(' ').collect::<Vec<_>>());
        }
        let text = String::from_utf8(folder.read("cert.pem")).unwrap();
        let bare: Vec<_> = text.lines().filter(|line| !line.contains('-')).collect();
        folder.write("bare.txt", bare.join("\n"));
        for (name, mark) in [("little.pem", &[0xff, 0xfe][..]), ("unmarked.pem", &[])] {
            let wide = text.encode_utf16().flat_map(u16::to_le_bytes);
            folder.write(name, mark.iter().copied().chain(wide).collect::<Vec<_>>());
        }
        let wide = text.encode_utf16().flat_map(u16::to_be_bytes);
        folder.write(
            "big.pem",
            [0xfe, 0xff].into_iter().chain(wide).collect::<Vec<_>>(),
        );
        folder.write("chain.pem", text.repeat(3));
        for (name, what) in [
            ("the.p12", "a PKCS #12 file"),
            ("p7.pem", "PKCS7"),
            ("p7.der", "a PKCS #7 file"),
            ("trusted.crt", "TRUSTED CERTIFICATE"),
            ("bare.txt", "Base64 without the lines of PEM"),
            ("little.pem", "text in UTF-16"),
            ("unmarked.pem", "text in UTF-16"),
            ("big.pem", "text in UTF-16"),
            ("chain.pem", "holds 3 certificates"),
        ] {
            let error = certificate(&folder.path(name)).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
            let more: &[_] = if name == "the.p12" {
                &["-passin", "pass:word"]
            } else {
                &[]
            };
            let made = folder.convert(&error, more);
            assert_eq!(certificate(&folder.path(&made)).unwrap(), der, "{error}");
        }
        assert_eq!(certificate(&folder.path("plain.der")).unwrap(), der);
    }

    /// What one file is, another one is not.
    #[test]
    fn kinds_are_told_apart() {
        let folder = Folder::new();
        let digest = "-sha256";
        for kind in KeyAlgorithm::ALL {
            let new = new_key(kind).join(" ");
            for arguments in [
                format!("req -x509 {new} {digest} -nodes -subj /CN=a -keyout k.pem -out c.pem"),
                "x509 -in c.pem -outform der -out c.der".into(),
                "req -new -key k.pem -subj /CN=a -outform der -out r.der".into(),
                "pkey -in k.pem -outform der -out k.der".into(),
                "pkcs8 -topk8 -in k.pem -passout pass:w -outform der -out e.der".into(),
                "pkey -in k.pem -pubout -outform der -out p.der".into(),
            ] {
                folder.openssl(&arguments.split(' ').collect::<Vec<_>>());
            }
            for (name, wanted) in [
                ("c.der", Wanted::Certificate),
                ("r.der", Wanted::Request),
                ("k.der", Wanted::PrivateKey),
                ("e.der", Wanted::PrivateKey),
                ("p.der", Wanted::PublicKey),
            ] {
                assert_eq!(
                    Kind::of(&folder.read(name)),
                    Some(Kind::Plain(wanted)),
                    "{name}"
                );
            }
        }
        let error = certificate(&folder.path("r.der")).unwrap_err().to_string();
        assert!(
            error.ends_with("holds no certificate: it is a certification request"),
            "{error}"
        );
        for (contents, what) in [
            (&b"ssh-ed25519 AAAA me"[..], "an OpenSSH public key"),
            (b"not PEM at all", "text without PEM"),
            (b"\x89PNG\r\n", "neither PEM nor DER"),
        ] {
            let path = folder.write("other", contents);
            let error = certificate(&path).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
        // DER that is none of them is left to its parser.
        assert_eq!(Kind::of(b"\x30\x03\x02\x01\x01"), None);
        assert_eq!(Kind::of(b"\x30\x80\x02\x01\x03\x30"), Some(Kind::Pkcs12));
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
