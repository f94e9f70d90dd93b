//! `allod id register` and `allod id payload`.

use crate::{
    files,
    node::{Node, NodeArgs},
    request::{
        args::{ConsentArgs, IdentityRef, RequestArgs, check_validity},
        carry_out::carry_out,
        consents::collect,
        issued_by::check_issued_by,
        offline,
        payload::{self, Terms},
        registered::RegisteredIdentity,
        runtime::ChainRuntime,
        unsigned::UnsignedRequest,
    },
    verbs::error::{About, Error},
};
use allod_identity::{Consent, Identifier, api::PayloadQuery};
use allod_rpc_types::auto_id::DEFAULT_VALID_FOR;
use allod_x509::{CertificateError, ParsedCertificate};
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
    issuer: Option<IdentityRef>,

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
pub async fn register(args: &RegisterArgs, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    let path = &args.certificate;
    let der = files::certificate(path)?;
    let Some(issuer) = &args.issuer else {
        // Whatever can be wrong here is found before a node is asked.
        refuse_consents(&args.consents)?;
        let unsigned = root(&der, path).about(path.display())?;
        let node = Node::connect(&args.request.node).await?;
        return Ok(carry_out(&node, runtime, &args.request, unsigned).await?);
    };
    refuse_root(&der).about(path.display())?;
    let node = Node::connect(&args.request.node).await?;
    let issuer = RegisteredIdentity::load(&node, issuer).await?;
    check_issued_by(&der, &issuer).about(path.display())?;
    let (consents, request) = (&args.consents, &args.request);
    let consents = collect(&node, consents, request, &der, issuer.identifier).await?;
    let unsigned = issued(&der, path, issuer.identifier, consents).about(path.display())?;
    Ok(carry_out(&node, runtime, request, unsigned).await?)
}

/// Gives what a certificate's key must sign.
pub async fn payload(args: &PayloadArgs) -> Result<ExitCode, Error> {
    let der = files::certificate(&args.certificate)?;
    let unsigned = root(&der, &args.certificate).about(args.certificate.display())?;
    let node = Node::connect(&args.node).await?;
    let best = node.best_number().await?;
    let valid_until = args
        .valid_until
        .unwrap_or_else(|| best.saturating_add(DEFAULT_VALID_FOR));
    check_validity(best, valid_until)?;
    let terms = Terms {
        genesis: node.genesis_hash().await?.0,
        nonce: unsigned.nonce,
        valid_until,
    };
    let payload = payload::payload(&unsigned.query, unsigned.actor, terms)?;
    let Some(out) = &args.out else {
        allod_output::line(hex::encode(payload))?;
        allod_output::note_line(format_args!(
            "valid until block #{valid_until}: register with --valid-until {valid_until}"
        ));
        return Ok(ExitCode::SUCCESS);
    };
    files::write(out, &payload)?;
    let words = as_register(offline::own_words());
    allod_output::text(unsigned.instructions(out, None, terms, &words)?)?;
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

/// The registration of a self-issued certificate.
fn root(der: &[u8], path: &Path) -> Result<UnsignedRequest, Error> {
    let parsed = ParsedCertificate::parse(der)?;
    if !parsed.is_self_issued() {
        return Err(Error::NotSelfIssued);
    }
    let certificate = parsed.verify_self_issued()?;
    let algorithm = certificate.signature_algorithm();
    let query = PayloadQuery::Register {
        certificate: der.to_vec(),
        algorithm,
    };
    Ok(UnsignedRequest {
        fixed_algorithm: Some(algorithm),
        ..new(der, path, Identifier::of(&certificate), query)
    })
}

fn refuse_root(der: &[u8]) -> Result<(), Error> {
    if ParsedCertificate::parse(der)?.is_self_issued() {
        return Err(Error::SelfIssued);
    }
    Ok(())
}

fn refuse_consents(consents: &ConsentArgs) -> Result<(), Error> {
    if consents.files.is_empty() && consents.keys.is_empty() {
        return Ok(());
    }
    Err(Error::ConsentsToRoot)
}

/// The registration of a certificate that another identity issued.
fn issued(
    der: &[u8],
    path: &Path,
    issuer: Identifier,
    consents: Vec<Consent>,
) -> Result<UnsignedRequest, CertificateError> {
    let parsed = ParsedCertificate::parse(der)?;
    let query = PayloadQuery::RegisterIssued {
        certificate: der.to_vec(),
        algorithm: parsed.signature_algorithm(),
        issuer,
        co_issuers: consents.iter().map(|consent| consent.co_issuer).collect(),
    };
    Ok(UnsignedRequest {
        consents,
        ..new(der, path, Identifier::of(&parsed), query)
    })
}

/// The certificate's own key signs, with the nonce 0.
fn new(der: &[u8], path: &Path, identifier: Identifier, query: PayloadQuery) -> UnsignedRequest {
    UnsignedRequest {
        query,
        actor: identifier,
        nonce: 0,
        signer: der.to_vec(),
        signer_file: Some(path.to_owned()),
        fixed_algorithm: None,
        new_key: None,
        consents: Vec::new(),
        pinned_options: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        request::signature::SignatureSource,
        test_golden::{call_bytes, calls},
    };
    use allod_test_support::Folder;
    use allod_x509::{KeyAlgorithm, SignatureAlgorithm};
    use clap::Parser;

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
        for kind in [KeyAlgorithm::Ed25519, KeyAlgorithm::P256] {
            let folder = Folder::new();
            folder.certificate(kind, "cert.pem", "key.pem");
            let path = folder.path("cert.pem");
            let der = files::certificate(&path).unwrap();
            let unsigned = root(&der, &path).unwrap();
            let bytes = payload::payload(&unsigned.query, unsigned.actor, terms(70)).unwrap();
            assert!(bytes.starts_with(b"\x3callod/auto-id/1"));
            assert_eq!(bytes.len(), 133);

            let payload = folder.write("payload", &bytes);
            let [payload, key, signature] =
                [payload, folder.path("key.pem"), folder.path("the.sig")]
                    .map(|path| path.display().to_string());
            folder.openssl(&[
                "pkeyutl", "-sign", "-rawin", "-in", &payload, "-inkey", &key, "-out", &signature,
            ]);
            let certificate = path.to_str().unwrap();
            let signature = ["--signature", &signature, "--valid-until", "70"];
            let args = parse(&[&[certificate][..], &signature].concat());
            let signed = unsigned.sign(&args.request, terms(70)).unwrap().request;
            assert_eq!((signed.request.nonce, signed.request.valid_until), (0, 70));
            for wrong in [
                terms(71),
                Terms {
                    genesis: [4; 32],
                    ..terms(70)
                },
            ] {
                let error = unsigned.sign(&args.request, wrong).unwrap_err().to_string();
                assert!(
                    error.contains("the.sig: signature does not verify"),
                    "{error}"
                );
            }
            let args = parse(&[certificate]);
            assert!(unsigned.sign(&args.request, terms(71)).is_ok());
        }
    }

    /// The arguments stand in the call as the request covers them.
    #[test]
    fn golden_registrations() {
        let mut seen = 0;
        for golden in calls() {
            let path = Path::new("c.der");
            let unsigned = match golden.name() {
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
            assert_eq!((unsigned.actor, unsigned.nonce), (golden.actor(), 0));
            let payload =
                payload::payload(&unsigned.query, unsigned.actor, golden.terms()).unwrap();
            assert_eq!(hex::encode(payload), golden.text("payload"));
            let call = call_bytes(unsigned.query, golden.signatures()).unwrap();
            assert_eq!(hex::encode(call), golden.text("bytes"));
            seen += 1;
        }
        assert!(seen >= 7, "{seen}");
    }

    #[test]
    fn wrong_input_is_named() {
        let path = Path::new("cert.der");
        let error = root(b"\x30\x00", path).about(path.display()).unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with("cert.der: "), "{error}");
        let golden = calls().into_iter().next().unwrap();
        let error = refuse_root(&golden.new_certificate()).unwrap_err();
        assert!(matches!(&error, Error::SelfIssued), "{error}");
        let args = parse(&["c.pem", "--consent", "a.json"]);
        let error = refuse_consents(&args.consents).unwrap_err();
        assert!(matches!(&error, Error::ConsentsToRoot), "{error}");
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
        let unsigned = root(&pss.signer_certificate(), Path::new("c.der")).unwrap();
        let algorithm = unsigned.algorithm(None).unwrap();
        assert_eq!(algorithm, SignatureAlgorithm::RsaPssSha384);
    }

    #[test]
    fn instructions_can_be_pasted() {
        let folder = Folder::new();
        folder.certificate(KeyAlgorithm::Ed25519, "cert.pem", "key.pem");
        let path = folder.path("cert.pem");
        let der = files::certificate(&path).unwrap();
        let unsigned = root(&der, &path).unwrap();
        let words = [
            "id", "payload", "cert.pem", "--out", "out", "--url", "ws://h",
        ];
        let words = as_register(words.map(Into::into).into());
        let text = unsigned
            .instructions(Path::new("out"), None, terms(9), &words)
            .unwrap();
        assert!(
            text.contains("openssl pkeyutl -sign -rawin -in out -inkey KEY -out out.sig\n"),
            "{text}"
        );
        let then =
            "allod id register cert.pem --url ws://h --signature out.sig --valid-until 9 --nonce 0";
        assert!(text.contains(then), "{text}");
        let source = SignatureSource::file(&folder.path("none"))
            .unwrap_err()
            .to_string();
        assert!(source.starts_with("cannot read"), "{source}");
    }
}
