//! The one way of every request: terms, bytes, signatures, call, transaction, event.
//!
//! A verb makes an [`Act`] of its arguments and of what the chain knows of those who take part.
//! [`carry_out`] does the rest, in one go or in two halves. What is signed is put together here; of the
//! node come the nonce, the genesis hash and the best block's number, and a lie about any of them makes
//! a request that counts nowhere. Signatures are checked before anybody pays for them.

use crate::{
    Error,
    client::Node,
    files,
    keys::password::PasswordArgs,
    request::{
        options::{NewKeyArgs, RequestArgs},
        outcome::{self, Outcome},
        party::{Party, find_key},
        query::{self, Terms},
        signing::{Source, algorithm_of},
        steps::{self, ToSign},
        transaction,
    },
};
use allod_identity::{
    Consent, Identifier, IdentityRequest, Possession, SignatureAlgorithm, SignedRequest,
    api::PayloadQuery, calls::CallSignatures,
};
use allod_rpc_types::auto_id::{BlockHash, BlockReference};
use serde_json::json;
use sp_core::sr25519;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// A request before it is signed.
#[derive(Debug, Clone)]
pub struct Act {
    /// The call and its arguments.
    pub query: PayloadQuery,
    /// The identity that acts.
    pub actor: Identifier,
    /// Its nonce.
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
    pub pins: Vec<String>,
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

impl Act {
    /// A request that a registered identity signs with its own key.
    pub fn by(actor: &Party, query: PayloadQuery) -> Self {
        Self {
            query,
            actor: actor.identifier,
            nonce: actor.nonce,
            signer: actor.certificate.clone(),
            signer_file: actor.file.clone(),
            fixed_algorithm: None,
            new_key: None,
            consents: Vec::new(),
            pins: Vec::new(),
        }
    }

    /// The algorithm to sign with.
    pub fn algorithm(
        &self,
        declared: Option<SignatureAlgorithm>,
    ) -> Result<SignatureAlgorithm, String> {
        let algorithm = algorithm_of(&self.signer, declared.or(self.fixed_algorithm))?;
        match self.fixed_algorithm {
            Some(fixed) if fixed != algorithm => Err(format!(
                "--algorithm {algorithm}: this call takes a signature by {fixed} only"
            )),
            _ => Ok(algorithm),
        }
    }

    /// Every signature that the call carries, checked.
    pub fn sign(&self, args: &RequestArgs, terms: Terms) -> Result<CallSignatures, Error> {
        let payload = query::payload(&self.query, self.actor, terms)?;
        let algorithm = self.algorithm(args.algorithm)?;
        let source = match &args.signature {
            Some(path) => Source::file(path)?,
            None => Source::key(find_key(
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
                .map_err(|_| "a certificate has at most three co-issuers")?,
        })
    }

    /// What to do with the bytes in the file `out`. `words`: the command that asks for the same.
    pub fn next_steps(
        &self,
        out: &Path,
        declared: Option<SignatureAlgorithm>,
        terms: Terms,
        words: &[String],
    ) -> Result<String, String> {
        let request = ToSign::of(out, self.algorithm(declared)?);
        let mut more = vec!["--signature".to_owned(), request.signature.clone()];
        let mut signatures = vec![request];
        if let Some(new_key) = self
            .new_key
            .as_ref()
            .filter(|key| key.args.new_key.is_none())
        {
            let possession = ToSign {
                algorithm: algorithm_of(&new_key.certificate, new_key.args.new_algorithm)?,
                key: "NEW_KEY",
                signature: steps::with_ending(out, ".new.sig"),
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
        more.extend(self.pins.iter().cloned());
        let what = format!(
            ": what {} has to sign, valid until block #{}",
            self.actor, terms.valid_until
        );
        let then = steps::second_half(words, &more);
        Ok(steps::text(out, &what, &signatures, &then))
    }
}

impl NewKey {
    fn possession(
        &self,
        payload: &[u8],
        terms: Terms,
        password: &PasswordArgs,
    ) -> Result<Possession, Error> {
        let algorithm = algorithm_of(&self.certificate, self.args.new_algorithm)?;
        let source = match &self.args.new_signature {
            Some(path) => Source::file(path)?,
            None => Source::key(find_key(
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

/// The terms of a request with this nonce, unless the command line says another one.
pub async fn terms(node: &Node, args: &RequestArgs, nonce: u64) -> Result<Terms, Error> {
    let best = node.best_number().await?;
    let genesis = node.genesis_hash().await?.0;
    check_genesis(args.genesis, genesis)?;
    // Bytes may be written for a request that is to follow others; only the next one can be carried out.
    if args.payload.is_none() {
        check_nonce(args.nonce, nonce)?;
    }
    Ok(Terms {
        genesis,
        nonce: args.nonce.unwrap_or(nonce),
        valid_until: args.last_block(best)?,
    })
}

fn check_nonce(said: Option<u64>, next: u64) -> Result<(), String> {
    match said {
        Some(said) if said != next => Err(format!(
            "the request has the nonce {said}, and the acting identity's next one is {next}: another \
             request came first, or one before it is missing"
        )),
        _ => Ok(()),
    }
}

fn check_genesis(expected: Option<BlockHash>, actual: [u8; 32]) -> Result<(), String> {
    match expected {
        Some(expected) if expected.0 != actual => Err(format!(
            "the node's chain begins with {}, and {expected} is meant: ask a node of that chain",
            BlockHash(actual)
        )),
        _ => Ok(()),
    }
}

/// Signs a request and has it carried out, or does the first half of that.
pub async fn carry_out(node: &Node, args: &RequestArgs, act: Act) -> Result<ExitCode, Error> {
    let terms = terms(node, args, act.nonce).await?;
    if let Some(out) = &args.payload {
        return first_half(out, args, &act, terms);
    }
    let signatures = act.sign(args, terms)?;
    let payer = args.payer.pair(node).await?;
    let (outcome, block) = submit(node, &payer, act.query, signatures).await?;
    outcome.print(block, args.json);
    Ok(ExitCode::SUCCESS)
}

/// Writes the bytes to be signed, and what to do with them.
fn first_half(out: &Path, args: &RequestArgs, act: &Act, terms: Terms) -> Result<ExitCode, Error> {
    let payload = query::payload(&act.query, act.actor, terms)?;
    files::write(out, &payload)?;
    if args.json {
        let said = json!({
            "payload": format!("0x{}", hex::encode(&payload)),
            "identifier": act.actor,
            "algorithm": act.algorithm(args.algorithm)?,
            "nonce": terms.nonce,
            "validUntil": terms.valid_until,
            "genesisHash": BlockHash(terms.genesis),
        });
        println!("{said}");
    } else {
        let words = steps::own_words();
        print!("{}", act.next_steps(out, args.algorithm, terms, &words)?);
    }
    Ok(ExitCode::SUCCESS)
}

/// Submits a call and says what it brought about.
pub async fn submit(
    node: &Node,
    payer: &sr25519::Pair,
    query: PayloadQuery,
    signatures: CallSignatures,
) -> Result<(Outcome, BlockReference), Error> {
    let actor = signatures.request.identifier;
    let call = query::call(query.clone(), signatures)?;
    let included = transaction::submit(node, payer, call).await?;
    let outcome = outcome::of(&query, actor, &included.events).ok_or_else(|| {
        format!(
            "the transaction in block #{} succeeded without doing what was asked",
            included.block.number
        )
    })?;
    Ok((outcome, included.block))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        files::{Form, NewFiles},
        keys::own_key::add_key,
        test_golden::{Golden, calls},
        test_openssl::Folder,
    };
    use allod_x509::{
        KeyAlgorithm,
        builder::{CertificateBuilder, SigningKey},
    };
    use clap::Parser;
    use parity_scale_codec::Encode;
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

    fn act(golden: &Golden) -> Act {
        Act {
            query: golden.query(),
            actor: golden.actor(),
            nonce: golden.terms().nonce,
            signer: golden.signer_certificate(),
            signer_file: None,
            fixed_algorithm: None,
            new_key: None,
            consents: golden.signatures().consents.into_inner(),
            pins: Vec::new(),
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
            let signatures = act(&golden).sign(&cli.args, golden.terms()).unwrap();
            let call = query::call(golden.query(), signatures).unwrap();
            assert_eq!(
                hex::encode(call.encode()),
                golden.text("bytes"),
                "{}",
                golden.name()
            );
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
            let act = Act {
                signer: signer.clone(),
                new_key: Some(NewKey {
                    certificate: certificate.clone(),
                    file: None,
                    args: cli.new,
                }),
                ..act(&golden)
            };
            act.sign(&cli.args, golden.terms())
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
            let signature = folder.write("the.sig", &golden.bytes("signature"));
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
            let act = act(&golden);
            let signed = act.sign(&cli.args, golden.terms()).unwrap();
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
                let error = act.sign(&cli.args, wrong).unwrap_err().to_string();
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
        let request = folder.write("request.sig", &golden.bytes("signature"));
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
        let mut act = act(&golden);
        act.new_key = Some(NewKey {
            certificate: golden.new_certificate(),
            file: None,
            args: cli.new.clone(),
        });
        let signed = act.sign(&cli.args, golden.terms()).unwrap();
        assert_eq!(signed.possession, Some(possession));
        let call = query::call(golden.query(), signed).unwrap();
        assert_eq!(hex::encode(call.encode()), golden.text("bytes"));

        // The old key's signature is none of the new one.
        fs::write(&new, golden.bytes("signature")).unwrap();
        let error = act.sign(&cli.args, golden.terms()).unwrap_err().to_string();
        assert!(error.contains("new.sig"), "{error}");
    }

    #[test]
    fn algorithms_go_with_keys() {
        let golden = golden("deactivate", KeyAlgorithm::Ed25519);
        let mut act = act(&golden);
        assert_eq!(act.algorithm(None), Ok(SignatureAlgorithm::Ed25519));
        let error = act
            .algorithm(Some(SignatureAlgorithm::RsaPssSha256))
            .unwrap_err();
        assert!(error.contains("does not go with the key"), "{error}");
        let rsa = self::golden("deactivate", KeyAlgorithm::Rsa);
        act.signer = rsa.signer_certificate();
        act.fixed_algorithm = Some(SignatureAlgorithm::RsaPkcs1Sha512);
        assert_eq!(act.algorithm(None), Ok(SignatureAlgorithm::RsaPkcs1Sha512));
        let error = act
            .algorithm(Some(SignatureAlgorithm::RsaPssSha256))
            .unwrap_err();
        assert!(error.contains("rsa-pkcs1-sha512 only"), "{error}");
    }

    #[test]
    fn requests_go_in_order() {
        assert_eq!(check_nonce(None, 4), Ok(()));
        assert_eq!(check_nonce(Some(4), 4), Ok(()));
        for said in [3, 5] {
            let error = check_nonce(Some(said), 4).unwrap_err();
            assert!(error.contains("next one is 4"), "{error}");
        }
    }

    #[test]
    fn another_chain_is_refused() {
        assert_eq!(check_genesis(None, [1; 32]), Ok(()));
        assert_eq!(check_genesis(Some(BlockHash([1; 32])), [1; 32]), Ok(()));
        let error = check_genesis(Some(BlockHash([2; 32])), [1; 32]).unwrap_err();
        assert!(error.contains("begins with 0x0101"), "{error}");
    }

    #[test]
    fn next_steps_can_be_pasted() {
        let golden = calls().into_iter().find(Golden::has_possession).unwrap();
        let mut act = act(&golden);
        act.pins = vec!["--number".into(), "3".into()];
        let cli = parse(&["--payload", "out"]);
        let new_key = |args| NewKey {
            certificate: golden.new_certificate(),
            file: None,
            args,
        };
        act.new_key = Some(new_key(cli.new));
        let words: Vec<_> = ["id", "renew", "ab", "--payload", "out"]
            .map(Into::into)
            .into();
        let terms = Terms {
            genesis: [1; 32],
            nonce: 4,
            valid_until: 9,
        };
        let steps = act
            .next_steps(Path::new("out"), None, terms, &words)
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
            assert!(steps.lines().any(|other| other == line), "{line}\n{steps}");
        }
        // A new key that is here needs no signature from elsewhere.
        act.new_key = Some(new_key(NewKeyArgs {
            new_key: Some("new.key".into()),
            ..NewKeyArgs::default()
        }));
        let steps = act
            .next_steps(Path::new("out"), None, terms, &words)
            .unwrap();
        assert!(!steps.contains("NEW_KEY"), "{steps}");
    }
}
