//! What all requests have in common on the command line.

use crate::{
    keys::{algorithm::parse_algorithm, password::PasswordArgs},
    node::NodeArgs,
    request::payer::PayerArgs,
};
use allod_core::bytes::parse_hex;
use allod_identity::{Identifier, SignatureAlgorithm};
use allod_rpc_types::auto_id::{BlockHash, DEFAULT_VALID_FOR, SerialNumber};
use std::{
    convert::Infallible,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

/// Blocks that a request stays valid for if its key is here.
const VALID_FOR: u32 = 64;

/// A request that no block can take any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request would be valid until block #{valid_until}, and block #{best} is here already")]
pub struct ExpiredError {
    /// The last block in which it would be valid.
    pub valid_until: u32,
    /// The best block.
    pub best: u32,
}

/// The last block in which a request is valid; it must be one that is still to come.
pub fn check_validity(best: u32, valid_until: u32) -> Result<u32, ExpiredError> {
    if valid_until > best {
        Ok(valid_until)
    } else {
        Err(ExpiredError { valid_until, best })
    }
}

/// How a request is signed and carried.
#[derive(Debug, Clone, clap::Args)]
pub struct RequestArgs {
    /// The key that signs: PKCS#8, SEC 1 or PKCS#1, PEM or DER. Without it the certificate's file is
    /// looked at, the file beside it of the same name with `.key`, and `key.pem`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["signature", "payload"])]
    pub key: Option<PathBuf>,

    #[command(flatten)]
    pub password: PasswordArgs,

    /// First half for a key that is elsewhere: write the bytes to sign to this file, say how to go on,
    /// and do nothing else.
    #[arg(long, value_name = "FILE", conflicts_with = "signature")]
    pub payload: Option<PathBuf>,

    /// Second half: the signature over what `--payload` wrote.
    #[arg(long, value_name = "FILE", requires = "valid_until")]
    pub signature: Option<PathBuf>,

    /// The algorithm of the signature, if not the key's usual one: such as rsa-pss-sha256.
    #[arg(long, value_name = "NAME", value_parser = parse_algorithm)]
    pub algorithm: Option<SignatureAlgorithm>,

    /// Blocks that the request stays valid for: 64 unless said otherwise, 1,000 with `--payload`.
    #[arg(long, value_name = "BLOCKS", conflicts_with = "valid_until")]
    pub valid_for: Option<u32>,

    /// The last block in which the request is valid.
    #[arg(long, value_name = "BLOCK")]
    pub valid_until: Option<u32>,

    /// The acting identity's nonce, if it is not to be asked for.
    #[arg(long, value_name = "NUMBER")]
    pub nonce: Option<u64>,

    /// The hash of the genesis block of the chain that is meant; a node of another one is refused.
    #[arg(long, value_name = "HASH", value_parser = parse_hash)]
    pub genesis: Option<BlockHash>,

    #[command(flatten)]
    pub payer: PayerArgs,

    /// Write JSON.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub node: NodeArgs,
}

impl RequestArgs {
    /// The last block in which the request is valid; it must be one that is still to come.
    pub fn last_block(&self, best: u32) -> Result<u32, ExpiredError> {
        let usual = match self.payload {
            Some(_) => DEFAULT_VALID_FOR,
            None => VALID_FOR,
        };
        let valid_until = self
            .valid_until
            .unwrap_or_else(|| best.saturating_add(self.valid_for.unwrap_or(usual)));
        check_validity(best, valid_until)
    }
}

/// Who acts in an identity's place.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ActorArgs {
    /// The identity that acts: the controller, or a guardian. 64 hex digits, or its certificate's file.
    #[arg(long = "as", value_name = "IDENTITY")]
    pub actor: Option<IdentityRef>,
}

/// Consents of co-issuers.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ConsentArgs {
    /// A co-issuer's consent, as `allod id consent` writes it; up to three.
    #[arg(long = "consent", value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// A co-issuer whose key is here, and its key: the consent is made at once.
    #[arg(long = "co-issuer", value_name = "IDENTIFIER=KEY")]
    pub keys: Vec<CoIssuerKey>,
}

/// The key of a new certificate, where another one than the acting identity's own has to show that
/// somebody has it.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct NewKeyArgs {
    /// The new certificate's key.
    #[arg(long, value_name = "FILE", conflicts_with = "new_signature")]
    pub new_key: Option<PathBuf>,

    /// The new key's signature over what `--payload` wrote.
    #[arg(long, value_name = "FILE", requires = "valid_until")]
    pub new_signature: Option<PathBuf>,

    /// The algorithm of that signature, if not the key's usual one.
    #[arg(long, value_name = "NAME", value_parser = parse_algorithm)]
    pub new_algorithm: Option<SignatureAlgorithm>,
}

/// An identity, as the command line names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityRef {
    /// By its identifier.
    Identifier(Identifier),
    /// By its current certificate.
    File(PathBuf),
}

impl IdentityRef {
    /// The certificate's file, if that is how it is named.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Identifier(_) => None,
            Self::File(path) => Some(path),
        }
    }
}

impl FromStr for IdentityRef {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text
            .parse()
            .map_or_else(|_| Self::File(text.into()), Self::Identifier))
    }
}

impl fmt::Display for IdentityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identifier(identifier) => identifier.fmt(f),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// A co-issuer and the file of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoIssuerKey {
    /// The co-issuer.
    pub identifier: Identifier,
    /// The file of its key.
    pub key: PathBuf,
}

impl FromStr for CoIssuerKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (identifier, key) = text
            .split_once('=')
            .ok_or("an identifier, `=`, and the file of its key")?;
        Ok(Self {
            identifier: identifier.parse().map_err(|error| format!("{error}"))?,
            key: key.into(),
        })
    }
}

/// A serial number in hex.
pub fn parse_serial(text: &str) -> Result<SerialNumber, String> {
    SerialNumber::parse(text).map_err(|error| error.to_string())
}

/// The hash of a block.
pub fn parse_hash(text: &str) -> Result<BlockHash, String> {
    parse_hex(text)
        .map(BlockHash)
        .map_err(|error| format!("the hash of a block: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: RequestArgs,
        #[command(flatten)]
        new: NewKeyArgs,
    }

    fn parse(arguments: &[&str]) -> Result<Cli, String> {
        Cli::try_parse_from([&["test"], arguments].concat()).map_err(|error| error.to_string())
    }

    #[test]
    fn halves_exclude_one_another() {
        for wrong in [
            &["--key", "k", "--signature", "s", "--valid-until", "9"][..],
            &["--key", "k", "--payload", "p"],
            &["--payload", "p", "--signature", "s", "--valid-until", "9"],
            &["--valid-for", "5", "--valid-until", "9"],
            &[
                "--new-key",
                "k",
                "--new-signature",
                "s",
                "--valid-until",
                "9",
            ],
            &["--suri", "//Alice", "--suri-file", "f"],
        ] {
            let error = parse(wrong).unwrap_err();
            assert!(error.contains("cannot be used with"), "{wrong:?}: {error}");
        }
        for wrong in [&["--signature", "s"][..], &["--new-signature", "s"]] {
            let error = parse(wrong).unwrap_err();
            assert!(error.contains("--valid-until"), "{wrong:?}: {error}");
        }
        let both = ["--signature", "s", "--new-key", "k", "--valid-until", "9"];
        assert!(parse(&both).is_ok());
    }

    #[test]
    fn validity_is_in_blocks_and_lies_ahead() {
        let last = |arguments: &[&str]| parse(arguments).unwrap().args.last_block(10);
        assert_eq!(last(&[]), Ok(74));
        assert_eq!(last(&["--payload", "p"]), Ok(1_010));
        assert_eq!(last(&["--valid-for", "5"]), Ok(15));
        assert_eq!(last(&["--payload", "p", "--valid-for", "5"]), Ok(15));
        assert_eq!(last(&["--valid-until", "11"]), Ok(11));
        for past in [&["--valid-until", "10"][..], &["--valid-for", "0"]] {
            let error = last(past).unwrap_err().to_string();
            assert!(error.contains("block #10 is here already"), "{error}");
        }
    }

    #[test]
    fn wrong_words_are_explained() {
        for (wrong, why) in [
            (&["--algorithm", "md5"][..], "one of ed25519, ecdsa-p256"),
            (&["--genesis", "0x12"], "the hash of a block"),
            (&["--nonce", "four"], "invalid digit"),
            (&["--valid-until", "4294967296"], "4294967295"),
        ] {
            let error = parse(wrong).unwrap_err();
            assert!(error.contains(why), "{wrong:?}: {error}");
        }
        let algorithm = parse(&["--algorithm", "rsa-pss-sha384"]).unwrap();
        let expected = Some(SignatureAlgorithm::RsaPssSha384);
        assert_eq!(algorithm.args.algorithm, expected);
    }

    #[test]
    fn identities_are_named_by_identifier_or_file() {
        let id = Identifier([0xab; 32]);
        for text in [id.to_string(), format!("did:allod:{id}")] {
            assert_eq!(text.parse(), Ok(IdentityRef::Identifier(id)));
        }
        let file: IdentityRef = "agent.pem".parse().unwrap();
        assert_eq!(file.file(), Some(Path::new("agent.pem")));
        let pair: CoIssuerKey = format!("{id}=a=b.key").parse().unwrap();
        assert_eq!(pair.identifier, id);
        assert_eq!(pair.key, Path::new("a=b.key"));
        assert!("a.key".parse::<CoIssuerKey>().is_err());
        let error = "12=a.key".parse::<CoIssuerKey>().unwrap_err();
        assert!(error.contains("64 hex digits"), "{error}");
        assert!(parse_serial("0x00").is_err());
    }
}
