//! Signature files: JSON with what a verifier needs beside the data and a chain.
//!
//! ```json
//! {
//!   "context": "allod/data/1",
//!   "genesisHash": "0x52…",
//!   "identifier": "3b5e…d1",
//!   "certificate": "3b5e…d1",
//!   "block": 1201,
//!   "sha256": "f1c9…07",
//!   "algorithm": "ed25519",
//!   "signature": "0x8a…"
//! }
//! ```
//!
//! | field | what |
//! |---|---|
//! | `context` | the layout of what is signed: [`allod_identity::data`] |
//! | `genesisHash` | the chain on which the identity is |
//! | `identifier` | the identity |
//! | `certificate` | SHA-256 of the certificate whose key signed, which says which one of the identity's it was |
//! | `block` | the block at which the signer says that it signed |
//! | `sha256` | SHA-256 of the data |
//! | `algorithm` | the algorithm of the signature |
//! | `signature` | the signature, in X.509's encoding |
//!
//! No other field may be there. Nothing in the file counts but by the signature, which is over all of it but for
//! `certificate` and `algorithm`; those two say how to check it.

use crate::{
    files,
    verbs::error::{About, Error},
};
use allod_identity::{DataPayload, Identifier, SignatureAlgorithm};
use allod_rpc_types::auto_id::{BlockHash, CertificateFingerprint, SignatureBytes};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The context; no other text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Context {
    /// The one that there is.
    #[default]
    #[serde(rename = "allod/data/1")]
    Data1,
}

/// A signature over data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignatureFile {
    /// The layout of what is signed.
    pub context: Context,
    /// The chain.
    pub genesis_hash: BlockHash,
    /// The identity.
    pub identifier: Identifier,
    /// The certificate whose key signed.
    pub certificate: CertificateFingerprint,
    /// The block at which the signer says that it signed.
    pub block: u32,
    /// SHA-256 of the data, as `sha256sum` writes it.
    pub sha256: CertificateFingerprint,
    pub algorithm: SignatureAlgorithm,
    pub signature: SignatureBytes,
}

impl SignatureFile {
    /// Reads one.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = files::read(path)?;
        Self::parse(&bytes)
            .map_err(Error::NoDataSignature)
            .about(path.display())
    }

    /// Reads the bytes of one.
    ///
    /// # Errors
    /// What is wrong with the JSON, and where.
    pub fn parse(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json)
    }

    /// What is signed.
    pub fn payload(&self) -> DataPayload {
        DataPayload {
            genesis_hash: self.genesis_hash.0,
            identifier: self.identifier,
            block: self.block,
            data_hash: self.sha256.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_test_support::Folder;
    use serde_json::{Value, json};

    fn example() -> Value {
        json!({
            "context": "allod/data/1",
            "genesisHash": format!("0x{}", "01".repeat(32)),
            "identifier": "02".repeat(32),
            "certificate": "03".repeat(32),
            "block": 7,
            "sha256": "04".repeat(32),
            "algorithm": "ed25519",
            "signature": format!("0x{}", "05".repeat(64)),
        })
    }

    fn read(json: &Value) -> Result<SignatureFile, String> {
        let folder = Folder::new();
        let path = folder.write("a.sig.json", json.to_string().as_bytes());
        SignatureFile::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn files_are_read_as_they_are_written() {
        let file = read(&example()).unwrap();
        assert_eq!(serde_json::to_value(&file).unwrap(), example());
        let payload = file.payload();
        assert_eq!(payload.genesis_hash, [1; 32]);
        assert_eq!(payload.identifier, Identifier([2; 32]));
        assert_eq!((payload.block, payload.data_hash), (7, [4; 32]));
    }

    #[test]
    fn other_files_are_refused() {
        for (field, value) in [
            ("context", json!("allod/data/2")),
            ("genesisHash", json!("0x01")),
            ("identifier", json!("did")),
            ("certificate", json!(null)),
            ("block", json!(-1)),
            ("block", json!(1_u64 << 32)),
            ("sha256", json!("04")),
            ("algorithm", json!("sha1")),
            ("signature", json!(format!("0x{}", "05".repeat(513)))),
            ("signature", json!("0xzz")),
            ("more", json!(1)),
        ] {
            let mut json = example();
            json[field] = value;
            let error = read(&json).unwrap_err();
            assert!(
                error.contains("a.sig.json: no signature over data"),
                "{field}: {error}"
            );
        }
        let mut json = example();
        json.as_object_mut().unwrap().remove("block");
        assert!(read(&json).unwrap_err().contains("block"));
        assert!(
            read(&json!("x".repeat(70_000)))
                .unwrap_err()
                .contains("65536")
        );
    }
}
