//! Registered identities, as the chain knows those that take part in a request.

use crate::{
    files::{self, FileError},
    keys::{
        key_file::{self, KeyError},
        password::PasswordArgs,
    },
    node::{Node, NodeError},
    request::args::IdentityRef,
};
use allod_identity::{Identifier, Issuance};
use allod_rpc_types::auto_id::{CertificateFingerprint, DetailsAnswer, IdentityAnswer};
use allod_x509::{CertificateError, ParsedCertificate, builder::SigningKey};
use jsonrpsee::rpc_params;
use std::path::{Path, PathBuf};

/// Why an identity takes no part in a request.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The file that names it cannot be used.
    #[error("{0} (an identity is named by 64 hex digits or by its certificate's file)")]
    File(#[from] FileError),
    /// The file that names it holds no certificate.
    #[error("{}: {error}", .path.display())]
    FileCertificate {
        path: PathBuf,
        error: CertificateError,
    },
    /// The file that names it holds a certificate of nobody's, or a former one.
    #[error("{} is no identity's current certificate: it is not registered, or was superseded", .0.display())]
    NotCurrent(PathBuf),
    /// The node's word of a certificate in a file is not true.
    #[error("the node gave another certificate for {identifier} than that in {}", .path.display())]
    OtherCertificate {
        /// The identity that the node named.
        identifier: Identifier,
        path: PathBuf,
    },
    /// It has ended.
    #[error("{0} is deactivated, for ever")]
    Deactivated(Identifier),
    /// What the node gave for its certificate is none.
    #[error("the node's certificate of {identifier}: {error}")]
    NodesCertificate {
        identifier: Identifier,
        error: CertificateError,
    },
    /// Its certificate cannot be read.
    #[error("certificate of {identifier}: {error}")]
    Certificate {
        identifier: Identifier,
        error: CertificateError,
    },
    /// Another one decides about it.
    #[error("{subject} is controlled by {controller}, whose key has to sign: --as {controller}")]
    Controlled {
        subject: Identifier,
        controller: Identifier,
    },
    /// It decides about itself.
    #[error("{actor} does not control {subject}, which has no controller: leave out --as")]
    NotController {
        actor: Identifier,
        subject: Identifier,
    },
}

/// Why the key of a certificate is not at hand.
#[derive(Debug, thiserror::Error)]
pub enum FindKeyError {
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Nobody says where to look.
    #[error(
        "whose file is the key with the fingerprint {fingerprint}? Name it with {option}, or sign \
         elsewhere: --payload"
    )]
    Unnamed {
        /// SHA-256 of the key, hex.
        fingerprint: String,
        /// The option that names its file.
        option: &'static str,
    },
}

/// A registered identity that has a certificate.
#[derive(Debug, Clone)]
pub struct RegisteredIdentity {
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

impl RegisteredIdentity {
    /// Asks the chain about an identity.
    pub async fn load(node: &Node, named: &IdentityRef) -> Result<Self, IdentityError> {
        match named {
            IdentityRef::Identifier(identifier) => Self::by_identifier(node, *identifier).await,
            IdentityRef::File(path) => Self::by_file(node, path).await,
        }
    }

    /// The identity of this identifier.
    pub async fn by_identifier(node: &Node, identifier: Identifier) -> Result<Self, IdentityError> {
        Self::from_answer(identifier, node.identity(identifier, None).await?)
    }

    /// The identity whose current certificate lies in a file.
    async fn by_file(node: &Node, path: &Path) -> Result<Self, IdentityError> {
        let der = files::certificate(path)?;
        let parsed =
            ParsedCertificate::parse(&der).map_err(|error| IdentityError::FileCertificate {
                path: path.into(),
                error,
            })?;
        let fingerprint = CertificateFingerprint(parsed.fingerprint());
        let parameters = rpc_params![fingerprint];
        let identifier: Option<Identifier> = node.ask("autoId_byFingerprint", parameters).await?;
        let identifier = identifier.ok_or_else(|| IdentityError::NotCurrent(path.into()))?;
        let identity = Self::by_identifier(node, identifier).await?;
        if identity.certificate != der {
            return Err(IdentityError::OtherCertificate {
                identifier,
                path: path.into(),
            });
        }
        Ok(Self {
            file: Some(path.to_owned()),
            ..identity
        })
    }

    fn from_answer(asked: Identifier, answer: IdentityAnswer) -> Result<Self, IdentityError> {
        if answer.identifier != asked {
            return Err(NodeError::OtherIdentity(answer.identifier).into());
        }
        let certificate = answer.certificate.into_inner();
        if certificate.is_empty() {
            return Err(IdentityError::Deactivated(asked));
        }
        if let Err(error) = ParsedCertificate::parse(&certificate) {
            let identifier = asked;
            return Err(IdentityError::NodesCertificate { identifier, error });
        }
        Ok(Self {
            identifier: asked,
            nonce: answer.nonce,
            certificate,
            issuance: answer.issuance,
            file: None,
        })
    }

    /// The certificate, read.
    pub fn parsed(&self) -> Result<ParsedCertificate<'_>, IdentityError> {
        ParsedCertificate::parse(&self.certificate).map_err(|error| IdentityError::Certificate {
            identifier: self.identifier,
            error,
        })
    }

    /// What else the chain stores about it.
    pub async fn details(&self, node: &Node) -> Result<DetailsAnswer, NodeError> {
        details(node, self.identifier).await
    }
}

/// The identifier that somebody is named by, or that the chain has for the certificate in a file.
pub async fn identifier(node: &Node, named: &IdentityRef) -> Result<Identifier, IdentityError> {
    match named {
        IdentityRef::Identifier(identifier) => Ok(*identifier),
        IdentityRef::File(path) => Ok(RegisteredIdentity::by_file(node, path).await?.identifier),
    }
}

/// What `autoId_identity` does not say about an identity.
pub async fn details(node: &Node, identifier: Identifier) -> Result<DetailsAnswer, NodeError> {
    let answer: Option<DetailsAnswer> = node.ask("autoId_details", rpc_params![identifier]).await?;
    let answer = answer.ok_or(NodeError::NotRegistered(identifier))?;
    if answer.identifier != identifier {
        return Err(NodeError::OtherIdentity(answer.identifier));
    }
    Ok(answer)
}

/// Who decides about an identity: its controller, or itself. Whoever is named must be that one.
pub async fn authority(
    node: &Node,
    subject: &RegisteredIdentity,
    named: Option<&IdentityRef>,
) -> Result<RegisteredIdentity, IdentityError> {
    let actor = match named {
        Some(named) => RegisteredIdentity::load(node, named).await?,
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
) -> Result<(), IdentityError> {
    match controller {
        Some(controller) if controller != actor => Err(IdentityError::Controlled {
            subject,
            controller,
        }),
        None if actor != subject => Err(IdentityError::NotController { actor, subject }),
        Some(_) | None => Ok(()),
    }
}

/// The key of a certificate: from `named`, or beside `file`.
pub fn find_key(
    certificate: &[u8],
    file: Option<&Path>,
    named: Option<&Path>,
    option: &'static str,
    password: &PasswordArgs,
) -> Result<SigningKey, FindKeyError> {
    let parsed = ParsedCertificate::parse(certificate)?;
    let Some(beside) = file.or(named) else {
        return Err(FindKeyError::Unnamed {
            fingerprint: hex::encode(parsed.key_fingerprint()),
            option,
        });
    };
    Ok(key_file::find(&parsed, beside, named, password)?)
}

#[cfg(test)]
impl RegisteredIdentity {
    /// A root with this certificate.
    pub(crate) fn root(identifier: Identifier, nonce: u64, certificate: Vec<u8>) -> Self {
        Self {
            identifier,
            nonce,
            certificate,
            issuance: Issuance::SelfIssued,
            file: None,
        }
    }

    /// A root with the nonce 5, whose identifier is this byte over and over.
    pub(crate) fn root_of(byte: u8, name: &str, key: &SigningKey) -> Self {
        let certificate = allod_x509::builder::CertificateBuilder::self_issued(name).sign_self(key);
        Self::root(Identifier([byte; 32]), 5, certificate)
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
        let read = |asked, certificate| {
            let answer = answer(certificate);
            RegisteredIdentity::from_answer(asked, answer).map_err(|error| error.to_string())
        };
        let identity = read(ID, der.clone()).unwrap();
        assert_eq!((identity.nonce, &identity.certificate), (7, &der));
        for (asked, certificate, expected) in [
            (Identifier([2; 32]), der, "reported on 0101"),
            (ID, Vec::new(), "is deactivated"),
            (ID, vec![0x30, 0], "the node's certificate"),
        ] {
            let error = read(asked, certificate).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn only_the_authority_acts() {
        let [subject, controller, other] = [1, 2, 3].map(|byte| Identifier([byte; 32]));
        let check = |controller, actor| {
            check_authority(subject, controller, actor).map_err(|error| error.to_string())
        };
        assert_eq!(check(None, subject), Ok(()));
        assert_eq!(check(Some(controller), controller), Ok(()));
        let error = check(Some(controller), subject).unwrap_err();
        assert!(error.contains(&format!("--as {controller}")), "{error}");
        let error = check(Some(controller), other).unwrap_err();
        assert!(error.contains("is controlled by 0202"), "{error}");
        let error = check(None, other).unwrap_err();
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
    }

    #[test]
    fn a_word_that_names_nobody_is_explained() {
        let missing = files::certificate(Path::new("abcd")).unwrap_err();
        let error = IdentityError::from(missing).to_string();
        assert!(error.starts_with("cannot read abcd: "), "{error}");
        assert!(error.contains("64 hex digits"), "{error}");
    }
}
