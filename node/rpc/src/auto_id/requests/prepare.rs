//! Reading requests: their certificates, lists, guardians and services.

use crate::{
    auto_id::{
        IdentityClient,
        blocks::{At, ChainReader},
        params::{CERTIFICATE, CRL, parsed, parsed_crl, refused, self_issued},
    },
    error::invalid_params,
};
use allod_identity::{
    AutoIdApi as _, GuardianSet, Identifier, KeyFingerprint, Service, SignatureAlgorithm,
    api::PayloadQuery, check_services,
};
use allod_rpc_types::auto_id::{
    CertificateText, CoIssuerList, GuardianSetEntry, Request, ServiceEntry, codes,
};
use allod_x509::ParsedCertificate;
use jsonrpsee::{core::RpcResult, types::ErrorObjectOwned};
use sp_runtime::traits::Block as BlockT;

/// Whose key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signer {
    /// That of the certificate which the request brings.
    NewKey,
    /// That of the identity which acts.
    Actor,
}

/// Who issues the certificate that a request brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Issuers {
    /// Nobody else has to consent.
    None,
    /// Those whom the request names.
    Named(Identifier, Vec<Identifier>),
    /// Those of this identity's current certificate.
    Of(Identifier),
}

/// A request that was read.
pub(super) struct Prepared {
    pub query: PayloadQuery,
    /// DER of the certificate that it brings.
    pub certificate: Option<Vec<u8>>,
    pub signer: Signer,
    /// Whether the certificate may bring a new key, which then signs besides.
    pub may_bring_key: bool,
    /// The only algorithm that the call takes, where it declares none for the request.
    pub fixed_algorithm: Option<SignatureAlgorithm>,
    pub issuers: Issuers,
    /// The identity to name if nobody can act.
    pub named: Identifier,
}

impl Prepared {
    pub fn by_actor(named: Identifier, query: PayloadQuery) -> Self {
        Self {
            query,
            certificate: None,
            signer: Signer::Actor,
            may_bring_key: false,
            fixed_algorithm: None,
            issuers: Issuers::None,
            named,
        }
    }

    fn bringing(self, certificate: Vec<u8>, signer: Signer, issuers: Issuers) -> Self {
        Self {
            certificate: Some(certificate),
            signer,
            issuers,
            ..self
        }
    }
}

impl<Client, Block> ChainReader<Client, Block>
where
    Block: BlockT,
    Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
    Client: IdentityClient<Block>,
{
    /// Reads a request.
    pub(super) fn prepare(&self, at: &At<Block::Hash>, request: Request) -> RpcResult<Prepared> {
        let (named, query) = match request {
            Request::Register { certificate } => return self.prepare_register(at, certificate),
            Request::RegisterIssued {
                certificate,
                issuer,
                co_issuers,
            } => return self.prepare_register_issued(at, certificate, issuer, co_issuers),
            Request::Renew {
                identifier,
                certificate,
                compromised_after,
            } => return prepare_renew(identifier, certificate, compromised_after),
            Request::Reparent {
                identifier,
                certificate,
                issuer,
                co_issuers,
            } => return self.prepare_reparent(at, identifier, certificate, issuer, co_issuers),
            Request::ExecuteRecovery {
                identifier,
                number,
                certificate,
            } => return prepare_execute_recovery(identifier, number, certificate),
            Request::CoIssue {
                co_issuer,
                certificate_hash,
                issuer,
            } => {
                let query = PayloadQuery::CoIssue {
                    co_issuer,
                    certificate_hash: certificate_hash.0,
                    issuer,
                };
                (co_issuer, query)
            }
            Request::Deactivate { identifier } => {
                (identifier, PayloadQuery::Deactivate { identifier })
            }
            Request::SetController {
                identifier,
                controller,
            } => {
                let query = PayloadQuery::SetController {
                    identifier,
                    controller,
                };
                (identifier, query)
            }
            Request::SetGuardians {
                identifier,
                guardians,
            } => {
                let guardians = guardians.map(guardian_set).transpose()?;
                let query = PayloadQuery::SetGuardians {
                    identifier,
                    guardians,
                };
                (identifier, query)
            }
            Request::OpenRecovery {
                guardian,
                identifier,
                certificate_hash,
                compromised_after,
            } => {
                let query = PayloadQuery::OpenRecovery {
                    guardian,
                    identifier,
                    certificate_hash: certificate_hash.0,
                    compromised_after,
                };
                (guardian, query)
            }
            Request::ApproveRecovery {
                guardian,
                identifier,
                number,
                certificate_hash,
            } => {
                let query = PayloadQuery::ApproveRecovery {
                    guardian,
                    identifier,
                    number,
                    certificate_hash: certificate_hash.0,
                };
                (guardian, query)
            }
            Request::VetoRecovery { identifier, number } => {
                let query = PayloadQuery::VetoRecovery { identifier, number };
                (identifier, query)
            }
            Request::SetServices {
                identifier,
                services,
            } => {
                let services = services_of(services.into_inner())?;
                let query = PayloadQuery::SetServices {
                    identifier,
                    services,
                };
                (identifier, query)
            }
            Request::Revoke {
                issuer,
                serial,
                reason,
            } => {
                let serial = serial.into_contents();
                let query = PayloadQuery::Revoke {
                    issuer,
                    serial,
                    reason,
                };
                (issuer, query)
            }
            Request::Hold { issuer, serial } => {
                let serial = serial.into_contents();
                (issuer, PayloadQuery::Hold { issuer, serial })
            }
            Request::Release { issuer, serial } => {
                let serial = serial.into_contents();
                (issuer, PayloadQuery::Release { issuer, serial })
            }
            Request::PublishCrl { issuer, crl } => {
                let der = CRL.read(crl.as_str())?;
                (issuer, self.publish_crl_query(at, issuer, der)?)
            }
        };
        Ok(Prepared::by_actor(named, query))
    }

    fn prepare_register(
        &self,
        at: &At<Block::Hash>,
        certificate: CertificateText,
    ) -> RpcResult<Prepared> {
        let der = CERTIFICATE.read(certificate.as_str())?;
        let new = self_issued(&der)?;
        self.refuse_known(at, &new)?;
        let query = PayloadQuery::Register {
            algorithm: new.signature_algorithm(),
            certificate: der.clone(),
        };
        let prepared = Prepared {
            fixed_algorithm: Some(new.signature_algorithm()),
            ..Prepared::by_actor(Identifier::of(&new), query)
        };
        Ok(prepared.bringing(der, Signer::NewKey, Issuers::None))
    }

    fn prepare_register_issued(
        &self,
        at: &At<Block::Hash>,
        certificate: CertificateText,
        issuer: Identifier,
        co_issuers: CoIssuerList,
    ) -> RpcResult<Prepared> {
        let der = CERTIFICATE.read(certificate.as_str())?;
        let new = parsed(&der)?;
        self.refuse_known(at, &new)?;
        self.refuse_unsigned(at, &new, issuer)?;
        let co_issuers = co_issuers.into_inner();
        let query = PayloadQuery::RegisterIssued {
            algorithm: new.signature_algorithm(),
            certificate: der.clone(),
            issuer,
            co_issuers: co_issuers.clone(),
        };
        let named = Identifier::of(&new);
        let issuers = Issuers::Named(issuer, co_issuers);
        Ok(Prepared::by_actor(named, query).bringing(der, Signer::NewKey, issuers))
    }

    fn prepare_reparent(
        &self,
        at: &At<Block::Hash>,
        identifier: Identifier,
        certificate: CertificateText,
        issuer: Identifier,
        co_issuers: CoIssuerList,
    ) -> RpcResult<Prepared> {
        let (der, algorithm) = successor(&certificate)?;
        self.refuse_unsigned(at, &parsed(&der)?, issuer)?;
        let co_issuers = co_issuers.into_inner();
        let query = PayloadQuery::Reparent {
            identifier,
            certificate: der.clone(),
            algorithm,
            issuer,
            co_issuers: co_issuers.clone(),
        };
        let issuers = Issuers::Named(issuer, co_issuers);
        Ok(Prepared::by_actor(identifier, query).bringing(der, Signer::Actor, issuers))
    }

    fn publish_crl_query(
        &self,
        at: &At<Block::Hash>,
        issuer: Identifier,
        der: Vec<u8>,
    ) -> RpcResult<PayloadQuery> {
        let list = parsed_crl(&der)?;
        let certificate = self.key_of(at, issuer)?;
        list.verify_issued_by(&parsed(&certificate)?)
            .map_err(|error| {
                let message = format!("crl: {error}, by the certificate of {issuer}");
                refused(codes::CRL_REFUSED, message, &error)
            })?;
        Ok(PayloadQuery::PublishCrl {
            issuer,
            algorithm: list.signature_algorithm(),
            crl: der.clone(),
        })
    }

    /// Says at once what would make the extrinsic fail later, at somebody's cost.
    fn refuse_known(
        &self,
        at: &At<Block::Hash>,
        certificate: &ParsedCertificate<'_>,
    ) -> RpcResult<()> {
        let identifier = Identifier::of(certificate);
        if self.info(at, identifier)?.is_some() {
            let message = format!("identity {identifier} is registered already");
            let code = codes::ALREADY_REGISTERED;
            return Err(ErrorObjectOwned::owned(code, message, Some(identifier)));
        }
        let key = KeyFingerprint::of(certificate);
        let other = self.client.runtime_api().identity_by_key(at.hash, key);
        if let Some(other) = self.answered(at, other)? {
            let message = format!("the certificate's key serves the identity {other} already");
            let code = codes::KEY_IN_USE;
            return Err(ErrorObjectOwned::owned(code, message, Some(other)));
        }
        Ok(())
    }

    /// Refuses a certificate that the issuer's current key did not sign.
    fn refuse_unsigned(
        &self,
        at: &At<Block::Hash>,
        certificate: &ParsedCertificate<'_>,
        issuer: Identifier,
    ) -> RpcResult<()> {
        let der = self.key_of(at, issuer)?;
        certificate
            .verify_signed_by(&parsed(&der)?)
            .map_err(|error| {
                let message = format!("certificate: {error}, that of the issuer {issuer}");
                refused(codes::CERTIFICATE_REFUSED, message, &error)
            })
    }
}

/// Another certificate of an identity, DER, and the algorithm of the signature on it.
fn successor(text: &CertificateText) -> RpcResult<(Vec<u8>, SignatureAlgorithm)> {
    let der = CERTIFICATE.read(text.as_str())?;
    let algorithm = parsed(&der)?.signature_algorithm();
    Ok((der, algorithm))
}

fn prepare_renew(
    identifier: Identifier,
    certificate: CertificateText,
    compromised_after: Option<u32>,
) -> RpcResult<Prepared> {
    let (der, algorithm) = successor(&certificate)?;
    let query = PayloadQuery::Renew {
        identifier,
        certificate: der.clone(),
        algorithm,
        compromised_after,
    };
    let prepared = Prepared {
        may_bring_key: true,
        ..Prepared::by_actor(identifier, query)
    };
    Ok(prepared.bringing(der, Signer::Actor, Issuers::Of(identifier)))
}

fn prepare_execute_recovery(
    identifier: Identifier,
    number: u32,
    certificate: CertificateText,
) -> RpcResult<Prepared> {
    let (der, algorithm) = successor(&certificate)?;
    let query = PayloadQuery::ExecuteRecovery {
        identifier,
        number,
        certificate: der.clone(),
        algorithm,
    };
    let issuers = Issuers::Of(identifier);
    Ok(Prepared::by_actor(identifier, query).bringing(der, Signer::NewKey, issuers))
}

/// Guardians as the chain stores them.
fn guardian_set(entry: GuardianSetEntry) -> RpcResult<GuardianSet> {
    let set = GuardianSet {
        members: entry
            .members
            .into_inner()
            .try_into()
            .map_err(|_| invalid_params("too many guardians", None))?,
        threshold: entry.threshold,
        delay: entry.delay,
    };
    set.check()
        .map_err(|error| invalid_params(format!("guardians: {error}"), None))?;
    Ok(set)
}

/// Services as the chain stores them.
fn services_of(entries: Vec<ServiceEntry>) -> RpcResult<Vec<Service>> {
    let too_long = |_| invalid_params("a service's text is too long", None);
    let bytes = |text: &str| text.as_bytes().to_vec();
    let services = entries
        .into_iter()
        .map(|entry| {
            Ok(Service {
                name: bytes(entry.name.as_str()).try_into().map_err(too_long)?,
                kind: bytes(entry.r#type.as_str()).try_into().map_err(too_long)?,
                uri: bytes(entry.service_endpoint.as_str())
                    .try_into()
                    .map_err(too_long)?,
            })
        })
        .collect::<RpcResult<Vec<_>>>()?;
    check_services(&services)
        .map_err(|error| invalid_params(format!("services: {error}"), None))?;
    Ok(services)
}
