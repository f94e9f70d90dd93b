//! Signature algorithms: their names on the command line, and which of them a key signs with.

use allod_x509::{CertificateError, KeyAlgorithm, ParsedCertificate, SignatureAlgorithm};

/// Why nothing is signed with an algorithm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlgorithmError {
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// It is one for other keys.
    #[error("{requested} does not go with the key, whose usual algorithm is {usual}")]
    OtherKey {
        requested: SignatureAlgorithm,
        /// What the key takes if nothing is asked for.
        usual: SignatureAlgorithm,
    },
}

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

/// The algorithm that is requested, if the certificate's key has it; else the key's usual one.
pub fn algorithm_of(
    certificate: &[u8],
    requested: Option<SignatureAlgorithm>,
) -> Result<SignatureAlgorithm, AlgorithmError> {
    let parsed = ParsedCertificate::parse(certificate)?;
    algorithm_of_key(parsed.public_key().algorithm, requested)
}

/// The same for a key of this kind.
pub fn algorithm_of_key(
    key: KeyAlgorithm,
    requested: Option<SignatureAlgorithm>,
) -> Result<SignatureAlgorithm, AlgorithmError> {
    let usual = key.default_signature();
    match requested {
        None => Ok(usual),
        Some(algorithm) if algorithm.key_algorithm() == key => Ok(algorithm),
        Some(requested) => Err(AlgorithmError::OtherKey { requested, usual }),
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
                let usual = key.default_signature();
                let chosen = algorithm_of_key(key, Some(algorithm));
                if algorithm.key_algorithm() == key {
                    assert_eq!(chosen, Ok(algorithm));
                } else {
                    let requested = algorithm;
                    let refused = AlgorithmError::OtherKey { requested, usual };
                    assert_eq!(chosen, Err(refused));
                }
                assert_eq!(algorithm_of_key(key, None), Ok(usual));
            }
        }
        let error = parse_algorithm("rsa").unwrap_err();
        assert!(error.contains("rsa-pss-sha512"), "{error}");
    }
}
