//! `allod id register` and `allod id payload`.

use crate::{
    Error,
    client::{Node, NodeArgs},
    files,
    request::{
        act::{self, Act},
        options::{ConsentArgs, Named, RequestArgs},
        party::Party,
        query::{self, Terms},
        steps,
    },
    verbs::consent::{check_signed_by, collect},
};
use allod_identity::{Consent, Identifier, api::PayloadQuery};
use allod_rpc_types::auto_id::DEFAULT_VALID_FOR;
use allod_x509::ParsedCertificate;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Arguments of `allod id register`.
#[derive(Debug, clap::Args)]
pub struct RegisterArgs {
    /// The certificate: PEM or DER.
    certificate: PathBuf,

    /// The registered identity that issued it; a self-issued one has none.
    #[arg(long, value_name = "IDENTITY")]
    issuer: Option<Named>,

    #[command(flatten)]
    consents: ConsentArgs,

    #[command(flatten)]
    request: RequestArgs,
}

/// Arguments of `allod id payload`.
#[derive(Debug, clap::Args)]
pub struct PayloadArgs {
    /// The certificate: PEM or DER, self-issued.
    certificate: PathBuf,

    /// The last block in which the request will be valid. Default: 1,000 blocks from now.
    #[arg(long, value_name = "BLOCK")]
    valid_until: Option<u32>,

    /// Where to write the bytes; without it they are printed as hex.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    node: NodeArgs,
}

/// Registers a certificate.
pub async fn register(args: &RegisterArgs) -> Result<ExitCode, Error> {
    let path = &args.certificate;
    let der = files::certificate(path)?;
    let Some(issuer) = &args.issuer else {
        // Whatever can be wrong here is found before a node is asked.
        refuse_consents(&args.consents)?;
        let act = root(&der, path)?;
        let node = Node::connect(&args.request.node).await?;
        return act::carry_out(&node, &args.request, act).await;
    };
    refuse_root(&der, path)?;
    let node = Node::connect(&args.request.node).await?;
    let issuer = Party::load(&node, issuer).await?;
    check_signed_by(&der, &issuer).map_err(|error| format!("{}: {error}", path.display()))?;
    let (consents, request) = (&args.consents, &args.request);
    let consents = collect(&node, consents, request, &der, issuer.identifier).await?;
    let act = issued(&der, path, issuer.identifier, consents)?;
    act::carry_out(&node, request, act).await
}

/// Gives what a certificate's key must sign.
pub async fn payload(args: &PayloadArgs) -> Result<ExitCode, Error> {
    let der = files::certificate(&args.certificate)?;
    let act = root(&der, &args.certificate)?;
    let node = Node::connect(&args.node).await?;
    let best = node.best_number().await?;
    let valid_until = args
        .valid_until
        .unwrap_or_else(|| best.saturating_add(DEFAULT_VALID_FOR));
    check_validity(best, valid_until)?;
    let terms = Terms {
        genesis: node.genesis_hash().await?.0,
        nonce: act.nonce,
        valid_until,
    };
    let payload = query::payload(&act.query, act.actor, terms)?;
    let Some(out) = &args.out else {
        println!("{}", hex::encode(payload));
        eprintln!("valid until block #{valid_until}: register with --valid-until {valid_until}");
        return Ok(ExitCode::SUCCESS);
    };
    files::write(out, &payload)?;
    let words = as_register(steps::own_words());
    print!("{}", act.next_steps(out, None, terms, &words)?);
    Ok(ExitCode::SUCCESS)
}

/// The words of `allod id payload` as those of a first half of `allod id register`.
fn as_register(words: Vec<String>) -> Vec<String> {
    let mut is_named = false;
    let rename = |word: String| {
        if word == "payload" && !is_named {
            is_named = true;
            "register".to_owned()
        } else if let Some(rest) = word.strip_prefix("--out") {
            format!("--payload{rest}")
        } else {
            word
        }
    };
    words.into_iter().map(rename).collect()
}

fn check_validity(best: u32, valid_until: u32) -> Result<(), String> {
    if valid_until > best {
        return Ok(());
    }
    Err(format!(
        "the request would be valid until block #{valid_until}, and block #{best} is here already"
    ))
}

fn parsed<'a>(der: &'a [u8], path: &Path) -> Result<ParsedCertificate<'a>, String> {
    ParsedCertificate::parse(der).map_err(|error| format!("{}: {error}", path.display()))
}

/// The registration of a self-issued certificate.
fn root(der: &[u8], path: &Path) -> Result<Act, String> {
    let parsed = parsed(der, path)?;
    if !parsed.is_self_issued() {
        return Err(format!(
            "{}: its issuer is another than its subject: name the issuer's identity with --issuer",
            path.display()
        ));
    }
    let certificate = parsed
        .verify_self_issued()
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let algorithm = certificate.signature_algorithm();
    let query = PayloadQuery::Register {
        certificate: der.to_vec(),
        algorithm,
    };
    Ok(Act {
        fixed_algorithm: Some(algorithm),
        ..new(der, path, Identifier::of(&certificate), query)
    })
}

fn refuse_root(der: &[u8], path: &Path) -> Result<(), String> {
    if parsed(der, path)?.is_self_issued() {
        return Err(format!(
            "{}: the certificate is self-issued: leave out --issuer",
            path.display()
        ));
    }
    Ok(())
}

fn refuse_consents(consents: &ConsentArgs) -> Result<(), String> {
    if consents.files.is_empty() && consents.keys.is_empty() {
        return Ok(());
    }
    Err("consents are for certificates of another issuer: name it with --issuer".into())
}

/// The registration of a certificate that another identity issued.
fn issued(
    der: &[u8],
    path: &Path,
    issuer: Identifier,
    consents: Vec<Consent>,
) -> Result<Act, String> {
    let parsed = parsed(der, path)?;
    let query = PayloadQuery::RegisterIssued {
        certificate: der.to_vec(),
        algorithm: parsed.signature_algorithm(),
        issuer,
        co_issuers: consents.iter().map(|consent| consent.co_issuer).collect(),
    };
    Ok(Act {
        consents,
        ..new(der, path, Identifier::of(&parsed), query)
    })
}

/// The certificate's own key signs, with the nonce 0.
fn new(der: &[u8], path: &Path, identifier: Identifier, query: PayloadQuery) -> Act {
    Act {
        query,
        actor: identifier,
        nonce: 0,
        signer: der.to_vec(),
        signer_file: Some(path.to_owned()),
        fixed_algorithm: None,
        new_key: None,
        consents: Vec::new(),
        pins: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        request::signing::Source,
        test_golden::calls,
        test_openssl::{Folder, Kind, openssl},
    };
    use allod_x509::SignatureAlgorithm;
    use clap::Parser;
    use parity_scale_codec::Encode;

    const GENESIS: [u8; 32] = [3; 32];

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: RegisterArgs,
    }

    fn parse(arguments: &[&str]) -> RegisterArgs {
        Cli::try_parse_from([&["register"], arguments].concat())
            .unwrap()
            .args
    }

    fn terms(valid_until: u32) -> Terms {
        Terms {
            genesis: GENESIS,
            nonce: 0,
            valid_until,
        }
    }

    /// The whole way of a key that is elsewhere: payload, `openssl pkeyutl`, request.
    #[test]
    fn signatures_by_openssl_and_by_the_key_count() {
        for kind in [Kind::Ed25519, Kind::P256] {
            let folder = Folder::new();
            folder.certificate(kind, "cert.pem", "key.pem");
            let path = folder.path("cert.pem");
            let der = files::certificate(&path).unwrap();
            let act = root(&der, &path).unwrap();
            let bytes = query::payload(&act.query, act.actor, terms(70)).unwrap();
            assert!(bytes.starts_with(b"\x3callod/auto-id/1"));
            assert_eq!(bytes.len(), 133);

            let payload = folder.write("payload", &bytes);
            let [payload, key, signature] =
                [payload, folder.path("key.pem"), folder.path("the.sig")]
                    .map(|path| path.display().to_string());
            openssl(&[
                "pkeyutl", "-sign", "-rawin", "-in", &payload, "-inkey", &key, "-out", &signature,
            ]);
            let certificate = path.to_str().unwrap();
            let signature = ["--signature", &signature, "--valid-until", "70"];
            let args = parse(&[&[certificate][..], &signature].concat());
            let signed = act.sign(&args.request, terms(70)).unwrap().request;
            assert_eq!((signed.request.nonce, signed.request.valid_until), (0, 70));
            for wrong in [
                terms(71),
                Terms {
                    genesis: [4; 32],
                    ..terms(70)
                },
            ] {
                let error = act.sign(&args.request, wrong).unwrap_err().to_string();
                assert!(
                    error.contains("the.sig: signature does not verify"),
                    "{error}"
                );
            }
            let args = parse(&[certificate]);
            assert!(act.sign(&args.request, terms(71)).is_ok());
        }
    }

    /// The arguments stand in the call as the request covers them.
    #[test]
    fn golden_registrations() {
        let mut seen = 0;
        for golden in calls() {
            let path = Path::new("c.der");
            let act = match golden.name() {
                "register" => root(&golden.new_certificate(), path).unwrap(),
                "register_issued" => {
                    let PayloadQuery::RegisterIssued { issuer, .. } = golden.query() else {
                        panic!("it is");
                    };
                    let consents = golden.signatures().consents.into_inner();
                    issued(&golden.new_certificate(), path, issuer, consents).unwrap()
                }
                _ => continue,
            };
            assert_eq!((act.actor, act.nonce), (golden.actor(), 0));
            let payload = query::payload(&act.query, act.actor, golden.terms()).unwrap();
            assert_eq!(hex::encode(payload), golden.text("payload"));
            let call = query::call(act.query, golden.signatures()).unwrap();
            assert_eq!(hex::encode(call.encode()), golden.text("bytes"));
            seen += 1;
        }
        assert!(seen >= 7, "{seen}");
    }

    #[test]
    fn wrong_input_is_named() {
        let path = Path::new("cert.der");
        let error = root(b"\x30\x00", path).unwrap_err();
        assert!(error.starts_with("cert.der: "), "{error}");
        let golden = calls().into_iter().next().unwrap();
        let der = golden.new_certificate();
        let error = refuse_root(&der, path).unwrap_err();
        assert!(error.contains("leave out --issuer"), "{error}");
        let args = parse(&["c.pem", "--consent", "a.json"]);
        let error = refuse_consents(&args.consents).unwrap_err();
        assert!(error.contains("--issuer"), "{error}");
        assert_eq!(check_validity(5, 6), Ok(()));
        assert!(check_validity(5, 5).unwrap_err().contains("#5"));
    }

    /// A root's request is signed with the algorithm of its certificate, which need not be the usual one.
    #[test]
    fn a_root_signs_as_its_certificate_is_signed() {
        let pss = calls()
            .into_iter()
            .find(|golden| {
                golden.name() == "register"
                    && golden.algorithm() == SignatureAlgorithm::RsaPssSha384
            })
            .unwrap();
        let act = root(&pss.signer_certificate(), Path::new("c.der")).unwrap();
        assert_eq!(act.algorithm(None), Ok(SignatureAlgorithm::RsaPssSha384));
    }

    #[test]
    fn next_steps_can_be_pasted() {
        let folder = Folder::new();
        folder.certificate(Kind::Ed25519, "cert.pem", "key.pem");
        let path = folder.path("cert.pem");
        let der = files::certificate(&path).unwrap();
        let act = root(&der, &path).unwrap();
        let words = [
            "id", "payload", "cert.pem", "--out", "out", "--url", "ws://h",
        ];
        let words = as_register(words.map(Into::into).into());
        let steps = act
            .next_steps(Path::new("out"), None, terms(9), &words)
            .unwrap();
        assert!(
            steps.contains("openssl pkeyutl -sign -rawin -in out -inkey KEY -out out.sig\n"),
            "{steps}"
        );
        let then =
            "allod id register cert.pem --url ws://h --signature out.sig --valid-until 9 --nonce 0";
        assert!(steps.contains(then), "{steps}");
        let source = Source::file(&folder.path("none")).unwrap_err().to_string();
        assert!(source.starts_with("cannot read"), "{source}");
    }
}
