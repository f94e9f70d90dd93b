//! `allod id verify-data`.
//!
//! A signature counts if the data are those that were signed, the key is or was the identity's at the block that the
//! signature claims (see [`allod_identity::data`]) and may sign data, and the identity holds now, at the best and at
//! the finalized block. The first thing that is wrong is named; without a word about whom one trusts
//! (`--accept-root`) any root passes, as with `allod id verify`.

use super::{hash::hash_of, signature_file::SignatureFile};
use crate::{
    node::{At, Node, NodeArgs, NodeError},
    verbs::{
        error::{About, Error},
        report::{self, pretty},
        verify::ask,
    },
};
use allod_identity::{Identifier, KeyTenure, Purpose, judge_block};
use allod_rpc_types::auto_id::{
    BlockHash, DetailsAnswer, IdentityAnswer, RootList, VerifyAnswer, VerifyOptions,
};
use allod_x509::{KeyUsage, ParsedCertificate};
use jsonrpsee::rpc_params;
use serde::Serialize;
use std::{path::PathBuf, process::ExitCode};

/// Arguments of `allod id verify-data`.
#[derive(Debug, clap::Args)]
pub struct VerifyDataArgs {
    /// The data: any file, or `-` for the standard input.
    data: PathBuf,

    /// The signature file.
    signature: PathBuf,

    /// Take signatures of this identity only.
    #[arg(long, value_name = "IDENTIFIER")]
    identifier: Option<Identifier>,

    /// A root that you accept; may be given up to 16 times. Without it any root passes, and the
    /// report says whose it is.
    #[arg(long = "accept-root", value_name = "IDENTIFIER")]
    accept_roots: Vec<Identifier>,

    /// The one block whose state is asked: best, finalized, or its hash. Without it the best one and the
    /// finalized one are.
    #[arg(long, value_name = "BLOCK")]
    at: Option<At>,

    /// Write JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    node: NodeArgs,
}

/// What came out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Verdict {
    /// Whether the signature counts and the identity holds.
    holds: bool,
    /// Why the signature does not count, whatever the identity does.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    /// The identity that vouches.
    identifier: Identifier,
    /// The block at which the signer says that it signed.
    block: u32,
    /// The key's place among those of the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'static str>,
    /// What the chain says of the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<VerifyAnswer>,
}

/// Verifies a signature over data. Exit status 0 if it counts and the identity holds, 1 if not.
pub async fn verify_data(args: &VerifyDataArgs) -> Result<ExitCode, Error> {
    let file = SignatureFile::read(&args.signature)?;
    let data_hash = hash_of(&args.data)?;
    let roots = Some(args.accept_roots.clone()).filter(|roots| !roots.is_empty());
    let roots = roots
        .map(RootList::try_from)
        .transpose()
        .about("--accept-root")?;
    let verdict = match refuse_early(&file, data_hash, args.identifier) {
        Some(refusal) => refused(&file, refusal),
        None => judge(args, &file, roots).await?,
    };
    if args.json {
        allod_output::line(pretty(&verdict)?)?;
    } else {
        allod_output::text(in_words(&verdict))?;
    }
    Ok(if verdict.holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What is wrong whatever a chain says.
fn refuse_early(
    file: &SignatureFile,
    data_hash: [u8; 32],
    wanted: Option<Identifier>,
) -> Option<String> {
    if file.sha256.0 != data_hash {
        return Some("the data are not those that were signed: their SHA-256 is another".into());
    }
    match wanted {
        Some(wanted) if wanted != file.identifier => {
            Some(format!("it is by another identity than {wanted}"))
        }
        _ => None,
    }
}

fn refused(file: &SignatureFile, refusal: String) -> Verdict {
    Verdict {
        holds: false,
        refusal: Some(refusal),
        identifier: file.identifier,
        block: file.block,
        key: None,
        identity: None,
    }
}

/// Asks the chain.
async fn judge(
    args: &VerifyDataArgs,
    file: &SignatureFile,
    accepted_roots: Option<RootList>,
) -> Result<Verdict, NodeError> {
    let node = Node::connect(&args.node).await?;
    if node.genesis_hash().await?.0 != file.genesis_hash.0 {
        let other = format!(
            "it is for another chain, whose genesis hash is {}",
            file.genesis_hash
        );
        return Ok(refused(file, other));
    }
    let first = args.at.unwrap_or(At::Best);
    let (newest, judged) = at_block(&node, first, file, None).await?;
    let tenure = match judged {
        Ok(tenure) => tenure,
        Err(refusal) => return Ok(refused(file, refusal)),
    };
    let options = VerifyOptions {
        time: None,
        // Of a former key its own certificate says it, which was asked already.
        purpose: (tenure == KeyTenure::Current).then_some(Purpose::DigitalSignature),
        accepted_roots,
        at: node.hash_at(args.at).await?,
    };
    // Waits for the finalized block to have the identity, where that is all that is missing.
    let identity = ask(&node, file.identifier, &options).await?;
    let mut refusal = None;
    if args.at.is_none() && identity.report.holds() {
        let (_, judged) = at_block(&node, At::Finalized, file, Some(newest)).await?;
        refusal = judged
            .err()
            .map(|refusal| format!("at the finalized block: {refusal}"));
    }
    Ok(Verdict {
        holds: refusal.is_none() && identity.report.holds(),
        refusal,
        identifier: file.identifier,
        block: file.block,
        key: Some(match tenure {
            KeyTenure::Current => "current",
            KeyTenure::Former { .. } | KeyTenure::Compromised => "former",
        }),
        identity: Some(identity),
    })
}

/// What the state of one block makes of the signature, and that block's number. `newest` is the best block's number
/// where it is not that one.
async fn at_block(
    node: &Node,
    at: At,
    file: &SignatureFile,
    newest: Option<u32>,
) -> Result<(u32, Result<KeyTenure, String>), NodeError> {
    let hash: Option<BlockHash> = node.hash_at(Some(at)).await?;
    let identity = node.find_identity(file.identifier, hash).await?;
    let parameters = rpc_params![file.identifier, hash];
    let details: Option<DetailsAnswer> = node.ask("autoId_details", parameters).await?;
    let (Some(identity), Some(details)) = (identity, details) else {
        let unknown = NodeError::NotRegistered(file.identifier);
        return Ok((0, Err(unknown.to_string())));
    };
    let number = identity.block.number;
    let judged = judge_state(&identity, &details, file, newest.unwrap_or(number));
    Ok((number, judged))
}

/// Finds the key among the identity's, and checks signature, key usage and block by it.
fn judge_state(
    identity: &IdentityAnswer,
    details: &DetailsAnswer,
    file: &SignatureFile,
    newest: u32,
) -> Result<KeyTenure, String> {
    let current = (identity.certificate.as_ref(), KeyTenure::Current);
    let former = details.superseded.iter().map(|entry| {
        let tenure = if entry.compromised_after.is_some() {
            KeyTenure::Compromised
        } else if entry.key == identity.key {
            // A renewal kept the key.
            KeyTenure::Current
        } else {
            KeyTenure::Former {
                since: entry.since,
                until: entry.until,
            }
        };
        (entry.certificate.as_ref(), tenure)
    });
    let (certificate, tenure) = [current]
        .into_iter()
        .chain(former)
        .filter_map(|(der, tenure)| Some((ParsedCertificate::parse(der).ok()?, tenure)))
        .find(|(certificate, _)| certificate.fingerprint() == file.certificate.0)
        .ok_or(
            "it is by a certificate that is none of those that the chain keeps of the identity",
        )?;
    certificate
        .verify_message(
            file.algorithm,
            &file.payload().to_bytes(),
            file.signature.as_ref(),
        )
        .map_err(|error| error.to_string())?;
    if !certificate.allows(KeyUsage::DIGITAL_SIGNATURE) {
        return Err("the certificate's key usage has no digitalSignature".into());
    }
    judge_block(tenure, file.block, newest).map_err(|error| error.to_string())?;
    Ok(tenure)
}

fn in_words(verdict: &Verdict) -> String {
    let judgement = match (&verdict.refusal, verdict.holds) {
        (Some(refusal), _) => format!("does not count: {refusal}"),
        (None, true) => "counts".into(),
        (None, false) => "is right, but its identity does not hold".into(),
    };
    let key = verdict.key.map_or_else(String::new, |key| {
        format!("key                  the {key} one\n")
    });
    let identity = verdict
        .identity
        .as_ref()
        .map_or_else(String::new, report::verification);
    format!(
        "signature            {judgement}\n{key}\
         signed               at block #{}, says the signer\n{}",
        verdict.block,
        if identity.is_empty() {
            format!("identity             {}\n", verdict.identifier)
        } else {
            identity
        }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verbs::data::signature_file::Context;
    use allod_identity::{Issuance, KeyFingerprint, SignatureAlgorithm};
    use allod_rpc_types::auto_id::{
        BlockReference, CertificateFingerprint, StandingName, SupersededEntry,
    };
    use allod_x509::{
        SigningKey,
        builder::{CertificateBuilder, key_usage},
    };

    const ID: Identifier = Identifier([7; 32]);

    fn certificate(key: u8, usage: KeyUsage) -> Vec<u8> {
        let mut builder = CertificateBuilder::self_issued("agent");
        builder.extensions = vec![key_usage(&[usage])];
        builder.sign_self(&SigningKey::ed25519([key; 32]))
    }

    fn data_certificate(key: u8) -> Vec<u8> {
        certificate(key, KeyUsage::DIGITAL_SIGNATURE)
    }

    fn fingerprint(der: &[u8]) -> KeyFingerprint {
        KeyFingerprint::of(&ParsedCertificate::parse(der).unwrap())
    }

    fn block() -> BlockReference {
        BlockReference {
            number: 100,
            hash: BlockHash([1; 32]),
        }
    }

    /// An identity with this certificate, and before it the one of the key 1, from block 5 to 50.
    fn state(current: &[u8], compromised_after: Option<u32>) -> (IdentityAnswer, DetailsAnswer) {
        let former = data_certificate(1);
        let identity = IdentityAnswer {
            identifier: ID,
            key: fingerprint(current),
            algorithm: SignatureAlgorithm::Ed25519,
            issuance: Issuance::SelfIssued,
            nonce: 1,
            registered_at: 5,
            certificate: current.to_vec().try_into().unwrap(),
            block: block(),
        };
        let details = DetailsAnswer {
            identifier: ID,
            standing: StandingName::Valid,
            generation: 1,
            certified_at: 50,
            depth: 1,
            superseded: vec![SupersededEntry {
                generation: 0,
                key: fingerprint(&former),
                certificate: former.try_into().unwrap(),
                issuance: Issuance::SelfIssued,
                since: 5,
                until: 50,
                compromised_after,
            }],
            controller: None,
            pending_controller: None,
            guardians: None,
            pending_guardians: None,
            recovery: None,
            services: Vec::new(),
            block: block(),
        };
        (identity, details)
    }

    /// Signed by this key, under this certificate, at this block.
    fn file(key: u8, certificate: &[u8], at: u32) -> SignatureFile {
        let parsed = ParsedCertificate::parse(certificate).unwrap();
        let mut file = SignatureFile {
            context: Context::Data1,
            genesis_hash: BlockHash([3; 32]),
            identifier: ID,
            certificate: CertificateFingerprint(parsed.fingerprint()),
            block: at,
            sha256: CertificateFingerprint([4; 32]),
            algorithm: SignatureAlgorithm::Ed25519,
            signature: Vec::<u8>::new().try_into().unwrap(),
        };
        let signature = SigningKey::ed25519([key; 32]).sign(&file.payload().to_bytes());
        file.signature = signature.try_into().unwrap();
        file
    }

    #[test]
    fn current_and_former_keys() {
        let (old, new) = (data_certificate(1), data_certificate(2));
        let (identity, details) = state(&new, None);
        let judge = |file: &SignatureFile| judge_state(&identity, &details, file, 100);
        assert_eq!(judge(&file(2, &new, 100)), Ok(KeyTenure::Current));
        let former = KeyTenure::Former {
            since: 5,
            until: 50,
        };
        assert_eq!(judge(&file(1, &old, 5)), Ok(former));
        assert_eq!(judge(&file(1, &old, 50)), Ok(former));
        let third = data_certificate(3);
        for (file, expected) in [
            (file(1, &old, 51), "from block #5 to #50"),
            (file(1, &old, 4), "from block #5 to #50"),
            (file(2, &new, 101), "the chain is at block #100"),
            (file(3, &third, 60), "none of those that the chain keeps"),
            (file(3, &new, 60), "signature does not verify"),
            (file(1, &new, 60), "signature does not verify"),
        ] {
            let error = judge(&file).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        // Another algorithm than the key's is an error, not a way around.
        let mut other = file(2, &new, 60);
        other.algorithm = SignatureAlgorithm::RsaPssSha256;
        assert!(judge(&other).unwrap_err().contains("does not go with"));
    }

    #[test]
    fn keys_given_up_and_keys_kept() {
        let (old, new) = (data_certificate(1), data_certificate(2));
        let (identity, details) = state(&new, Some(40));
        let error = judge_state(&identity, &details, &file(1, &old, 10), 100).unwrap_err();
        assert!(error.contains("compromised"), "{error}");

        // Renewed with the same key: whichever certificate it signed under, it is the current one.
        let mut builder = CertificateBuilder::self_issued("agent");
        builder.serial = vec![2];
        let renewed = builder.sign_self(&SigningKey::ed25519([1; 32]));
        let (identity, details) = state(&renewed, None);
        let judged = judge_state(&identity, &details, &file(1, &old, 90), 100);
        assert_eq!(judged, Ok(KeyTenure::Current));
    }

    #[test]
    fn keys_for_other_things_sign_no_data() {
        let der = certificate(2, KeyUsage::CRL_SIGN);
        let (identity, details) = state(&der, None);
        let error = judge_state(&identity, &details, &file(2, &der, 60), 100).unwrap_err();
        assert!(error.contains("digitalSignature"), "{error}");
    }

    #[test]
    fn other_data_and_other_identities_need_no_node() {
        let der = data_certificate(2);
        let file = file(2, &der, 60);
        assert_eq!(refuse_early(&file, [4; 32], None), None);
        assert_eq!(refuse_early(&file, [4; 32], Some(ID)), None);
        let refusal = refuse_early(&file, [5; 32], None).unwrap();
        assert!(refusal.contains("SHA-256"), "{refusal}");
        let refusal = refuse_early(&file, [4; 32], Some(Identifier([8; 32]))).unwrap();
        assert!(refusal.contains("another identity"), "{refusal}");
        let text = in_words(&refused(&file, refusal));
        assert!(
            text.starts_with("signature            does not count: it is by another"),
            "{text}"
        );
        assert!(
            text.ends_with(&format!("identity             {ID}\n")),
            "{text}"
        );
    }
}
