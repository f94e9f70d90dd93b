//! A request before it is signed, and the signatures that its call carries.

use crate::{
    files::FileError,
    keys::{
        algorithm::{AlgorithmError, algorithm_of},
        password::PasswordArgs,
    },
    request::{
        args::{NewKeyArgs, RequestArgs},
        offline::{self, WantedSignature},
        payload::{self, Terms},
        registered::{FindKeyError, RegisteredIdentity, find_key},
        signature::{RequestSignatureError, SignatureSource},
    },
};
use allod_identity::{
    Consent, Identifier, IdentityRequest, MAX_CO_ISSUERS, Possession, SignatureAlgorithm,
    SignedRequest, api::PayloadQuery, calls::CallSignatures, request::TooManyServices,
};
use allod_rpc_types::auto_id::BlockHash;
use std::path::{Path, PathBuf};

/// Why a request is not signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    #[error(transparent)]
    Payload(#[from] TooManyServices),
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    /// The call does not say with which algorithm it is signed, so there is one only.
    #[error("--algorithm {requested}: this call takes a signature by {fixed} only")]
    FixedAlgorithm {
        requested: SignatureAlgorithm,
        /// The only one.
        fixed: SignatureAlgorithm,
    },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Key(#[from] FindKeyError),
    #[error(transparent)]
    Signature(#[from] RequestSignatureError),
    /// More consents than a call carries.
    #[error("a certificate has at most {MAX_CO_ISSUERS} co-issuers")]
    TooManyConsents,
}

/// A request before it is signed.
#[derive(Debug, Clone)]
pub struct UnsignedRequest {
    /// The call and its arguments.
    pub query: PayloadQuery,
    /// The identity that acts.
    pub actor: Identifier,
    pub nonce: u64,
    /// DER of the certificate whose key signs.
    pub signer: Vec<u8>,
    /// That certificate's file, if there is one.
    pub signer_file: Option<PathBuf>,
    /// The only algorithm of the signature, where the call declares none for it.
    pub fixed_algorithm: Option<SignatureAlgorithm>,
    /// Another key that has to sign the same bytes.
    pub new_key: Option<NewKey>,
    /// What the co-issuers signed.
    pub consents: Vec<Consent>,
    /// Options that the second half needs besides, so that it asks for the same.
    pub pinned_options: Vec<String>,
}

/// The key of a new certificate.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// DER of the certificate.
    pub certificate: Vec<u8>,
    /// Its file, if there is one.
    pub file: Option<PathBuf>,
    /// Where the key or its signature is.
    pub args: NewKeyArgs,
}

impl UnsignedRequest {
    /// A request that a registered identity signs with its own key.
    pub fn by(actor: &RegisteredIdentity, query: PayloadQuery) -> Self {
        Self {
            query,
            actor: actor.identifier,
            nonce: actor.nonce,
            signer: actor.certificate.clone(),
            signer_file: actor.file.clone(),
            fixed_algorithm: None,
            new_key: None,
            consents: Vec::new(),
            pinned_options: Vec::new(),
        }
    }

    /// The algorithm to sign with.
    pub fn algorithm(
        &self,
        declared: Option<SignatureAlgorithm>,
    ) -> Result<SignatureAlgorithm, SigningError> {
        let algorithm = algorithm_of(&self.signer, declared.or(self.fixed_algorithm))?;
        match self.fixed_algorithm {
            Some(fixed) if fixed != algorithm => Err(SigningError::FixedAlgorithm {
                requested: algorithm,
                fixed,
            }),
            Some(_) | None => Ok(algorithm),
        }
    }

    /// Every signature that the call carries, checked.
    pub fn sign(&self, args: &RequestArgs, terms: Terms) -> Result<CallSignatures, SigningError> {
        let payload = payload::payload(&self.query, self.actor, terms)?;
        let algorithm = self.algorithm(args.algorithm)?;
        let source = match &args.signature {
            Some(path) => SignatureSource::file(path)?,
            None => SignatureSource::key(find_key(
                &self.signer,
                self.signer_file.as_deref(),
                args.key.as_deref(),
                "--key",
                &args.password,
            )?),
        };
        let signature = source.signature(&self.signer, algorithm, &payload, terms)?;
        let possession = self
            .new_key
            .as_ref()
            .map(|new_key| new_key.possession(&payload, terms, &args.password))
            .transpose()?;
        let request = IdentityRequest {
            identifier: self.actor,
            algorithm,
            request: SignedRequest {
                nonce: terms.nonce,
                valid_until: terms.valid_until,
                signature,
            },
        };
        Ok(CallSignatures {
            request,
            possession,
            consents: self
                .consents
                .clone()
                .try_into()
                .map_err(|_| SigningError::TooManyConsents)?,
        })
    }

    /// What to do with the bytes in the file `out`. `words`: the command that asks for the same.
    pub fn instructions(
        &self,
        out: &Path,
        declared: Option<SignatureAlgorithm>,
        terms: Terms,
        words: &[String],
    ) -> Result<String, SigningError> {
        let request = WantedSignature::of(out, self.algorithm(declared)?);
        let mut more = vec!["--signature".to_owned(), request.signature.clone()];
        let mut signatures = vec![request];
        if let Some(new_key) = self
            .new_key
            .as_ref()
            .filter(|key| key.args.new_key.is_none())
        {
            let possession = WantedSignature {
                algorithm: algorithm_of(&new_key.certificate, new_key.args.new_algorithm)?,
                key: "NEW_KEY",
                signature: offline::with_ending(out, ".new.sig"),
            };
            more.extend(["--new-signature".to_owned(), possession.signature.clone()]);
            signatures.push(possession);
        }
        more.extend([
            "--valid-until".to_owned(),
            terms.valid_until.to_string(),
            "--nonce".to_owned(),
            terms.nonce.to_string(),
            "--genesis".to_owned(),
            BlockHash(terms.genesis).to_string(),
        ]);
        more.extend(self.pinned_options.iter().cloned());
        let what = format!(
            ": what {} has to sign, valid until block #{}",
            self.actor, terms.valid_until
        );
        let then = offline::second_half(words, &more);
        Ok(offline::instructions(out, &what, &signatures, &then))
    }
}

impl NewKey {
    fn possession(
        &self,
        payload: &[u8],
        terms: Terms,
        password: &PasswordArgs,
    ) -> Result<Possession, SigningError> {
        let algorithm = algorithm_of(&self.certificate, self.args.new_algorithm)?;
        let source = match &self.args.new_signature {
            Some(path) => SignatureSource::file(path)?,
            None => SignatureSource::key(find_key(
                &self.certificate,
                self.file.as_deref(),
                self.args.new_key.as_deref(),
                "--new-key",
                password,
            )?),
        };
        let signature = source.signature(&self.certificate, algorithm, payload, terms)?;
        Ok(Possession {
            algorithm,
            signature,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        files::{Form, NewFiles},
        keys::own_key::add_key,
        test_golden::{Golden, call_bytes, calls},
    };
    use allod_test_support::Folder;
    use allod_x509::{
        KeyAlgorithm,
        builder::{CertificateBuilder, SigningKey},
    };
    use clap::Parser;
    use std::fs;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: RequestArgs,
        #[command(flatten)]
        new: NewKeyArgs,
    }

    fn parse(arguments: &[&str]) -> Cli {
        Cli::try_parse_from([&["test"], arguments].concat()).unwrap()
    }

    fn unsigned(golden: &Golden) -> UnsignedRequest {
        UnsignedRequest {
            query: golden.query(),
            actor: golden.actor(),
            nonce: golden.terms().nonce,
            signer: golden.signer_certificate(),
            signer_file: None,
            fixed_algorithm: None,
            new_key: None,
            consents: golden.signatures().consents.into_inner(),
            pinned_options: Vec::new(),
        }
    }

    fn golden(call: &str, algorithm: KeyAlgorithm) -> Golden {
        calls()
            .into_iter()
            .find(|golden| golden.name() == call && golden.algorithm().key_algorithm() == algorithm)
            .unwrap()
    }

    /// Ed25519 signs deterministically: with the golden keys the golden calls come out, whole.
    #[test]
    fn keys_make_the_golden_calls() {
        let folder = Folder::new();
        let mut made = 0;
        for golden in calls() {
            if golden.algorithm() != SignatureAlgorithm::Ed25519 || golden.has_possession() {
                continue;
            }
            let key = folder.write("key.pem", golden.private_key().as_bytes());
            let cli = parse(&["--key", key.to_str().unwrap()]);
            let signatures = unsigned(&golden).sign(&cli.args, golden.terms()).unwrap();
            let call = call_bytes(golden.query(), signatures).unwrap();
            assert_eq!(hex::encode(call), golden.text("bytes"), "{}", golden.name());
            made += 1;
        }
        assert!(made >= 8, "{made}");
    }

    /// The acting key and the new one are both under the password that is given.
    #[test]
    fn keys_under_a_password_sign() {
        let folder = Folder::new();
        let [right, wrong] = ["word", "Word"].map(|word| folder.write(word, word.as_bytes()));
        let password = PasswordArgs::file(right.clone()).unattended();
        let key = |seed, name: &str| {
            let key = SigningKey::ed25519([seed; 32]);
            let mut files = NewFiles::default();
            let path = folder.path(name);
            add_key(&mut files, &path, &key, Form::Pem, Some(&password)).unwrap();
            files.keep();
            let certificate = CertificateBuilder::self_issued("a").sign_self(&key);
            (path.display().to_string(), certificate)
        };
        let ((old, signer), (new, certificate)) = (key(1, "old.key"), key(2, "new.key"));
        let golden = golden("deactivate", KeyAlgorithm::Ed25519);
        let sign = |password: &Path| {
            let password = password.to_str().unwrap();
            let words = [
                "--key",
                &old,
                "--new-key",
                &new,
                "--password-file",
                password,
            ];
            let cli = parse(&words);
            let request = UnsignedRequest {
                signer: signer.clone(),
                new_key: Some(NewKey {
                    certificate: certificate.clone(),
                    file: None,
                    args: cli.new,
                }),
                ..unsigned(&golden)
            };
            request.sign(&cli.args, golden.terms())
        };
        assert!(sign(&right).unwrap().possession.is_some());
        let error = sign(&wrong).unwrap_err().to_string();
        assert!(error.contains("wrong password"), "{error}");
    }

    #[test]
    fn signatures_from_elsewhere_are_checked() {
        let folder = Folder::new();
        for kind in [KeyAlgorithm::Ed25519, KeyAlgorithm::Rsa] {
            let golden = golden("deactivate", kind);
            let signature = folder.write("the.sig", golden.bytes("signature"));
            let path = signature.to_str().unwrap();
            let name = golden.algorithm().name();
            let arguments = [
                "--signature",
                path,
                "--valid-until",
                "9",
                "--algorithm",
                name,
            ];
            let cli = parse(&arguments);
            let request = unsigned(&golden);
            let signed = request.sign(&cli.args, golden.terms()).unwrap();
            assert_eq!(
                signed.request.request.signature.into_inner(),
                golden.bytes("signature")
            );
            let terms = golden.terms();
            for wrong in [
                Terms {
                    nonce: terms.nonce - 1,
                    ..terms
                },
                Terms {
                    valid_until: 3,
                    ..terms
                },
                Terms {
                    genesis: [9; 32],
                    ..terms
                },
            ] {
                let error = request.sign(&cli.args, wrong).unwrap_err().to_string();
                assert!(
                    error.contains("the.sig: signature does not verify"),
                    "{error}"
                );
                assert!(error.contains("--nonce"), "{error}");
            }
        }
    }

    /// The new key signs the same bytes as the acting one.
    #[test]
    fn possession_is_by_the_new_key() {
        let golden = calls().into_iter().find(Golden::has_possession).unwrap();
        let folder = Folder::new();
        let request = folder.write("request.sig", golden.bytes("signature"));
        let possession = golden.signatures().possession.unwrap();
        let new = folder.write("new.sig", &possession.signature);
        let arguments = [
            "--signature",
            request.to_str().unwrap(),
            "--new-signature",
            new.to_str().unwrap(),
            "--valid-until",
            "9",
        ];
        let cli = parse(&arguments);
        let mut request = unsigned(&golden);
        request.new_key = Some(NewKey {
            certificate: golden.new_certificate(),
            file: None,
            args: cli.new.clone(),
        });
        let signed = request.sign(&cli.args, golden.terms()).unwrap();
        assert_eq!(signed.possession, Some(possession));
        let call = call_bytes(golden.query(), signed).unwrap();
        assert_eq!(hex::encode(call), golden.text("bytes"));

        // The old key's signature is none of the new one.
        fs::write(&new, golden.bytes("signature")).unwrap();
        let error = request
            .sign(&cli.args, golden.terms())
            .unwrap_err()
            .to_string();
        assert!(error.contains("new.sig"), "{error}");
    }

    #[test]
    fn algorithms_go_with_keys() {
        let golden = golden("deactivate", KeyAlgorithm::Ed25519);
        let mut request = unsigned(&golden);
        let algorithm = |request: &UnsignedRequest, declared| {
            request
                .algorithm(declared)
                .map_err(|error| error.to_string())
        };
        assert_eq!(algorithm(&request, None), Ok(SignatureAlgorithm::Ed25519));
        let pss = Some(SignatureAlgorithm::RsaPssSha256);
        let error = algorithm(&request, pss).unwrap_err();
        assert!(error.contains("does not go with the key"), "{error}");
        let rsa = self::golden("deactivate", KeyAlgorithm::Rsa);
        request.signer = rsa.signer_certificate();
        request.fixed_algorithm = Some(SignatureAlgorithm::RsaPkcs1Sha512);
        let fixed = SignatureAlgorithm::RsaPkcs1Sha512;
        assert_eq!(algorithm(&request, None), Ok(fixed));
        let error = algorithm(&request, pss).unwrap_err();
        assert!(error.contains("rsa-pkcs1-sha512 only"), "{error}");
    }

    #[test]
    fn instructions_can_be_pasted() {
        let golden = calls().into_iter().find(Golden::has_possession).unwrap();
        let mut request = unsigned(&golden);
        request.pinned_options = vec!["--number".into(), "3".into()];
        let cli = parse(&["--payload", "out"]);
        let new_key = |args| NewKey {
            certificate: golden.new_certificate(),
            file: None,
            args,
        };
        request.new_key = Some(new_key(cli.new));
        let words: Vec<_> = ["id", "renew", "ab", "--payload", "out"]
            .map(Into::into)
            .into();
        let terms = Terms {
            genesis: [1; 32],
            nonce: 4,
            valid_until: 9,
        };
        let text = request
            .instructions(Path::new("out"), None, terms, &words)
            .unwrap();
        let genesis = "01".repeat(32);
        for line in [
            "sign:    openssl pkeyutl -sign -rawin -digest sha256 -in out -inkey KEY -out out.sig",
            "and:     openssl pkeyutl -sign -rawin -digest sha384 -in out -inkey NEW_KEY -out out.new.sig",
            &format!(
                "then:    allod id renew ab --signature out.sig --new-signature out.new.sig \
                 --valid-until 9 --nonce 4 --genesis 0x{genesis} --number 3"
            ),
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
        // A new key that is here needs no signature from elsewhere.
        request.new_key = Some(new_key(NewKeyArgs {
            new_key: Some("new.key".into()),
            ..NewKeyArgs::default()
        }));
        let text = request
            .instructions(Path::new("out"), None, terms, &words)
            .unwrap();
        assert!(!text.contains("NEW_KEY"), "{text}");
    }
}
