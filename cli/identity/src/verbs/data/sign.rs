//! `allod id sign`.

use super::{
    hash::hash_of,
    signature_file::{Context, SignatureFile},
};
use crate::{
    files,
    keys::{
        algorithm::{algorithm_of_key, parse_algorithm},
        key_file,
        password::PasswordArgs,
    },
    node::{Node, NodeArgs},
    request::{args::parse_hash, offline},
    verbs::{
        error::{About, Error},
        report::pretty,
    },
};
use allod_identity::{DataPayload, Identifier};
use allod_rpc_types::auto_id::{BlockHash, CertificateFingerprint};
use allod_x509::{KeyUsage, ParsedCertificate, SignatureAlgorithm};
use jsonrpsee::rpc_params;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Arguments of `allod id sign`.
#[derive(Debug, clap::Args)]
pub struct SignArgs {
    /// The data: any file, or `-` for the standard input.
    data: PathBuf,

    /// The certificate of the identity that vouches: PEM or DER.
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,

    /// Its private key: PKCS#8, SEC 1 or PKCS#1, PEM or DER. Without it, it is looked for beside the certificate,
    /// as `allod id register` does.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["signature", "to_be_signed"])]
    key: Option<PathBuf>,

    #[command(flatten)]
    password: PasswordArgs,

    /// Where to write the signature file. Default: the data's name and `.sig.json`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Sign nothing here: where to write what a key that is elsewhere has to sign.
    #[arg(long, value_name = "FILE")]
    to_be_signed: Option<PathBuf>,

    /// A signature over what `--to-be-signed` wrote, instead of a key.
    #[arg(
        long,
        value_name = "FILE",
        requires = "block",
        conflicts_with = "to_be_signed"
    )]
    signature: Option<PathBuf>,

    /// The algorithm of the signature, for RSA keys: rsa-pkcs1-sha256 (default) to rsa-pss-sha512.
    #[arg(long, value_name = "NAME", value_parser = parse_algorithm)]
    signature_algorithm: Option<SignatureAlgorithm>,

    /// The identity. Without it a node is asked whose certificate it is.
    #[arg(long, value_name = "IDENTIFIER")]
    identifier: Option<Identifier>,

    /// The block at which this is signed. Default: the best one.
    #[arg(long, value_name = "BLOCK")]
    block: Option<u32>,

    /// Hash of the chain's genesis block. With it, --identifier and --block, no node is asked.
    #[arg(long, value_name = "HASH", value_parser = parse_hash)]
    genesis: Option<BlockHash>,

    #[command(flatten)]
    node: NodeArgs,
}

/// Signs data.
pub async fn sign(args: &SignArgs) -> Result<ExitCode, Error> {
    let der = files::certificate(&args.certificate)?;
    let shown = args.certificate.display();
    let certificate = ParsedCertificate::parse(&der).about(&shown)?;
    if !certificate.allows(KeyUsage::DIGITAL_SIGNATURE) {
        return Err(Error::NoDigitalSignature).about(&shown);
    }
    let key_kind = certificate.public_key().algorithm;
    let algorithm =
        algorithm_of_key(key_kind, args.signature_algorithm).map_err(Error::SignatureAlgorithm)?;
    let data_hash = hash_of(&args.data)?;
    let out = args.out()?;
    let payload = args.payload(&certificate, data_hash).await?;
    if let Some(to) = &args.to_be_signed {
        let words = args.again(&payload, algorithm, &out, to);
        allod_output::text(offline::hand_out(
            to,
            &payload.to_bytes(),
            algorithm,
            &words,
        )?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let signature = match &args.signature {
        Some(path) => files::read(path)?.to_vec(),
        None => {
            let named = args.key.as_deref();
            let key = key_file::find(&certificate, &args.certificate, named, &args.password)?;
            key.sign_with(algorithm, &payload.to_bytes())?
        }
    };
    let file = signed(&certificate, payload, algorithm, signature)?;
    let contents = format!("{}\n", pretty(&file)?);
    files::write_new(&out, contents.as_bytes())?;
    allod_output::line(format_args!("signature   {}", out.display()))?;
    allod_output::line(format_args!("identifier  {}", file.identifier))?;
    allod_output::line(format_args!("block       #{}", file.block))?;
    Ok(ExitCode::SUCCESS)
}

/// The signature file. A signature that is not right is refused.
fn signed(
    certificate: &ParsedCertificate<'_>,
    payload: DataPayload,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
) -> Result<SignatureFile, Error> {
    certificate
        .verify_message(algorithm, &payload.to_bytes(), &signature)
        .map_err(|error| Error::DataSignature {
            error,
            algorithm,
            block: payload.block,
        })?;
    Ok(SignatureFile {
        context: Context::Data1,
        genesis_hash: BlockHash(payload.genesis_hash),
        identifier: payload.identifier,
        certificate: CertificateFingerprint(certificate.fingerprint()),
        block: payload.block,
        sha256: CertificateFingerprint(payload.data_hash),
        algorithm,
        signature: signature.try_into()?,
    })
}

impl SignArgs {
    /// Where the signature file goes.
    fn out(&self) -> Result<PathBuf, Error> {
        if let Some(out) = &self.out {
            return Ok(out.clone());
        }
        if self.data == Path::new("-") {
            return Err(Error::NoDataName);
        }
        let mut name = OsString::from(&self.data);
        name.push(".sig.json");
        Ok(name.into())
    }

    /// What is signed; what is not said by arguments, a node is asked for.
    async fn payload(
        &self,
        certificate: &ParsedCertificate<'_>,
        data_hash: [u8; 32],
    ) -> Result<DataPayload, Error> {
        if let (Some(identifier), Some(block), Some(genesis)) =
            (self.identifier, self.block, self.genesis)
        {
            return Ok(DataPayload {
                genesis_hash: genesis.0,
                identifier,
                block,
                data_hash,
            });
        }
        let node = Node::connect(&self.node).await?;
        let genesis_hash = node.genesis_hash().await?.0;
        if let Some(wanted) = self.genesis.filter(|wanted| wanted.0 != genesis_hash) {
            return Err(Error::OtherChain(wanted));
        }
        Ok(DataPayload {
            genesis_hash,
            identifier: match self.identifier {
                Some(identifier) => identifier,
                None => owner(&node, certificate).await?,
            },
            block: match self.block {
                Some(block) => block,
                None => node.best_number().await?,
            },
            data_hash,
        })
    }

    /// The words of the command that takes the signature over what is in the file `to`.
    fn again(
        &self,
        payload: &DataPayload,
        algorithm: SignatureAlgorithm,
        out: &Path,
        to: &Path,
    ) -> Vec<String> {
        let options = [
            ("--certificate", self.certificate.display().to_string()),
            ("--identifier", payload.identifier.to_string()),
            ("--block", payload.block.to_string()),
            ("--genesis", BlockHash(payload.genesis_hash).to_string()),
            ("--signature-algorithm", algorithm.to_string()),
            ("--out", out.display().to_string()),
            ("--signature", offline::signature_of(to)),
        ];
        let data = self.data.display().to_string();
        let options = options
            .into_iter()
            .flat_map(|(name, value)| [name.into(), value]);
        ["id".into(), "sign".into(), data]
            .into_iter()
            .chain(options)
            .collect()
    }
}

/// The identity whose current certificate it is.
async fn owner(node: &Node, certificate: &ParsedCertificate<'_>) -> Result<Identifier, Error> {
    let fingerprint = CertificateFingerprint(certificate.fingerprint());
    let identifier: Option<Identifier> = node
        .ask("autoId_byFingerprint", rpc_params![fingerprint])
        .await?;
    identifier.ok_or(Error::NobodysCertificate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::offline::sign_as_told;
    use allod_test_support::Folder;
    use allod_x509::KeyAlgorithm;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: SignArgs,
    }

    const GENESIS: &str = "0x0101010101010101010101010101010101010101010101010101010101010101";

    /// Offline, in a folder with a certificate, its key, and data.
    async fn run(folder: &Folder, more: &[&str]) -> Result<(), String> {
        let path = |name: &str| folder.path(name).display().to_string();
        let identifier = "02".repeat(32);
        let (data, certificate) = (path("data"), path("cert.pem"));
        let fixed = [
            "sign",
            &data,
            "--certificate",
            &certificate,
            "--identifier",
            &identifier,
            "--genesis",
            GENESIS,
        ];
        let cli = Cli::try_parse_from([&fixed[..], more].concat()).map_err(|e| e.to_string())?;
        let result = sign(&cli.args).await;
        result.map(|_| ()).map_err(|error| error.to_string())
    }

    fn prepared(kind: KeyAlgorithm) -> Folder {
        let folder = Folder::new();
        folder.certificate(kind, "cert.pem", "key.pem");
        folder.write("data", b"the agent paid\n");
        folder
    }

    fn verify(folder: &Folder, name: &str) -> SignatureFile {
        let file = SignatureFile::read(&folder.path(name)).unwrap();
        let der = files::certificate(&folder.path("cert.pem")).unwrap();
        let certificate = ParsedCertificate::parse(&der).unwrap();
        certificate
            .verify_message(
                file.algorithm,
                &file.payload().to_bytes(),
                file.signature.as_ref(),
            )
            .unwrap();
        assert_eq!(file.certificate.0, certificate.fingerprint());
        file
    }

    #[tokio::test]
    async fn by_a_key_of_every_kind() {
        for kind in KeyAlgorithm::ALL {
            let folder = prepared(kind);
            run(&folder, &["--block", "7"]).await.unwrap();
            let file = verify(&folder, "data.sig.json");
            assert_eq!((file.block, file.identifier), (7, Identifier([2; 32])));
            assert_eq!(file.sha256.0, hash_of(&folder.path("data")).unwrap());
            let error = run(&folder, &["--block", "7"]).await.unwrap_err();
            assert!(error.contains("there already"), "{error}");
        }
    }

    /// Payload out, `openssl pkeyutl`, signature in.
    #[tokio::test]
    async fn by_a_key_that_is_elsewhere() {
        for algorithm in SignatureAlgorithm::ALL {
            let kind = algorithm.key_algorithm();
            let folder = prepared(kind);
            let payload = folder.path("payload");
            let named = ["--signature-algorithm", algorithm.name(), "--block", "7"];
            let first = ["--to-be-signed", payload.to_str().unwrap()];
            run(&folder, &[&named[..], &first].concat()).await.unwrap();
            let bytes = std::fs::read(&payload).unwrap();
            assert!(bytes.starts_with(b"\x30allod/data/1"));
            let signature = sign_as_told(&payload, &folder.path("key.pem"), algorithm);
            let second = ["--signature", signature.to_str().unwrap()];
            run(&folder, &[&named[..], &second].concat()).await.unwrap();
            assert_eq!(verify(&folder, "data.sig.json").algorithm, algorithm);

            // For another block it is no signature.
            let named = ["--signature-algorithm", algorithm.name(), "--block", "8"];
            let error = run(&folder, &[&named[..], &second].concat())
                .await
                .unwrap_err();
            assert!(error.contains("signature does not verify"), "{error}");
            assert!(error.contains("--block 8"), "{error}");
        }
    }

    #[tokio::test]
    async fn what_cannot_sign_data_is_refused() {
        let folder = prepared(KeyAlgorithm::Ed25519);
        let signature = folder.write("signature", [0_u8; 64]);
        let signature = signature.to_str().unwrap();
        for (arguments, expected) in [
            (
                &["--block", "7", "--signature-algorithm", "ecdsa-p256-sha256"][..],
                "does not go with",
            ),
            (&["--signature", signature], "--block"),
            (
                &["--block", "7", "--signature", signature],
                "does not verify",
            ),
            (&["--block", "7", "--genesis", "0x01"], "genesis"),
        ] {
            let error = run(&folder, arguments).await.unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        assert!(!folder.path("data.sig.json").exists());
    }
}
