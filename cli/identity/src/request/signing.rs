//! Signatures: by which algorithm, and where they come from: a key that is here, or a file that a key elsewhere made.

use crate::{Error, files, request::query::Terms};
use allod_identity::SignatureBytes;
use allod_x509::{KeyAlgorithm, ParsedCertificate, SignatureAlgorithm, builder::SigningKey};
use std::path::{Path, PathBuf};

/// Reads the name of a signature algorithm.
pub fn parse_algorithm(text: &str) -> Result<SignatureAlgorithm, String> {
    SignatureAlgorithm::ALL
        .into_iter()
        .find(|algorithm| algorithm.name() == text)
        .ok_or_else(|| {
            let names = SignatureAlgorithm::ALL.map(SignatureAlgorithm::name);
            format!("one of {}", names.join(", "))
        })
}

/// The algorithm that is wished, if the certificate's key has it; without a wish the key's usual one.
pub fn algorithm_of(
    certificate: &[u8],
    wish: Option<SignatureAlgorithm>,
) -> Result<SignatureAlgorithm, String> {
    let parsed = ParsedCertificate::parse(certificate).map_err(|error| error.to_string())?;
    algorithm_of_key(parsed.public_key().algorithm, wish)
}

/// The same for a key of this kind.
pub fn algorithm_of_key(
    key: KeyAlgorithm,
    wish: Option<SignatureAlgorithm>,
) -> Result<SignatureAlgorithm, String> {
    match wish {
        None => Ok(key.default_signature()),
        Some(algorithm) if algorithm.key_algorithm() == key => Ok(algorithm),
        Some(algorithm) => Err(format!(
            "{algorithm} does not go with the key, whose usual algorithm is {}",
            key.default_signature()
        )),
    }
}

/// Where a signature comes from.
#[derive(Debug)]
pub enum Source {
    /// A key that is here.
    Key(Box<SigningKey>),
    /// A file, and what is in it.
    File(PathBuf, Vec<u8>),
}

impl Source {
    /// A key.
    pub fn key(key: SigningKey) -> Self {
        Self::Key(Box::new(key))
    }

    /// Reads a signature.
    pub fn file(path: &Path) -> Result<Self, Error> {
        Ok(Self::File(path.to_owned(), files::read(path)?.to_vec()))
    }

    /// The signature, which must be by the certificate's key over the payload.
    pub fn signature(
        &self,
        certificate: &[u8],
        algorithm: SignatureAlgorithm,
        payload: &[u8],
        terms: Terms,
    ) -> Result<SignatureBytes, String> {
        let (signature, from) = match self {
            Self::Key(key) => {
                let signature = key.sign_with(algorithm, payload);
                let signature = signature.map_err(|error| error.to_string())?;
                (signature, "the signature made here".to_owned())
            }
            Self::File(path, signature) => (signature.clone(), path.display().to_string()),
        };
        let parsed = ParsedCertificate::parse(certificate).map_err(|error| error.to_string())?;
        let Terms {
            nonce, valid_until, ..
        } = terms;
        parsed
            .verify_message(algorithm, payload, &signature)
            .map_err(|error| {
                format!(
                    "{from}: {error}, by {algorithm} over the payload for --valid-until {valid_until} \
                     --nonce {nonce} on this chain"
                )
            })?;
        signature
            .try_into()
            .map_err(|_| format!("{from}: the signature is too long"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_are_named_and_go_with_keys() {
        for algorithm in SignatureAlgorithm::ALL {
            assert_eq!(parse_algorithm(algorithm.name()), Ok(algorithm));
            for key in SignatureAlgorithm::ALL.map(|other| other.key_algorithm()) {
                let chosen = algorithm_of_key(key, Some(algorithm));
                if algorithm.key_algorithm() == key {
                    assert_eq!(chosen, Ok(algorithm));
                } else {
                    let error = chosen.unwrap_err();
                    assert!(error.contains("does not go with the key"), "{error}");
                }
                let usual = algorithm_of_key(key, None);
                assert_eq!(usual, Ok(key.default_signature()));
            }
        }
        let error = parse_algorithm("rsa").unwrap_err();
        assert!(error.contains("rsa-pss-sha512"), "{error}");
    }
}
