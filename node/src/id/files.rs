//! Bounded reading of files, PEM and DER.
//!
//! What is read is overwritten when it is dropped, since it may hold a key.

use crate::commands::Error;
use p256::elliptic_curve::zeroize::Zeroizing;
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// Most bytes of a certificate's, a key's or a signature's file.
const MAX_FILE_BYTES: usize = 65_536;

const CERTIFICATE: &str = "CERTIFICATE";

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened or read.
    #[error("cannot read {}: {error}", .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is too long to be what it should be.
    #[error("{}: more than {MAX_FILE_BYTES} bytes, which is the most that is read", .path.display())]
    TooLong {
        /// Which file.
        path: PathBuf,
    },
    /// A PEM block is spoilt.
    #[error("{}: PEM block at byte {offset}: {error}", .path.display())]
    Pem {
        /// Which file.
        path: PathBuf,
        /// Where the block begins.
        offset: usize,
        /// What is wrong.
        error: pem_rfc7468::Error,
    },
}

/// Contents of a file.
pub enum Contents {
    /// PEM blocks, one or more.
    Pem(Vec<PemBlock>),
    /// Something without PEM blocks, so DER if anything.
    Binary(Zeroizing<Vec<u8>>),
}

/// A PEM block.
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
pub fn certificate(path: &Path) -> Result<Vec<u8>, Error> {
    let blocks = match contents(path)? {
        Contents::Binary(der) => return Ok(der.to_vec()),
        Contents::Pem(blocks) => blocks,
    };
    let mut found = blocks.iter().filter(|block| block.label == CERTIFICATE);
    match (found.next(), found.next()) {
        (Some(block), None) => Ok(block.der.to_vec()),
        (Some(_), Some(_)) => Err(format!(
            "{} holds several certificates; give a file with one",
            path.display()
        )
        .into()),
        (None, _) => {
            let labels: Vec<_> = blocks.iter().map(|block| block.label.as_str()).collect();
            Err(format!(
                "{} holds no certificate, but: {}",
                path.display(),
                labels.join(", ")
            )
            .into())
        }
    }
}

/// All PEM blocks, whatever stands between them. An error comes with the block's offset.
fn pem_blocks(bytes: &[u8]) -> Result<Vec<PemBlock>, (usize, pem_rfc7468::Error)> {
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
    use crate::id::test_openssl::Folder;
    use pem_rfc7468::LineEnding;

    fn pem(label: &str, contents: &[u8]) -> String {
        pem_rfc7468::encode_string(label, LineEnding::LF, contents).unwrap()
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
}
