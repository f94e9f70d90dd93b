//! PEM as people have it: whatever OpenSSL reads, and what editors, mails and web forms make of it.
//!
//! RFC 7468 wants 64 characters a line and lets nobody break them otherwise; tools break at 76, at 48 or not at all,
//! and leave blanks and empty lines. None of that changes what is inside, so that lines are trimmed and put together
//! before they are decoded. What is inside is decoded in constant time, since it may be a key.
//!
//! A block that cannot be read is kept with the reason: whether it matters depends on what somebody looks for.

use base64ct::{Base64, Encoding};
use p256::elliptic_curve::zeroize::Zeroizing;

/// How a block begins, its label behind it.
const BEGIN: &[u8] = b"-----BEGIN ";
/// How one ends.
const END: &[u8] = b"-----END ";
/// What some editors put before the first line.
const UTF8_MARK: &[u8] = "\u{feff}".as_bytes();
/// How both lines end.
const DASHES: &[u8] = b"-----";

/// A block between its lines.
#[derive(Debug)]
pub struct PemBlock {
    /// What it says that it is.
    pub label: String,
    /// Where it begins.
    pub offset: usize,
    /// What is inside.
    pub der: Result<Zeroizing<Vec<u8>>, PemError>,
}

/// Why a block cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// Its first line is none.
    #[error("its first line does not end with five hyphens")]
    Begin,
    /// Its last line is missing.
    #[error("it has no last line, -----END {0}-----")]
    NoEnd(String),
    /// Its last line has another label.
    #[error("it ends as {0:?}")]
    OtherEnd(String),
    /// Something else than Base64.
    #[error("it is no Base64")]
    Base64,
    /// Nothing between the lines.
    #[error("nothing is in it")]
    Empty,
    /// Encrypted as OpenSSL did before PKCS #8 (RFC 1421, 4.6.1.1).
    #[error("it is encrypted in the old way, by {0}")]
    LegacyEncryption(String),
}

/// A block whose last line is still to come.
struct Open {
    label: String,
    offset: usize,
    base64: Zeroizing<Vec<u8>>,
    /// Whether header lines (RFC 1421, 4.6) may still come.
    in_headers: bool,
    /// The cipher of an old encryption.
    cipher: Option<String>,
}

/// All PEM blocks, whatever stands between them.
pub fn pem_blocks(bytes: &[u8]) -> Vec<PemBlock> {
    let mut blocks = Vec::new();
    let mut open: Option<Open> = None;
    for (offset, line) in lines(bytes) {
        let (offset, line) = match line.strip_prefix(UTF8_MARK) {
            Some(rest) => (offset + UTF8_MARK.len(), rest),
            None => (offset, line),
        };
        if let Some(rest) = line.strip_prefix(BEGIN) {
            blocks.extend(open.take().map(Open::without_end));
            match rest.strip_suffix(DASHES) {
                Some(label) => open = Some(Open::new(text(label), offset, bytes.len())),
                None => blocks.push(PemBlock {
                    label: text(rest),
                    offset,
                    der: Err(PemError::Begin),
                }),
            }
        } else if let Some(rest) = line.strip_prefix(END) {
            let label = rest.strip_suffix(DASHES).unwrap_or(rest);
            blocks.extend(open.take().map(|block| block.end(&text(label))));
        } else if let Some(block) = &mut open {
            block.take(line);
        }
    }
    blocks.extend(open.map(Open::without_end));
    blocks
}

impl Open {
    fn new(label: String, offset: usize, room: usize) -> Self {
        Self {
            label,
            offset,
            // With room for all from the start, nothing is copied and left behind.
            base64: Zeroizing::new(Vec::with_capacity(room)),
            in_headers: true,
            cipher: None,
        }
    }

    /// One line between the first and the last.
    fn take(&mut self, line: &[u8]) {
        // A colon is no character of Base64.
        if self.in_headers && line.contains(&b':') {
            let line = text(line);
            if let Some(("DEK-Info", value)) = line.split_once(':') {
                let cipher = value.split(',').next().unwrap_or_default();
                self.cipher = Some(cipher.trim().into());
            } else if line.starts_with("Proc-Type") && line.contains("ENCRYPTED") {
                self.cipher
                    .get_or_insert_with(|| "an unnamed cipher".into());
            }
            return;
        }
        if !line.is_empty() {
            self.in_headers = false;
        }
        let characters = line.iter().filter(|byte| !byte.is_ascii_whitespace());
        self.base64.extend(characters);
    }

    fn end(self, label: &str) -> PemBlock {
        let der = if label != self.label {
            Err(PemError::OtherEnd(label.into()))
        } else if let Some(cipher) = self.cipher {
            Err(PemError::LegacyEncryption(cipher))
        } else {
            decode(&self.base64)
        };
        PemBlock {
            label: self.label,
            offset: self.offset,
            der,
        }
    }

    fn without_end(self) -> PemBlock {
        PemBlock {
            der: Err(PemError::NoEnd(self.label.clone())),
            label: self.label,
            offset: self.offset,
        }
    }
}

/// Decodes Base64 without blanks.
pub fn decode(base64: &[u8]) -> Result<Zeroizing<Vec<u8>>, PemError> {
    let text = std::str::from_utf8(base64).map_err(|_| PemError::Base64)?;
    let der = Base64::decode_vec(text).map_err(|_| PemError::Base64)?;
    if der.is_empty() {
        return Err(PemError::Empty);
    }
    Ok(Zeroizing::new(der))
}

/// Each line and where it begins, without the blanks around it. A line ends with LF, CR, or both.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut next = 0;
    bytes.split(|byte| b"\r\n".contains(byte)).map(move |line| {
        let blanks = line.len() - line.trim_ascii_start().len();
        let offset = next + blanks;
        next += line.len() + 1;
        (offset, line.trim_ascii())
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pem_rfc7468::LineEnding;

    /// DER of 100 bytes in Base64, broken after so many characters.
    fn block(width: usize, end: &str) -> (Vec<u8>, String) {
        let der: Vec<u8> = (0..100).collect();
        let base64 = Base64::encode_string(&der);
        let lines: Vec<_> = base64
            .as_bytes()
            .chunks(width)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        let text = format!(
            "-----BEGIN X-----{end}{}{end}-----END X-----{end}",
            lines.join(end)
        );
        (der, text)
    }

    #[test]
    fn lines_are_as_long_as_they_are() {
        for width in [1, 48, 63, 64, 65, 76, 1_000] {
            for end in ["\n", "\r\n", "\r", " \n", "\t\r\n", "\n\n", "\n \n", "\n  "] {
                let (der, text) = block(width, end);
                let blocks = pem_blocks(text.as_bytes());
                assert_eq!(blocks.len(), 1, "{width} {end:?}");
                assert_eq!(blocks[0].label, "X");
                assert_eq!(blocks[0].der.as_deref(), Ok(&der), "{width} {end:?}");
            }
        }
    }

    /// A twin that knows RFC 7468 alone reads the same where it reads anything.
    #[test]
    fn what_the_standard_allows_is_read_alike() {
        for length in 1..200 {
            let der = vec![0xa5; length];
            for ending in [LineEnding::LF, LineEnding::CRLF, LineEnding::CR] {
                let text = pem_rfc7468::encode_string("A B", ending, &der).unwrap();
                let (label, twin) = pem_rfc7468::decode_vec(text.as_bytes()).unwrap();
                let blocks = pem_blocks(text.as_bytes());
                assert_eq!((blocks[0].label.as_str(), blocks.len()), (label, 1));
                assert_eq!(blocks[0].der.as_deref(), Ok(&twin));
            }
        }
    }

    #[test]
    fn a_spoilt_block_says_why_and_spoils_no_other() {
        let (der, good) = block(64, "\n");
        for (spoilt, label, why) in [
            ("-----BEGIN A----\nAAAA\n", "A----", PemError::Begin),
            (
                "-----BEGIN A-----\nAAAA\n",
                "A",
                PemError::NoEnd("A".into()),
            ),
            (
                "-----BEGIN A-----\nAAAA\n-----END B-----\n",
                "A",
                PemError::OtherEnd("B".into()),
            ),
            (
                "-----BEGIN A-----\nA*AA\n-----END A-----\n",
                "A",
                PemError::Base64,
            ),
            (
                "-----BEGIN A-----\nAAA\n-----END A-----\n",
                "A",
                PemError::Base64,
            ),
            ("-----BEGIN A-----\n-----END A-----\n", "A", PemError::Empty),
            (
                "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END A-----\n",
                "A",
                PemError::LegacyEncryption("AES-256-CBC".into()),
            ),
            (
                "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END A-----\n",
                "A",
                PemError::LegacyEncryption("an unnamed cipher".into()),
            ),
        ] {
            let text = format!("{good}text\n{spoilt}{good}");
            let blocks = pem_blocks(text.as_bytes());
            assert_eq!(blocks.len(), 3, "{spoilt}");
            assert_eq!(blocks[1].der, Err(why), "{spoilt}");
            assert_eq!(blocks[1].label, label);
            assert!(text.split_at(blocks[1].offset).1.starts_with(spoilt));
            assert_eq!(blocks[0].der.as_deref(), Ok(&der));
            assert_eq!(blocks[2].der.as_deref(), Ok(&der));
        }
    }

    /// Headers that say nothing of encryption change nothing.
    #[test]
    fn other_headers_are_passed_over() {
        let text = "-----BEGIN A-----\nComment: a key\nProc-Type: 4,CLEAR\n\nAAAA\n-----END A-----";
        let blocks = pem_blocks(text.as_bytes());
        assert_eq!(blocks[0].der.as_deref(), Ok(&vec![0; 3]));
    }

    #[test]
    fn files_without_blocks() {
        for text in [
            &b""[..],
            b"\n",
            b"BEGIN X",
            b"-----END X-----",
            b"\x30\x03abc",
        ] {
            assert!(pem_blocks(text).is_empty());
        }
        // As a file of a text editor begins that marks UTF-8: the mark is no part of the line.
        let (_, text) = block(64, "\n");
        let marked = format!("\u{feff}{text}");
        assert_eq!(pem_blocks(marked.as_bytes()).len(), 1);
    }
}
