//! `allod id register` and `allod id payload`.

use super::{
    client::{Node, NodeArgs},
    files, keys,
    payer::PayerArgs,
    transaction,
};
use crate::commands::Error;
use allod_identity::{Identifier, RegisterArguments, SignedRequest};
use allod_rpc_types::auto_id::DEFAULT_VALID_FOR;
use allod_runtime::{RuntimeCall, RuntimeEvent};
use allod_x509::{ParsedCertificate, SelfIssuedCertificate};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Arguments of `allod id register`.
#[derive(Debug, clap::Args)]
pub struct RegisterArgs {
    /// The certificate: PEM or DER, self-issued.
    certificate: PathBuf,

    /// Its private key: PKCS#8 or SEC 1, PEM or DER, not encrypted.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    /// A signature over what `allod id payload` gave, instead of a key.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "key",
        requires = "valid_until"
    )]
    signature: Option<PathBuf>,

    /// Blocks that the request stays valid for.
    #[arg(
        long,
        value_name = "BLOCKS",
        default_value_t = 64,
        conflicts_with = "valid_until"
    )]
    valid_for: u32,

    /// The last block in which the request is valid.
    #[arg(long, value_name = "BLOCK")]
    valid_until: Option<u32>,

    #[command(flatten)]
    payer: PayerArgs,

    /// Write JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    node: NodeArgs,
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
    let der = files::certificate(&args.certificate)?;
    let certificate = self_issued(&der, &args.certificate)?;
    // Whatever can be wrong here is found before a node is asked.
    let signer = match &args.signature {
        Some(path) => Signer::Signature(path, files::read(path)?.to_vec()),
        None => {
            let key = keys::find(&certificate, &args.certificate, args.key.as_deref())?;
            Signer::Key(Box::new(key))
        }
    };
    let node = Node::connect(&args.node).await?;
    let payer = args.payer.pair(&node).await?;
    let best = node.best_number().await?;
    let valid_until = args
        .valid_until
        .unwrap_or_else(|| best.saturating_add(args.valid_for));
    check_validity(best, valid_until)?;
    let genesis = node.genesis_hash().await?.0;
    let request = request(&certificate, genesis, valid_until, &signer)?;

    let identifier = Identifier::of(&certificate);
    let call = RuntimeCall::AutoId(pallet_auto_id::Call::register {
        algorithm: certificate.signature_algorithm(),
        certificate: certificate
            .der()
            .to_vec()
            .try_into()
            .map_err(|_| "the certificate is too long")?,
        request,
    });
    let included = transaction::submit(&node, &payer, call).await?;
    let is_registered = included.events.iter().any(|event| {
        matches!(event, RuntimeEvent::AutoId(pallet_auto_id::Event::Registered { identifier: new, .. })
            if *new == identifier)
    });
    if !is_registered {
        return Err("the transaction succeeded without registering the identity".into());
    }
    let block = included.block;
    if args.json {
        println!("{}", json!({ "identifier": identifier, "block": block }));
    } else {
        println!(
            "registered {identifier} in block #{} ({})",
            block.number, block.hash
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Gives what a certificate's key must sign.
pub async fn payload(args: &PayloadArgs) -> Result<ExitCode, Error> {
    let der = files::certificate(&args.certificate)?;
    let certificate = self_issued(&der, &args.certificate)?;
    let node = Node::connect(&args.node).await?;
    let best = node.best_number().await?;
    let valid_until = args
        .valid_until
        .unwrap_or_else(|| best.saturating_add(DEFAULT_VALID_FOR));
    check_validity(best, valid_until)?;
    let genesis = node.genesis_hash().await?.0;
    let payload = payload_bytes(&certificate, genesis, valid_until);
    let Some(out) = &args.out else {
        println!("{}", hex::encode(payload));
        eprintln!("valid until block #{valid_until}: register with --valid-until {valid_until}");
        return Ok(ExitCode::SUCCESS);
    };
    fs::write(out, payload).map_err(|error| format!("cannot write {}: {error}", out.display()))?;
    print!("{}", next_steps(&args.certificate, out, valid_until));
    Ok(ExitCode::SUCCESS)
}

/// What signs the request.
enum Signer<'a> {
    Key(Box<allod_x509::builder::SigningKey>),
    /// It is signed already; where the signature came from, for errors.
    Signature(&'a Path, Vec<u8>),
}

fn self_issued<'a>(der: &'a [u8], path: &Path) -> Result<SelfIssuedCertificate<'a>, Error> {
    ParsedCertificate::parse(der)
        .map_err(|error| format!("{}: {error}", path.display()))?
        .verify_self_issued()
        .map_err(|error| format!("{}: {error}", path.display()).into())
}

fn check_validity(best: u32, valid_until: u32) -> Result<(), String> {
    if valid_until > best {
        return Ok(());
    }
    Err(format!(
        "the request would be valid until block #{valid_until}, and block #{best} is here already"
    ))
}

fn payload_bytes(
    certificate: &SelfIssuedCertificate<'_>,
    genesis: [u8; 32],
    valid_until: u32,
) -> Vec<u8> {
    let arguments = RegisterArguments {
        certificate: certificate.der(),
        algorithm: certificate.signature_algorithm(),
    };
    arguments
        .payload(genesis, Identifier::of(certificate), valid_until)
        .to_bytes()
}

/// A signed request. A signature that is not right is refused here, before anybody pays for it.
fn request(
    certificate: &SelfIssuedCertificate<'_>,
    genesis: [u8; 32],
    valid_until: u32,
    signer: &Signer<'_>,
) -> Result<SignedRequest, String> {
    let payload = payload_bytes(certificate, genesis, valid_until);
    let (signature, from) = match signer {
        Signer::Key(key) => (key.sign(&payload), "the signature made here".to_string()),
        Signer::Signature(path, signature) => (signature.clone(), path.display().to_string()),
    };
    certificate
        .verify_message(certificate.signature_algorithm(), &payload, &signature)
        .map_err(|error| {
            format!(
                "{from}: {error}, over the payload for --valid-until {valid_until} on this chain"
            )
        })?;
    Ok(SignedRequest {
        nonce: 0,
        valid_until,
        signature: signature
            .try_into()
            .map_err(|_| format!("{from}: the signature is too long"))?,
    })
}

fn next_steps(certificate: &Path, payload: &Path, valid_until: u32) -> String {
    let (certificate, payload) = (certificate.display(), payload.display());
    format!(
        "written to {payload}, valid until block #{valid_until}\n\
         sign:     openssl pkeyutl -sign -rawin -in {payload} -inkey KEY -out {payload}.sig\n\
         register: allod id register {certificate} --signature {payload}.sig --valid-until {valid_until}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::test_openssl::{Folder, Kind, openssl};
    use parity_scale_codec::Encode;

    const GENESIS: [u8; 32] = [3; 32];

    /// The whole way of a key that is elsewhere: payload, `openssl pkeyutl`, request.
    #[test]
    fn signatures_by_openssl_and_by_the_key_count() {
        for kind in [Kind::Ed25519, Kind::P256] {
            let folder = Folder::new();
            folder.certificate(kind, "cert.pem", "key.pem");
            let path = folder.path("cert.pem");
            let der = files::certificate(&path).unwrap();
            let certificate = self_issued(&der, &path).unwrap();
            let bytes = payload_bytes(&certificate, GENESIS, 70);
            assert!(bytes.starts_with(b"\x3callod/auto-id/1"));
            assert_eq!(bytes.len(), 133);

            let payload = folder.write("payload", &bytes);
            let (key, signature) = (folder.path("key.pem"), folder.path("payload.sig"));
            openssl(&[
                "pkeyutl",
                "-sign",
                "-rawin",
                "-in",
                payload.to_str().unwrap(),
                "-inkey",
                key.to_str().unwrap(),
                "-out",
                signature.to_str().unwrap(),
            ]);
            let signature_bytes = fs::read(&signature).unwrap();
            let signer = Signer::Signature(&signature, signature_bytes);
            let signed = request(&certificate, GENESIS, 70, &signer).unwrap();
            assert_eq!((signed.nonce, signed.valid_until), (0, 70));
            for (genesis, valid_until) in [(GENESIS, 71), ([4; 32], 70)] {
                let error = request(&certificate, genesis, valid_until, &signer).unwrap_err();
                assert!(
                    error.contains("payload.sig: signature does not verify"),
                    "{error}"
                );
            }

            let key = keys::find(&certificate, &path, None).unwrap();
            let signer = Signer::Key(Box::new(key));
            assert!(request(&certificate, GENESIS, 71, &signer).is_ok());
        }
    }

    /// The call is the first of pallet 30, and its arguments stand as the request covers them.
    #[test]
    fn the_call_has_the_arguments_that_were_signed() {
        let folder = Folder::new();
        folder.certificate(Kind::Ed25519, "cert.pem", "key.pem");
        let path = folder.path("cert.pem");
        let der = files::certificate(&path).unwrap();
        let certificate = self_issued(&der, &path).unwrap();
        let key = keys::find(&certificate, &path, None).unwrap();
        let signer = Signer::Key(Box::new(key));
        let request = request(&certificate, GENESIS, 9, &signer).unwrap();
        let algorithm = certificate.signature_algorithm();
        let arguments = RegisterArguments {
            certificate: &der,
            algorithm,
        };
        let expected = [vec![30, 0], arguments.encode(), request.encode()].concat();
        let call = RuntimeCall::AutoId(pallet_auto_id::Call::register {
            certificate: der.clone().try_into().unwrap(),
            algorithm,
            request,
        });
        assert_eq!(call.encode(), expected);
    }

    #[test]
    fn wrong_input_is_named() {
        let path = Path::new("cert.der");
        let error = self_issued(b"\x30\x00", path).unwrap_err().to_string();
        assert!(error.starts_with("cert.der: "), "{error}");
        assert_eq!(check_validity(5, 6), Ok(()));
        assert!(check_validity(5, 5).unwrap_err().contains("#5"));
    }

    #[test]
    fn next_steps_can_be_pasted() {
        let steps = next_steps(Path::new("cert.pem"), Path::new("out"), 9);
        assert!(steps.contains("openssl pkeyutl -sign -rawin -in out -inkey KEY -out out.sig\n"));
        assert!(steps.contains("allod id register cert.pem --signature out.sig --valid-until 9\n"));
    }
}
