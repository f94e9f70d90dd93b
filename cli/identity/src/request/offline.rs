//! Offline signing: what to do with bytes that were written to be signed by a key elsewhere, as commands that can be
//! pasted.

use crate::{
    files::{self, FileError},
    shell::quoted,
};
use allod_identity::SignatureAlgorithm;
use std::{env, iter, path::Path};
#[cfg(test)]
use std::{path::PathBuf, process::Command};

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

/// A signature that is to be made elsewhere.
#[derive(Debug)]
pub struct WantedSignature {
    /// By which algorithm.
    pub algorithm: SignatureAlgorithm,
    /// The word in the place of the key's file, which nobody knows here.
    pub key: &'static str,
    /// The file that it goes to.
    pub signature: String,
}

impl WantedSignature {
    /// The one signature over the bytes in a file.
    pub fn of(bytes: &Path, algorithm: SignatureAlgorithm) -> Self {
        Self {
            algorithm,
            key: "KEY",
            signature: signature_of(bytes),
        }
    }
}

/// The file of the signature over the bytes in a file.
pub fn signature_of(bytes: &Path) -> String {
    with_ending(bytes, ".sig")
}

/// Writes what is to be signed into a new file; gives how to go on, with these words after the program's name.
pub fn hand_out(
    to: &Path,
    bytes: &[u8],
    algorithm: SignatureAlgorithm,
    words: &[String],
) -> Result<String, FileError> {
    files::write_new(to, bytes)?;
    let what = format!(", to be signed with {algorithm}");
    let signatures = [WantedSignature::of(to, algorithm)];
    Ok(instructions(to, &what, &signatures, &command(words)))
}

/// What the bytes in a file are, the commands that sign them, and the one that takes the signatures.
pub fn instructions(
    bytes: &Path,
    what: &str,
    signatures: &[WantedSignature],
    then: &str,
) -> String {
    let payload = bytes.display().to_string();
    let titles = iter::once("sign:").chain(iter::repeat("and:"));
    let mut text = format!("written to {payload}{what}\n");
    for (title, wanted) in titles.zip(signatures) {
        let sign = openssl_sign(wanted.algorithm, &payload, wanted.key, &wanted.signature);
        text.push_str(&format!("{title:<9}{sign}\n"));
    }
    text.push_str(&format!("then:    {then}\n"));
    text
}

/// The command by which OpenSSL signs the bytes of a file.
///
/// The digest is always said: for P-384, too, OpenSSL would take SHA-256.
fn openssl_sign(
    algorithm: SignatureAlgorithm,
    payload: &str,
    key: &str,
    signature: &str,
) -> String {
    let scheme = algorithm.scheme();
    let digest = scheme
        .digest()
        .map_or_else(String::new, |digest| format!(" -digest {digest}"));
    let pss = match scheme.salt_size() {
        Some(_) => " -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest",
        None => "",
    };
    let (payload, signature) = (quoted(payload), quoted(signature));
    format!("openssl pkeyutl -sign -rawin{digest}{pss} -in {payload} -inkey {key} -out {signature}")
}

/// The command of the second half: the first one's words without its own options, and more behind.
pub fn second_half(first: &[String], more: &[String]) -> String {
    let mut words = Vec::new();
    let mut rest = first.iter();
    while let Some(word) = rest.next() {
        let name = word.split('=').next().unwrap_or(word);
        if !DROPPED.contains(&name) {
            words.push(word.clone());
        } else if name == word {
            // Its value is the next word.
            rest.next();
        }
    }
    words.extend_from_slice(more);
    command(&words)
}

/// A command of this program.
pub fn command(words: &[String]) -> String {
    let words = words.iter().map(|word| quoted(word));
    let whole: Vec<_> = iter::once("allod".to_owned()).chain(words).collect();
    whole.join(" ")
}

/// A path beside another one, with an ending more.
pub fn with_ending(path: &Path, ending: &str) -> String {
    format!("{}{ending}", path.display())
}

/// Signs the bytes in a file by the command that is told; the signature's file.
#[cfg(test)]
pub fn sign_as_told(bytes: &Path, key: &Path, algorithm: SignatureAlgorithm) -> PathBuf {
    let text = instructions(bytes, "", &[WantedSignature::of(bytes, algorithm)], "");
    let line = text.lines().find_map(|line| line.strip_prefix("sign:"));
    let key = quoted(&key.display().to_string());
    let line = line.unwrap().replace(" KEY ", &format!(" {key} "));
    let run = Command::new("sh").args(["-c", &line]).output().unwrap();
    assert!(run.status.success(), "{line}: {run:?}");
    signature_of(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_test_support::Folder;
    use allod_x509::{KeyAlgorithm, ParsedCertificate};
    use std::fs;

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

    #[test]
    fn whatever_is_printed_can_be_pasted() {
        let signatures = [
            WantedSignature::of(Path::new("a b"), SignatureAlgorithm::Ed25519),
            WantedSignature {
                algorithm: SignatureAlgorithm::RsaPssSha384,
                key: "NEW_KEY",
                signature: "n".into(),
            },
        ];
        let then = command(&["id".to_owned(), signatures[0].signature.clone()]);
        let pss = "-pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest";
        assert_eq!(
            instructions(Path::new("a b"), ", a test", &signatures, &then),
            format!(
                "written to a b, a test\n\
                 sign:    openssl pkeyutl -sign -rawin -in 'a b' -inkey KEY -out 'a b.sig'\n\
                 and:     openssl pkeyutl -sign -rawin -digest sha384 {pss} -in 'a b' -inkey NEW_KEY -out n\n\
                 then:    allod id 'a b.sig'\n"
            )
        );
    }

    /// The commands, run by a shell, make signatures that count, for every algorithm.
    #[test]
    fn openssl_signs_as_it_is_told() {
        for kind in KeyAlgorithm::ALL {
            let folder = Folder::new();
            folder.certificate(kind, "cert.pem", "the key.pem");
            let der = files::certificate(&folder.path("cert.pem")).unwrap();
            let certificate = ParsedCertificate::parse(&der).unwrap();
            let of_key = certificate.public_key().algorithm;
            let mut signed = 0;
            for algorithm in SignatureAlgorithm::ALL {
                if algorithm.key_algorithm() != of_key {
                    continue;
                }
                let payload = folder.path(&format!("the bytes {algorithm}"));
                hand_out(&payload, b"to be signed", algorithm, &[]).unwrap();
                // Nothing that is there is handed out over.
                assert!(hand_out(&payload, b"others", algorithm, &[]).is_err());
                let signature = sign_as_told(&payload, &folder.path("the key.pem"), algorithm);
                let signature = fs::read(signature).unwrap();
                certificate
                    .verify_message(algorithm, b"to be signed", &signature)
                    .unwrap_or_else(|error| panic!("{algorithm}: {error}"));
                signed += 1;
            }
            assert!(signed > 0, "{kind:?}");
        }
    }
}
