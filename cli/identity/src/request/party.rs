//! Identities that take part in a request, as the chain knows them.

use crate::{
    Error,
    client::Node,
    files,
    keys::{key_file, password::PasswordArgs},
    request::options::Named,
};
use allod_identity::{Identifier, Issuance};
use allod_rpc_types::auto_id::{CertificateFingerprint, DetailsAnswer, IdentityAnswer};
use allod_x509::{ParsedCertificate, builder::SigningKey};
use jsonrpsee::rpc_params;
use std::path::{Path, PathBuf};

/// An identity that has a certificate.
#[derive(Debug, Clone)]
pub struct Party {
    /// Its identifier.
    pub identifier: Identifier,
    /// The nonce of its next request.
    pub nonce: u64,
    /// DER of its current certificate.
    pub certificate: Vec<u8>,
    /// Who issued that.
    pub issuance: Issuance,
    /// The file of the certificate, if it was named by one: its key is looked for beside it.
    pub file: Option<PathBuf>,
}

impl Party {
    /// Asks the chain about an identity.
    pub async fn load(node: &Node, named: &Named) -> Result<Self, Error> {
        match named {
            Named::Identifier(identifier) => Self::by_identifier(node, *identifier).await,
            Named::File(path) => Self::by_file(node, path).await,
        }
    }

    /// The identity of this identifier.
    pub async fn by_identifier(node: &Node, identifier: Identifier) -> Result<Self, Error> {
        let parameters = rpc_params![identifier];
        let answer: Option<IdentityAnswer> = node.ask("autoId_identity", parameters).await?;
        let answer = answer.ok_or_else(|| format!("no identity {identifier} is registered"))?;
        Self::from_answer(identifier, answer).map_err(Error::from)
    }

    /// The identity whose current certificate lies in a file.
    async fn by_file(node: &Node, path: &Path) -> Result<Self, Error> {
        let der = read_named(path)?;
        let parsed = ParsedCertificate::parse(&der)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let fingerprint = CertificateFingerprint(parsed.fingerprint());
        let parameters = rpc_params![fingerprint];
        let identifier: Option<Identifier> = node.ask("autoId_byFingerprint", parameters).await?;
        let identifier = identifier.ok_or_else(|| {
            format!(
                "{} is no identity's current certificate: it is not registered, or was superseded",
                path.display()
            )
        })?;
        let party = Self::by_identifier(node, identifier).await?;
        if party.certificate != der {
            return Err(format!(
                "the node gave another certificate for {identifier} than that in {}",
                path.display()
            )
            .into());
        }
        Ok(Self {
            file: Some(path.to_owned()),
            ..party
        })
    }

    fn from_answer(asked: Identifier, answer: IdentityAnswer) -> Result<Self, String> {
        if answer.identifier != asked {
            return Err(format!(
                "the node reported on {} instead",
                answer.identifier
            ));
        }
        let certificate = answer.certificate.into_inner();
        if certificate.is_empty() {
            return Err(format!("{asked} is deactivated, for ever"));
        }
        ParsedCertificate::parse(&certificate)
            .map_err(|error| format!("the node's certificate of {asked}: {error}"))?;
        Ok(Self {
            identifier: asked,
            nonce: answer.nonce,
            certificate,
            issuance: answer.issuance,
            file: None,
        })
    }

    /// The certificate, read.
    pub fn parsed(&self) -> Result<ParsedCertificate<'_>, String> {
        ParsedCertificate::parse(&self.certificate)
            .map_err(|error| format!("certificate of {}: {error}", self.identifier))
    }

    /// What else the chain stores about it.
    pub async fn details(&self, node: &Node) -> Result<DetailsAnswer, Error> {
        details(node, self.identifier).await
    }
}

/// What `autoId_identity` does not say about an identity.
pub async fn details(node: &Node, identifier: Identifier) -> Result<DetailsAnswer, Error> {
    let answer: Option<DetailsAnswer> = node.ask("autoId_details", rpc_params![identifier]).await?;
    let answer = answer.ok_or_else(|| format!("no identity {identifier} is registered"))?;
    if answer.identifier != identifier {
        return Err(format!("the node reported on {} instead", answer.identifier).into());
    }
    Ok(answer)
}

/// Who decides about an identity: its controller, or itself. Whoever is named must be that one.
pub async fn authority(
    node: &Node,
    subject: &Party,
    named: Option<&Named>,
) -> Result<Party, Error> {
    let actor = match named {
        Some(named) => Party::load(node, named).await?,
        None => subject.clone(),
    };
    let controller = subject.details(node).await?.controller;
    check_authority(subject.identifier, controller, actor.identifier)?;
    Ok(actor)
}

fn check_authority(
    subject: Identifier,
    controller: Option<Identifier>,
    actor: Identifier,
) -> Result<(), String> {
    match controller {
        Some(controller) if controller != actor => Err(format!(
            "{subject} is controlled by {controller}, whose key has to sign: --as {controller}"
        )),
        None if actor != subject => Err(format!(
            "{actor} does not control {subject}, which has no controller: leave out --as"
        )),
        _ => Ok(()),
    }
}

/// The certificate in a file that the command line gave for an identity.
fn read_named(path: &Path) -> Result<Vec<u8>, Error> {
    files::certificate(path).map_err(|error| {
        format!("{error} (an identity is named by 64 hex digits or by its certificate's file)")
            .into()
    })
}

/// The key of a certificate: from `named`, or beside `file`.
pub fn find_key(
    certificate: &[u8],
    file: Option<&Path>,
    named: Option<&Path>,
    option: &str,
    password: &PasswordArgs,
) -> Result<SigningKey, Error> {
    let parsed = ParsedCertificate::parse(certificate)?;
    match (file, named) {
        (None, None) => {
            let fingerprint = hex::encode(parsed.key_fingerprint());
            Err(format!(
                "whose file is the key with the fingerprint {fingerprint}? Name it with {option}, or \
                 sign elsewhere: --payload"
            )
            .into())
        }
        (file, named) => {
            let beside = file.or(named).unwrap_or(Path::new(""));
            key_file::find(&parsed, beside, named, password)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_identity::{KeyFingerprint, SignatureAlgorithm};
    use allod_rpc_types::auto_id::{BlockHash, BlockReference};
    use allod_x509::builder::CertificateBuilder;

    const ID: Identifier = Identifier([1; 32]);

    fn answer(certificate: Vec<u8>) -> IdentityAnswer {
        IdentityAnswer {
            identifier: ID,
            key: KeyFingerprint([1; 32]),
            algorithm: SignatureAlgorithm::Ed25519,
            issuance: Issuance::SelfIssued,
            nonce: 7,
            registered_at: 9,
            certificate: certificate.try_into().unwrap(),
            block: BlockReference {
                number: 12,
                hash: BlockHash([0; 32]),
            },
        }
    }

    #[test]
    fn answers_are_checked() {
        let key = SigningKey::ed25519([1; 32]);
        let der = CertificateBuilder::self_issued("a").sign_self(&key);
        let party = Party::from_answer(ID, answer(der.clone())).unwrap();
        assert_eq!((party.nonce, &party.certificate), (7, &der));
        let error = Party::from_answer(Identifier([2; 32]), answer(der)).unwrap_err();
        assert!(error.contains("reported on 0101"), "{error}");
        let error = Party::from_answer(ID, answer(Vec::new())).unwrap_err();
        assert!(error.contains("is deactivated"), "{error}");
        let error = Party::from_answer(ID, answer(vec![0x30, 0])).unwrap_err();
        assert!(error.contains("the node's certificate"), "{error}");
    }

    #[test]
    fn only_the_authority_acts() {
        let [subject, controller, other] = [1, 2, 3].map(|byte| Identifier([byte; 32]));
        assert_eq!(check_authority(subject, None, subject), Ok(()));
        assert_eq!(
            check_authority(subject, Some(controller), controller),
            Ok(())
        );
        let error = check_authority(subject, Some(controller), subject).unwrap_err();
        assert!(error.contains(&format!("--as {controller}")), "{error}");
        let error = check_authority(subject, Some(controller), other).unwrap_err();
        assert!(error.contains("is controlled by 0202"), "{error}");
        let error = check_authority(subject, None, other).unwrap_err();
        assert!(error.contains("leave out --as"), "{error}");
    }

    #[test]
    fn a_key_that_nobody_named_is_asked_for() {
        let key = SigningKey::ed25519([1; 32]);
        let der = CertificateBuilder::self_issued("a").sign_self(&key);
        let error = find_key(&der, None, None, "--new-key", &PasswordArgs::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("--new-key") && error.contains("--payload"),
            "{error}"
        );
        let error = read_named(Path::new("abcd")).unwrap_err().to_string();
        assert!(error.contains("64 hex digits"), "{error}");
    }
}
