//! The issuer of a certificate: named by a file or by its identifier, and what it may issue.

use crate::{
    files::{self, FileError},
    node::{Node, NodeArgs, NodeError},
};
use allod_identity::Identifier;
use allod_x509::{
    Budget, ParsedCertificate, PathError, path,
    profile::{self, ProfileError},
};
use std::path::PathBuf;

/// Why there is no issuer, or it does not issue a certificate.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A certificate that no identity may have.
    #[error("the certificate is refused: {0}")]
    Refused(#[from] ProfileError),
    /// A rule of paths that the two would break.
    #[error("the issuer's certificate does not allow it: {0}")]
    NotAllowed(#[from] PathError),
    /// A certificate that would count before the issuer's does, or after.
    #[error("its validity is not within the issuer's")]
    Validity,
}

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
    pub async fn certificate(&self) -> Result<Option<Vec<u8>>, IssuerError> {
        if let Some(path) = &self.issuer {
            return Ok(Some(files::certificate(path)?));
        }
        let Some(identifier) = self.issuer_id else {
            return Ok(None);
        };
        let node = Node::connect(&self.node).await?;
        let answer = node.identity(identifier, None).await?;
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
) -> Result<(), IssuerError> {
    profile::check(certificate)?;
    let mut budget = Budget::CHAIN;
    let mut may_issue = || {
        path::check_issuer_name(certificate, issuer)?;
        path::check_key_identifiers(certificate, issuer)?;
        // A certificate that may issue is of use only with another one below it.
        path::check_may_issue(issuer, u8::from(certificate.is_ca()))?;
        path::check_name_constraints(issuer, certificate, true, &mut budget)
    };
    may_issue()?;
    let (own, above) = (certificate.validity(), issuer.validity());
    if own.not_before < above.not_before || own.not_after > above.not_after {
        return Err(IssuerError::Validity);
    }
    Ok(())
}
