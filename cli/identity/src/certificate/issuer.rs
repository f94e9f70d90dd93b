//! The issuer of a certificate: named by a file or by its identifier, and what it may issue.

use crate::{
    Error,
    client::{Node, NodeArgs},
    files,
};
use allod_identity::Identifier;
use allod_rpc_types::auto_id::IdentityAnswer;
use allod_x509::{Budget, ParsedCertificate, path, profile};
use jsonrpsee::rpc_params;
use std::path::PathBuf;

/// Who issues.
#[derive(Debug, clap::Args)]
pub struct IssuerArgs {
    /// The issuer's certificate: PEM or DER.
    #[arg(long, value_name = "FILE", conflicts_with = "issuer_id")]
    pub issuer: Option<PathBuf>,

    /// The issuer's identifier; a node is asked for its certificate.
    #[arg(long, value_name = "IDENTIFIER")]
    pub issuer_id: Option<Identifier>,

    #[command(flatten)]
    node: NodeArgs,
}

impl IssuerArgs {
    /// The DER of the issuer's certificate, if an issuer is named.
    pub async fn certificate(&self) -> Result<Option<Vec<u8>>, Error> {
        if let Some(path) = &self.issuer {
            return files::certificate(path).map(Some);
        }
        let Some(identifier) = self.issuer_id else {
            return Ok(None);
        };
        let node = Node::connect(&self.node).await?;
        let answer: Option<IdentityAnswer> =
            node.ask("autoId_identity", rpc_params![identifier]).await?;
        let answer = answer.ok_or_else(|| format!("no identity {identifier} is registered"))?;
        Ok(Some(answer.certificate.into_inner()))
    }

    /// How the issuer is named, for the next command.
    pub fn words(&self) -> Vec<String> {
        match (&self.issuer, self.issuer_id) {
            (Some(path), _) => vec!["--issuer".into(), path.display().to_string()],
            (None, Some(identifier)) => vec!["--issuer-id".into(), identifier.to_string()],
            (None, None) => Vec::new(),
        }
    }
}

/// Whether the issuer's certificate lets it issue this one, but for the signature: form and profile, names, key
/// identifiers, the right to issue, name constraints, validity. Issuers further up are not looked at.
pub fn check_issuable(
    certificate: &ParsedCertificate<'_>,
    issuer: &ParsedCertificate<'_>,
) -> Result<(), Error> {
    profile::check(certificate).map_err(|error| format!("the certificate is refused: {error}"))?;
    let mut budget = Budget::CHAIN;
    let mut may_issue = || {
        path::check_issuer_name(certificate, issuer)?;
        path::check_key_identifiers(certificate, issuer)?;
        // A certificate that may issue is of use only with another one below it.
        path::check_may_issue(issuer, u8::from(certificate.is_ca()))?;
        path::check_name_constraints(issuer, certificate, true, &mut budget)
    };
    may_issue().map_err(|error| format!("the issuer's certificate does not allow it: {error}"))?;
    let (own, above) = (certificate.validity(), issuer.validity());
    if own.not_before < above.not_before || own.not_after > above.not_after {
        return Err("its validity is not within the issuer's".into());
    }
    Ok(())
}
