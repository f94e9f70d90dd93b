//! What to do next with bytes that were written to be signed elsewhere: commands that can be pasted.

use allod_identity::SignatureAlgorithm;
use std::{env, path::Path};

/// Options of a first half that the second one does not take, does not need, or must not show.
const DROPPED: [&str; 7] = [
    "--payload",
    "--key",
    "--valid-for",
    "--valid-until",
    "--nonce",
    "--genesis",
    "--suri",
];

/// The words after the program's name, as they were typed.
pub fn own_words() -> Vec<String> {
    env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}

/// The command by which OpenSSL signs the bytes of a file.
///
/// The digest is always said: for P-384, too, OpenSSL would take SHA-256.
pub fn openssl_sign(
    algorithm: SignatureAlgorithm,
    payload: &str,
    key: &str,
    signature: &str,
) -> String {
    let options = match algorithm {
        SignatureAlgorithm::Ed25519 => "",
        SignatureAlgorithm::EcdsaP256Sha256 | SignatureAlgorithm::RsaPkcs1Sha256 => {
            " -digest sha256"
        }
        SignatureAlgorithm::EcdsaP384Sha384 | SignatureAlgorithm::RsaPkcs1Sha384 => {
            " -digest sha384"
        }
        SignatureAlgorithm::RsaPkcs1Sha512 => " -digest sha512",
        SignatureAlgorithm::RsaPssSha256 => {
            " -digest sha256 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest"
        }
        SignatureAlgorithm::RsaPssSha384 => {
            " -digest sha384 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest"
        }
        SignatureAlgorithm::RsaPssSha512 => {
            " -digest sha512 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest"
        }
    };
    let (payload, signature) = (quoted(payload), quoted(signature));
    format!("openssl pkeyutl -sign -rawin{options} -in {payload} -inkey {key} -out {signature}")
}

/// The command of the second half: the first one's words without its own options, and more behind.
pub fn second_half(first: &[String], more: &[String]) -> String {
    let mut words = vec!["allod".to_owned()];
    let mut rest = first.iter();
    while let Some(word) = rest.next() {
        let name = word.split('=').next().unwrap_or(word);
        if !DROPPED.contains(&name) {
            words.push(quoted(word));
        } else if name == word {
            // Its value is the next word.
            rest.next();
        }
    }
    words.extend(more.iter().map(|word| quoted(word)));
    words.join(" ")
}

/// A path beside another one, with an ending more.
pub fn with_ending(path: &Path, ending: &str) -> String {
    format!("{}{ending}", path.display())
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::test_openssl::{Folder, openssl};
    use allod_x509::ParsedCertificate;
    use std::{fs, process::Command};

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(Into::into).collect()
    }

    #[test]
    fn second_halves_repeat_what_was_asked() {
        let first = words(
            "id revoke ab --serial 0x2a --payload out --valid-for=5 --suri //Alice --url ws://h:1",
        );
        let more = words("--signature out.sig --valid-until 9");
        assert_eq!(
            second_half(&first, &more),
            "allod id revoke ab --serial 0x2a --url ws://h:1 --signature out.sig --valid-until 9"
        );
        let first = ["id".to_owned(), "it's".to_owned(), String::new()];
        assert_eq!(second_half(&first, &[]), "allod id 'it'\\''s' ''");
    }

    /// The commands, run by a shell, make signatures that count, for every algorithm.
    #[test]
    fn openssl_signs_as_it_is_told() {
        let folder = Folder::new();
        let payload = folder.write("the bytes", b"message");
        for algorithm in SignatureAlgorithm::ALL {
            let kind: &[&str] = match algorithm {
                SignatureAlgorithm::Ed25519 => &["-newkey", "ed25519"],
                SignatureAlgorithm::EcdsaP256Sha256 => {
                    &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
                }
                SignatureAlgorithm::EcdsaP384Sha384 => &[
                    "-sha384",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:P-384",
                ],
                _ => &["-newkey", "rsa:2048"],
            };
            let [certificate, key, signature] =
                ["c.der", "k.pem", "s"].map(|name| folder.path(name).display().to_string());
            let made = [
                "req", "-x509", "-nodes", "-subj", "/CN=a", "-outform", "der",
            ];
            let files = ["-keyout", &key, "-out", &certificate];
            openssl(&[&made[..], kind, &files[..]].concat());
            let command = openssl_sign(algorithm, &payload.display().to_string(), &key, &signature);
            let run = Command::new("sh").args(["-c", &command]).output().unwrap();
            assert!(run.status.success(), "{command}: {run:?}");
            let der = fs::read(&certificate).unwrap();
            let parsed = ParsedCertificate::parse(&der).unwrap();
            let signature = fs::read(&signature).unwrap();
            parsed
                .verify_message(algorithm, b"message", &signature)
                .unwrap_or_else(|error| panic!("{command}: {error}"));
        }
    }
}
