//! What a file is that is not what was wanted: its name, and the command that makes of it what was.
//!
//! Told by what is in the file and never by its name. Nothing is converted here: who asks for a certificate gets one
//! that he has seen.

use super::pem;
use crate::shell::quoted;
use pkcs8::der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged, asn1::AnyRef};
use std::{fmt, path::Path};

/// `pkcs-7`, the arc of PKCS #7 and CMS, as the first field.
const PKCS7: [u8; 10] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7];
/// The version of PKCS #12 as the first field, and the SEQUENCE behind it.
const PKCS12_VERSION: [u8; 4] = [2, 1, 3, 0x30];
/// The tag of a SEQUENCE, which every kind in DER is.
const SEQUENCE: u8 = 0x30;
/// How an OpenSSH key begins between its lines.
const OPENSSH: &[u8] = b"openssh-key-v1\0";
/// The name of Ed25519 in OpenSSH's keys.
const OPENSSH_ED25519: &[u8] = b"ssh-ed25519";

/// What is wanted of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Certificate,
    Request,
    List,
    PublicKey,
    PrivateKey,
}

impl Wanted {
    /// What PEM calls it, by RFC 7468 and by old programs. Private keys have more names, and meanings with them.
    pub const fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Certificate => &["CERTIFICATE", "X509 CERTIFICATE"],
            Self::Request => &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"],
            Self::List => &["X509 CRL"],
            Self::PublicKey => &["PUBLIC KEY"],
            Self::PrivateKey => &[
                "PRIVATE KEY",
                "ENCRYPTED PRIVATE KEY",
                "EC PRIVATE KEY",
                "RSA PRIVATE KEY",
            ],
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Request => "certification request",
            Self::List => "revocation list",
            Self::PublicKey => "public key",
            Self::PrivateKey => "private key",
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a PKCS #7 file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Pem,
    Der,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One of the forms that are read, in DER.
    Plain(Wanted),
    Pkcs12,
    Pkcs7(Encoding),
    /// OpenSSL's certificate with what it is trusted for.
    TrustedCertificate,
    /// DER in Base64, without the lines of PEM.
    BareBase64,
    /// Text of 16-bit characters: what PowerShell writes.
    Utf16(ByteOrder),
    OpenSshKey {
        is_ed25519: bool,
    },
    OpenSshPublicKey {
        is_ed25519: bool,
    },
    /// An RSA key in the form of PKCS #1.
    RsaPublicKey,
    /// Text of no kind that is known.
    Text,
    /// Bytes that are no DER.
    Unknown,
}

/// Which byte of a character is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    Little,
    Big,
}

impl Kind {
    /// What a file without PEM blocks is. DER of no known kind is none: who parses it says more.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if let Some(order) = utf16(bytes) {
            return Some(Self::Utf16(order));
        }
        if bytes.first() == Some(&SEQUENCE) {
            return of_sequence(bytes);
        }
        let text = bytes.trim_ascii();
        for name in [&b"ssh-"[..], b"ecdsa-sha2-"] {
            if text.starts_with(name) {
                let is_ed25519 = text.starts_with(OPENSSH_ED25519);
                return Some(Self::OpenSshPublicKey { is_ed25519 });
            }
        }
        let characters = text.iter().filter(|byte| !byte.is_ascii_whitespace());
        let characters: Vec<u8> = characters.copied().collect();
        if pem::decode(&characters).is_ok_and(|der| der.first() == Some(&SEQUENCE)) {
            return Some(Self::BareBase64);
        }
        Some(if bytes.is_ascii() {
            Self::Text
        } else {
            Self::Unknown
        })
    }

    /// What a PEM block of this name is, if it is none of those that are read.
    pub fn of_block(label: &str, der: &[u8]) -> Option<Self> {
        Some(match label {
            "TRUSTED CERTIFICATE" => Self::TrustedCertificate,
            "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => Self::Pkcs7(Encoding::Pem),
            "RSA PUBLIC KEY" => Self::RsaPublicKey,
            "OPENSSH PRIVATE KEY" => Self::OpenSshKey {
                is_ed25519: der.starts_with(OPENSSH) && contains(der, OPENSSH_ED25519),
            },
            _ => return None,
        })
    }

    /// The command that makes what is wanted of the file, or what helps in its place.
    pub fn help(self, path: &Path, wanted: Wanted) -> Option<String> {
        let from = quoted(&path.display().to_string());
        let to = |ending: &str| {
            let beside = path.with_extension(ending);
            let beside = if beside == path {
                path.with_extension(format!("new.{ending}"))
            } else {
                beside
            };
            quoted(&beside.display().to_string())
        };
        let pem = to("pem");
        Some(match (self, wanted) {
            (Self::Pkcs12, Wanted::Certificate) => {
                format!("openssl pkcs12 -in {from} -clcerts -nokeys -out {pem}")
            }
            (Self::Pkcs12, Wanted::PrivateKey) => {
                format!("openssl pkcs12 -in {from} -nocerts -out {}", to("key"))
            }
            (Self::Pkcs7(encoding), Wanted::Certificate) => {
                let form = match encoding {
                    Encoding::Pem => "",
                    Encoding::Der => " -inform der",
                };
                format!("openssl pkcs7{form} -in {from} -print_certs -out {pem}")
            }
            (Self::TrustedCertificate, Wanted::Certificate) => {
                format!("openssl x509 -in {from} -out {pem}")
            }
            (Self::BareBase64, _) => format!("base64 -d {from} > {}", to("der")),
            (Self::Utf16(order), _) => {
                let form = match order {
                    ByteOrder::Little => "UTF-16LE",
                    ByteOrder::Big => "UTF-16BE",
                };
                format!("iconv -f {form} -t UTF-8 {from} > {pem}")
            }
            (Self::OpenSshKey { is_ed25519: true }, Wanted::PrivateKey) => {
                let new = to("key");
                return Some(format!(
                    "ssh-keygen has no other form for Ed25519; a new key: openssl genpkey -algorithm ed25519 -out {new}"
                ));
            }
            (Self::OpenSshKey { is_ed25519: false }, Wanted::PrivateKey) => {
                let new = to("key");
                format!("cp {from} {new} && ssh-keygen -p -m PKCS8 -f {new}")
            }
            (Self::OpenSshPublicKey { is_ed25519: false }, Wanted::PublicKey) => {
                format!("ssh-keygen -e -m PKCS8 -f {from} > {pem}")
            }
            (Self::RsaPublicKey, Wanted::PublicKey) => {
                format!("openssl rsa -RSAPublicKey_in -in {from} -pubout -out {pem}")
            }
            (Self::Plain(Wanted::Certificate), Wanted::PublicKey) => {
                format!("openssl x509 -in {from} -noout -pubkey -out {pem}")
            }
            (Self::Plain(Wanted::PrivateKey), Wanted::PublicKey) => {
                format!("openssl pkey -in {from} -pubout -out {pem}")
            }
            _ => return None,
        })
        .map(|command| format!("this converts it: {command}"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(Wanted::Certificate) => "a certificate",
            Self::Plain(Wanted::Request) => "a certification request",
            Self::Plain(Wanted::List) => "a revocation list",
            Self::Plain(Wanted::PublicKey) => "a public key",
            Self::Plain(Wanted::PrivateKey) => "a private key",
            Self::Pkcs12 => "a PKCS #12 file",
            Self::Pkcs7(_) => "a PKCS #7 file",
            Self::TrustedCertificate => "OpenSSL's form of a trusted certificate",
            Self::BareBase64 => "Base64 without the lines of PEM",
            Self::Utf16(_) => "text in UTF-16",
            Self::OpenSshKey { .. } => "an OpenSSH private key",
            Self::OpenSshPublicKey { .. } => "an OpenSSH public key",
            Self::RsaPublicKey => "an RSA public key in the form of PKCS #1",
            Self::Text => "text without PEM",
            Self::Unknown => "neither PEM nor DER",
        })
    }
}

/// The order of the bytes of 16-bit text: by its mark, or by where the zeros are.
fn utf16(bytes: &[u8]) -> Option<ByteOrder> {
    match bytes {
        [0xff, 0xfe, ..] => Some(ByteOrder::Little),
        [0xfe, 0xff, ..] => Some(ByteOrder::Big),
        [b'-', 0, b'-', 0, ..] => Some(ByteOrder::Little),
        [0, b'-', 0, b'-', ..] => Some(ByteOrder::Big),
        _ => None,
    }
}

/// The kind of a SEQUENCE by its first fields, by which the forms differ.
fn of_sequence(bytes: &[u8]) -> Option<Kind> {
    // These two may be BER, whose length need not be said (X.690, 8.1.3.6).
    let contents = match bytes {
        [0x30, 0x80, contents @ ..] => contents,
        _ => AnyRef::from_der(bytes).ok()?.value(),
    };
    if contents.starts_with(&PKCS12_VERSION) {
        return Some(Kind::Pkcs12);
    }
    if contents.starts_with(&PKCS7) {
        return Some(Kind::Pkcs7(Encoding::Der));
    }
    let fields = elements(contents)?;
    let [first, second, ..] = fields.as_slice() else {
        return None;
    };
    Some(match (first.tag(), second.tag()) {
        (Tag::Integer, Tag::Integer) if fields.len() == 2 => Kind::RsaPublicKey,
        (Tag::Integer, Tag::Sequence | Tag::OctetString | Tag::Integer)
        | (Tag::Sequence, Tag::OctetString) => Kind::Plain(Wanted::PrivateKey),
        (Tag::Sequence, Tag::BitString) => Kind::Plain(Wanted::PublicKey),
        (Tag::Sequence, Tag::Sequence) => return of_signed(*first),
        _ => return None,
    })
}

/// Certificate, list or request: what is signed, by the tags of its first fields.
fn of_signed(signed: AnyRef<'_>) -> Option<Kind> {
    let fields = elements(signed.value())?;
    let tags = [0, 1, 2, 3].map(|at| fields.get(at).map(|field| field.tag()));
    let version = Tag::ContextSpecific {
        constructed: true,
        number: TagNumber::N0,
    };
    Some(Kind::Plain(match tags {
        [Some(tag), ..] if tag == version => Wanted::Certificate,
        [
            Some(Tag::Integer),
            Some(Tag::Sequence),
            Some(Tag::Sequence),
            Some(tag),
        ] if tag == version => Wanted::Request,
        [
            Some(Tag::Integer),
            Some(Tag::Sequence),
            Some(Tag::Sequence),
            Some(Tag::UtcTime | Tag::GeneralizedTime),
        ] => Wanted::List,
        // Version 1, which is refused by name.
        [
            Some(Tag::Integer),
            Some(Tag::Sequence),
            Some(Tag::Sequence),
            Some(Tag::Sequence),
        ] => Wanted::Certificate,
        _ => return None,
    }))
}

fn elements(contents: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(contents).ok()?;
    let mut all = Vec::new();
    while !reader.is_finished() {
        all.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(all)
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
