//! What is stored about identities and lists, as it travels.

use super::{
    IdentityClient,
    blocks::{At, ChainReader},
    params::{CERTIFICATE, CRL},
};
use crate::error::server_error;
use allod_identity::{
    AutoIdApi as _, AutoIdLookupApi as _, CertificateReference, GuardianSet, Identifier,
    IdentityInfo, KeyFingerprint, RevocationApi as _, Service, SignatureAlgorithm,
    api::{
        CrlError, IdentityDetails, MAX_PAGE, PublishedCrl, RecoveryInfo, Standing, SupersededInfo,
    },
};
use allod_rpc_types::auto_id::{
    BoundedText, CertificateFingerprint, CertificateFormat, CrlAnswer, DEFAULT_PAGE, DetailsAnswer,
    IdentityAnswer, IssuedByAnswer, PendingController, PendingGuardians, RecoveryEntry,
    ServiceEntry, StandingName, SupersededEntry, ToBeSignedAnswer, codes,
};
use allod_x509::ParsedCertificate;
use jsonrpsee::{core::RpcResult, types::ErrorObjectOwned};
use sp_runtime::traits::Block as BlockT;

impl<Client, Block> ChainReader<Client, Block>
where
    Block: BlockT,
    Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
    Client: IdentityClient<Block>,
{
    pub fn info(
        &self,
        at: &At<Block::Hash>,
        identifier: Identifier,
    ) -> RpcResult<Option<IdentityInfo>> {
        let info = self.client.runtime_api().identity(at.hash, identifier);
        self.answered(at, info)
    }

    pub fn details(
        &self,
        at: &At<Block::Hash>,
        identifier: Identifier,
    ) -> RpcResult<Option<IdentityDetails>> {
        let details = self.client.runtime_api().details(at.hash, identifier);
        self.answered(at, details)
    }

    /// DER of an identity's current certificate, or of a former one that is still kept.
    pub fn certificate_der(
        &self,
        at: &At<Block::Hash>,
        identifier: Identifier,
        generation: Option<u32>,
    ) -> RpcResult<Option<Vec<u8>>> {
        let Some(generation) = generation else {
            let info = self.info(at, identifier)?;
            return Ok(info
                .map(|info| info.certificate)
                .filter(|certificate| !certificate.is_empty()));
        };
        let reference = CertificateReference {
            identifier,
            generation,
        };
        let certificate = self.client.runtime_api().certificate(at.hash, reference);
        self.answered(at, certificate)
    }

    pub(super) fn identity_answer(
        &self,
        at: &At<Block::Hash>,
        identifier: Identifier,
    ) -> RpcResult<Option<IdentityAnswer>> {
        let Some(info) = self.info(at, identifier)? else {
            return Ok(None);
        };
        Ok(Some(IdentityAnswer {
            identifier,
            key: info.key,
            algorithm: info.algorithm,
            issuance: info.issuance,
            nonce: info.nonce,
            registered_at: info.registered_at,
            certificate: info.certificate.try_into().map_err(server_error)?,
            block: at.reference,
        }))
    }

    pub(super) fn details_answer(
        &self,
        at: &At<Block::Hash>,
        identifier: Identifier,
    ) -> RpcResult<Option<DetailsAnswer>> {
        let Some(details) = self.details(at, identifier)? else {
            return Ok(None);
        };
        let pending_controller = details.pending_controller;
        let pending_guardians = details.pending_guardians;
        let superseded = details.superseded.into_iter().map(superseded_entry);
        Ok(Some(DetailsAnswer {
            identifier,
            standing: standing_name(details.standing),
            generation: details.generation,
            certified_at: details.certified_at,
            depth: details.depth,
            superseded: superseded.collect::<RpcResult<_>>()?,
            controller: details.controller,
            pending_controller: pending_controller.map(|(controller, effective_from)| {
                PendingController {
                    controller,
                    effective_from,
                }
            }),
            guardians: details.guardians.map(Into::into),
            pending_guardians: pending_guardians.map(|(guardians, effective_from)| {
                PendingGuardians {
                    guardians: guardians.map(|set: GuardianSet| set.into()),
                    effective_from,
                }
            }),
            recovery: details.recovery.map(recovery_entry),
            services: service_entries(&details.services)?,
            block: at.reference,
        }))
    }

    pub(super) fn services_answer(
        &self,
        at: &At<Block::Hash>,
        identifier: Identifier,
    ) -> RpcResult<Option<Vec<ServiceEntry>>> {
        self.details(at, identifier)?
            .map(|details| service_entries(&details.services))
            .transpose()
    }

    pub(super) fn issued_by_answer(
        &self,
        at: &At<Block::Hash>,
        issuer: Identifier,
        after: Option<Identifier>,
        limit: Option<u32>,
    ) -> RpcResult<IssuedByAnswer> {
        let limit = limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
        let api = self.client.runtime_api();
        let page = self.answered(at, api.issued_by(at.hash, issuer, after, limit))?;
        Ok(IssuedByAnswer {
            identifiers: page.identifiers,
            next: page.next,
            block: at.reference,
        })
    }

    pub(super) fn crl_answer(
        &self,
        at: &At<Block::Hash>,
        issuer: Identifier,
        format: CertificateFormat,
    ) -> RpcResult<Option<CrlAnswer>> {
        let crl = self.client.runtime_api().crl(at.hash, issuer);
        let Some(published) = self.answered(at, crl)? else {
            return Ok(None);
        };
        let PublishedCrl {
            crl,
            published_at,
            this_update,
            next_update,
            is_outdated,
        } = published;
        Ok(Some(CrlAnswer {
            crl: CRL.write(&crl, format)?,
            published_at,
            this_update,
            next_update,
            is_outdated,
            block: at.reference,
        }))
    }

    pub(super) fn to_be_signed_answer(
        &self,
        at: &At<Block::Hash>,
        issuer: Identifier,
        next_update: u64,
        algorithm: Option<SignatureAlgorithm>,
    ) -> RpcResult<ToBeSignedAnswer> {
        let algorithm = match algorithm {
            Some(algorithm) => algorithm,
            None => self.usual_algorithm(at, issuer)?,
        };
        let api = self.client.runtime_api();
        let list = api.crl_to_be_signed(at.hash, issuer, algorithm, next_update);
        let list = self.answered(at, list)?.map_err(no_list)?;
        Ok(ToBeSignedAnswer {
            tbs: list.tbs.try_into().map_err(server_error)?,
            algorithm,
            number: list.number,
            entries: list.entries,
            block: at.reference,
        })
    }

    /// The algorithm that an identity's key signs with unless another one is named.
    fn usual_algorithm(
        &self,
        at: &At<Block::Hash>,
        identifier: Identifier,
    ) -> RpcResult<SignatureAlgorithm> {
        let no_certificate = || no_list(CrlError::NoCertificate);
        let der = self
            .certificate_der(at, identifier, None)?
            .ok_or_else(no_certificate)?;
        let certificate = ParsedCertificate::parse(&der).map_err(|_| no_certificate())?;
        Ok(certificate.public_key().algorithm.default_signature())
    }

    pub(super) fn certificate_text(
        &self,
        at: &At<Block::Hash>,
        identifier: Identifier,
        generation: Option<u32>,
        format: CertificateFormat,
    ) -> RpcResult<Option<String>> {
        self.certificate_der(at, identifier, generation)?
            .map(|der| CERTIFICATE.write(&der, format))
            .transpose()
    }
}

fn no_list(cause: CrlError) -> ErrorObjectOwned {
    let data = Some(format!("{cause:?}"));
    ErrorObjectOwned::owned(codes::NO_CRL_TO_SIGN, cause.to_string(), data)
}

fn standing_name(standing: Standing) -> StandingName {
    match standing {
        Standing::Valid => StandingName::Valid,
        Standing::Expired => StandingName::Expired,
        Standing::OnHold => StandingName::OnHold,
        Standing::Revoked => StandingName::Revoked,
        Standing::RevokedRoot => StandingName::RevokedRoot,
        Standing::Deactivated => StandingName::Deactivated,
    }
}

fn superseded_entry(info: SupersededInfo) -> RpcResult<SupersededEntry> {
    let parsed = ParsedCertificate::parse(&info.certificate).map_err(server_error)?;
    Ok(SupersededEntry {
        generation: info.generation,
        key: KeyFingerprint::of(&parsed),
        issuance: info.issuance,
        since: info.since,
        until: info.until,
        compromised_after: info.compromised_after,
        certificate: info.certificate.try_into().map_err(server_error)?,
    })
}

fn recovery_entry(info: RecoveryInfo) -> RecoveryEntry {
    RecoveryEntry {
        number: info.number,
        certificate_hash: CertificateFingerprint(info.certificate_hash),
        compromised_after: info.compromised_after,
        opened_at: info.opened_at,
        guardians: info.guardians.into(),
        approvals: info.approvals,
        executable_from: info.executable_from,
        lapses_after: info.lapses_after,
    }
}

fn service_entries(services: &[Service]) -> RpcResult<Vec<ServiceEntry>> {
    services
        .iter()
        .map(|service| {
            Ok(ServiceEntry {
                name: text(&service.name)?,
                r#type: text(&service.kind)?,
                service_endpoint: text(&service.uri)?,
            })
        })
        .collect()
}

/// A text of the chain, which is ASCII.
fn text<const MAX: usize>(bytes: &[u8]) -> RpcResult<BoundedText<MAX>> {
    let text = String::from_utf8(bytes.to_vec()).map_err(server_error)?;
    text.try_into().map_err(server_error)
}
