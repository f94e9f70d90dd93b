//! Signatures by keys that are elsewhere: what is to be signed goes out as a file, the signature comes back as one.

use super::files;
use crate::commands::Error;
use allod_x509::{KeyAlgorithm, SignatureAlgorithm};
use std::path::Path;

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

/// The algorithm that is wished, if the key has it; without a wish the key's usual one.
pub fn algorithm_of(
    key: KeyAlgorithm,
    wish: Option<SignatureAlgorithm>,
) -> Result<SignatureAlgorithm, Error> {
    match wish {
        None => Ok(key.default_signature()),
        Some(algorithm) if algorithm.key_algorithm() == key => Ok(algorithm),
        Some(algorithm) => Err(format!(
            "--signature-algorithm {algorithm} does not go with the key, which signs with {}",
            key.default_signature()
        )
        .into()),
    }
}

/// What `openssl pkeyutl -sign -rawin` needs for this algorithm.
fn pkeyutl_options(algorithm: SignatureAlgorithm) -> String {
    let (digest, is_pss) = match algorithm {
        SignatureAlgorithm::Ed25519 => return String::new(),
        SignatureAlgorithm::EcdsaP256Sha256 | SignatureAlgorithm::RsaPkcs1Sha256 => {
            ("sha256", false)
        }
        SignatureAlgorithm::EcdsaP384Sha384 | SignatureAlgorithm::RsaPkcs1Sha384 => {
            ("sha384", false)
        }
        SignatureAlgorithm::RsaPkcs1Sha512 => ("sha512", false),
        SignatureAlgorithm::RsaPssSha256 => ("sha256", true),
        SignatureAlgorithm::RsaPssSha384 => ("sha384", true),
        SignatureAlgorithm::RsaPssSha512 => ("sha512", true),
    };
    let pss = " -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest";
    let pss = if is_pss { pss } else { "" };
    format!(" -digest {digest}{pss}")
}

/// Writes what is to be signed into a new file, and says how to go on: `then` is told the signature's file.
pub fn hand_out(
    to: &Path,
    bytes: &[u8],
    algorithm: SignatureAlgorithm,
    then: impl Fn(&str) -> String,
) -> Result<(), Error> {
    files::write_new(to, bytes)?;
    print!("{}", next_steps(to, algorithm, then));
    Ok(())
}

fn next_steps(to: &Path, algorithm: SignatureAlgorithm, then: impl Fn(&str) -> String) -> String {
    let file = to.display();
    let signature = format!("{file}.sig");
    format!(
        "written to {file}, to be signed with {algorithm}\n\
         sign: openssl pkeyutl -sign -rawin -in {file} -inkey KEY{} -out {signature}\n\
         then: {}\n",
        pkeyutl_options(algorithm),
        then(&signature)
    )
}

/// Signs with `openssl pkeyutl`, as the instructions say.
#[cfg(test)]
pub fn sign_as_told(to: &Path, key: &Path, algorithm: SignatureAlgorithm) -> std::path::PathBuf {
    let steps = next_steps(to, algorithm, |_| String::new());
    let line = steps
        .lines()
        .find_map(|line| line.strip_prefix("sign: openssl "));
    let line = line
        .unwrap()
        .replace(" KEY", &format!(" {}", key.display()));
    super::test_openssl::openssl(&line.split(' ').collect::<Vec<_>>());
    format!("{}.sig", to.display()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{
        keys,
        password::PasswordArgs,
        test_openssl::{Folder, Kind},
    };
    use allod_x509::ParsedCertificate;
    use std::fs;

    #[test]
    fn instructions_make_signatures_of_every_algorithm() {
        for kind in Kind::ALL {
            let folder = Folder::new();
            folder.certificate(kind, "cert.pem", "key.pem");
            let der = files::certificate(&folder.path("cert.pem")).unwrap();
            let certificate = ParsedCertificate::parse(&der).unwrap();
            let key = keys::load(&folder.path("key.pem"), &PasswordArgs::default()).unwrap();
            for algorithm in SignatureAlgorithm::ALL {
                let chosen = algorithm_of(key.key_algorithm(), Some(algorithm));
                if algorithm.key_algorithm() != key.key_algorithm() {
                    let error = chosen.unwrap_err().to_string();
                    assert!(error.contains("does not go with the key"), "{error}");
                    continue;
                }
                assert_eq!(parse_algorithm(algorithm.name()), Ok(algorithm));
                let payload = folder.path(&format!("payload-{algorithm}"));
                hand_out(&payload, b"to be signed", algorithm, str::to_string).unwrap();
                let signature = sign_as_told(&payload, &folder.path("key.pem"), algorithm);
                let signature = fs::read(signature).unwrap();
                certificate
                    .verify_message(algorithm, b"to be signed", &signature)
                    .unwrap();
            }
        }
        let error = parse_algorithm("rsa").unwrap_err();
        assert!(error.contains("rsa-pss-sha512"), "{error}");
    }
}
