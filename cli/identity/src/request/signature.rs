//! Where a signature comes from: a key that is here, or a file that a key elsewhere made.

use crate::{
    files::{self, FileError},
    request::payload::Terms,
};
use allod_identity::SignatureBytes;
use allod_x509::{
    CertificateError, ParsedCertificate, SignatureAlgorithm, SignatureError, builder::SigningKey,
    signing_key::AlgorithmError,
};
use std::path::{Path, PathBuf};

/// Why there is no signature, or none that counts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestSignatureError {
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    /// It is not by this key, or over other bytes.
    #[error(
        "{from}: {error}, by {algorithm} over the payload for --valid-until {} --nonce {} on this chain",
        .terms.valid_until, .terms.nonce
    )]
    Invalid {
        from: String,
        error: SignatureError,
        /// The algorithm by which it was checked.
        algorithm: SignatureAlgorithm,
        /// The terms of the payload that it was checked with.
        terms: Terms,
    },
    /// No key's signature is as long.
    #[error("{from}: the signature is too long")]
    TooLong { from: String },
}

/// Where a signature comes from.
#[derive(Debug)]
pub enum SignatureSource {
    /// A key that is here.
    Key(Box<SigningKey>),
    /// A file, and what is in it.
    File(PathBuf, Vec<u8>),
}

impl SignatureSource {
    pub fn key(key: SigningKey) -> Self {
        Self::Key(Box::new(key))
    }

    /// Reads a signature.
    pub fn file(path: &Path) -> Result<Self, FileError> {
        Ok(Self::File(path.to_owned(), files::read(path)?.to_vec()))
    }

    /// The signature, which must be by the certificate's key over the payload.
    pub fn signature(
        &self,
        certificate: &[u8],
        algorithm: SignatureAlgorithm,
        payload: &[u8],
        terms: Terms,
    ) -> Result<SignatureBytes, RequestSignatureError> {
        let (signature, from) = match self {
            Self::Key(key) => {
                let signature = key.sign_with(algorithm, payload)?;
                (signature, "the signature made here".to_owned())
            }
            Self::File(path, signature) => (signature.clone(), path.display().to_string()),
        };
        let parsed = ParsedCertificate::parse(certificate)?;
        if let Err(error) = parsed.verify_message(algorithm, payload, &signature) {
            return Err(RequestSignatureError::Invalid {
                from,
                error,
                algorithm,
                terms,
            });
        }
        signature
            .try_into()
            .map_err(|_| RequestSignatureError::TooLong { from })
    }
}
