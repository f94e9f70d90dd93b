//! Signing payloads of requests, and the calls that their signatures make.
//!
//! A request is read once ([`Prepared`]): certificates and lists are parsed, what would fail on chain
//! for a reason that lies in the request itself is refused. The runtime then says what has to be
//! signed and by whom; with the signatures it encodes the call. Every signature is checked here, so that
//! nobody pays for an extrinsic that cannot succeed.

mod prepare;

use super::{
    IdentityClient,
    blocks::{At, ChainReader},
    params::{checked_validity, parsed, refused},
};
use crate::error::{invalid_params, server_error};
use allod_identity::{
    AutoIdLookupApi as _, Consent, Identifier, IdentityRequest, Issuance, KeyFingerprint,
    Possession, SignatureAlgorithm, SignedRequest,
    api::{PayloadInfo, PayloadQuery},
    calls::{AutoIdCallApi as _, CallSignatures},
};
use allod_rpc_types::auto_id::{
    BlockHash, ConsentSignature, PayloadAnswer, PossessionSignature, Request, RequestSignatures,
    SignatureBytes, codes,
};
use allod_x509::ParsedCertificate;
use jsonrpsee::{core::RpcResult, types::ErrorObjectOwned};
use prepare::{Issuers, Prepared, Signer};
use sp_runtime::traits::Block as BlockT;

impl Prepared {
    /// The algorithm of the request's signature by this key.
    fn algorithm(
        &self,
        signer: &ParsedCertificate<'_>,
        declared: Option<SignatureAlgorithm>,
    ) -> RpcResult<SignatureAlgorithm> {
        let usual = signer.public_key().algorithm.default_signature();
        let wanted = declared.or(self.fixed_algorithm).unwrap_or(usual);
        match self.fixed_algorithm {
            Some(fixed) if fixed != wanted => {
                let message = format!("algorithm is {wanted}: here it must be {fixed}");
                Err(invalid_params(message, None))
            }
            Some(_) | None => Ok(wanted),
        }
    }
}

/// What has to be signed, and with what.
struct Signing {
    info: PayloadInfo,
    /// DER of a certificate with the key that signs.
    certificate: Vec<u8>,
}

impl<Client, Block> ChainReader<Client, Block>
where
    Block: BlockT,
    Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
    Client: IdentityClient<Block>,
{
    /// What has to be signed for a request, by the best block's state.
    pub(super) fn payload_answer(
        &self,
        request: Request,
        valid_until: Option<u32>,
    ) -> RpcResult<PayloadAnswer> {
        let at = self.best();
        let valid_until = checked_validity(at.reference.number, valid_until)?;
        let prepared = self.prepare(&at, request)?;
        let signing = self.signing(&at, &prepared, valid_until)?;
        let signer = parsed(&signing.certificate)?;
        let issuers = self.issuers(&at, &prepared)?;
        Ok(PayloadAnswer {
            payload: signing.info.payload.try_into().map_err(server_error)?,
            identifier: signing.info.identifier,
            key: KeyFingerprint::of(&signer),
            algorithm: prepared.algorithm(&signer, None)?,
            possession_of: possession_of(&prepared, &signer)?,
            consents_of: issuers.map_or_else(Vec::new, |(_, co_issuers)| co_issuers),
            nonce: signing.info.nonce,
            valid_until,
            genesis_hash: BlockHash(self.client.info().genesis_hash.into()),
        })
    }

    /// The call that a request with its signatures is, SCALE.
    pub(super) fn signed_call(
        &self,
        request: Request,
        signatures: RequestSignatures,
    ) -> RpcResult<Vec<u8>> {
        let at = self.best();
        let valid_until = checked_validity(at.reference.number, Some(signatures.valid_until))?;
        let prepared = self.prepare(&at, request)?;
        if !is_call(&prepared.query) {
            let message = "co_issue is no call: its signature goes among the consents of one";
            return Err(invalid_params(message, None));
        }
        let signing = self.signing(&at, &prepared, valid_until)?;
        let signer = parsed(&signing.certificate)?;
        let (payload, nonce) = (&signing.info.payload, signing.info.nonce);
        let algorithm = checked_signature(
            &format!(
                "signature by {} with nonce {nonce}",
                signing.info.identifier
            ),
            &signer,
            prepared.algorithm(&signer, signatures.algorithm)?,
            payload,
            &signatures.signature,
        )?;
        let possession = checked_possession(&prepared, &signer, payload, signatures.possession)?;
        let consents = self.checked_consents(&at, &prepared, signatures.consents.into_inner())?;
        let request = IdentityRequest {
            identifier: signing.info.identifier,
            algorithm,
            request: SignedRequest {
                nonce,
                valid_until,
                signature: bounded_signature(signatures.signature)?,
            },
        };
        let signatures = CallSignatures {
            request,
            possession,
            consents: consents.try_into().map_err(|_| too_many_consents())?,
        };
        let api = self.client.runtime_api();
        let call = self.answered(&at, api.call(at.hash, prepared.query, signatures))?;
        call.ok_or_else(|| server_error("the runtime has no such call"))
    }

    fn signing(
        &self,
        at: &At<Block::Hash>,
        prepared: &Prepared,
        valid_until: u32,
    ) -> RpcResult<Signing> {
        let api = self.client.runtime_api();
        let info = api.payload(at.hash, prepared.query.clone(), valid_until);
        let info = self.answered(at, info)?;
        let info = info.ok_or_else(|| cannot_act(prepared.named))?;
        let certificate = match (&prepared.certificate, prepared.signer) {
            (Some(certificate), Signer::NewKey) => certificate.clone(),
            (_, Signer::Actor) | (None, Signer::NewKey) => self.key_of(at, info.identifier)?,
        };
        Ok(Signing { info, certificate })
    }

    /// DER of the certificate whose key an identity signs with.
    fn key_of(&self, at: &At<Block::Hash>, identifier: Identifier) -> RpcResult<Vec<u8>> {
        self.certificate_der(at, identifier, None)?
            .ok_or_else(|| cannot_act(identifier))
    }

    /// The issuer and the co-issuers of the certificate that a request brings; `None` for a root's, and
    /// where it brings none.
    fn issuers(
        &self,
        at: &At<Block::Hash>,
        prepared: &Prepared,
    ) -> RpcResult<Option<(Identifier, Vec<Identifier>)>> {
        let identifier = match &prepared.issuers {
            Issuers::None => return Ok(None),
            Issuers::Named(issuer, co_issuers) => return Ok(Some((*issuer, co_issuers.clone()))),
            Issuers::Of(identifier) => *identifier,
        };
        let info = self.info(at, identifier)?;
        let info = info.ok_or_else(|| cannot_act(identifier))?;
        Ok(match info.issuance {
            Issuance::SelfIssued => None,
            Issuance::Issued { issuer, co_issuers } => {
                let co_issuers = co_issuers.iter().map(|reference| reference.identifier);
                Some((issuer.identifier, co_issuers.collect()))
            }
        })
    }

    /// Checks that the co-issuers consent, each by its own key.
    fn checked_consents(
        &self,
        at: &At<Block::Hash>,
        prepared: &Prepared,
        consents: Vec<ConsentSignature>,
    ) -> RpcResult<Vec<Consent>> {
        let issuers = self.issuers(at, prepared)?;
        let (issuer, co_issuers) = issuers.unwrap_or((prepared.named, Vec::new()));
        let given: Vec<_> = consents.iter().map(|consent| consent.co_issuer).collect();
        if given != co_issuers {
            let message = format!("consents are of {given:?}: they must be of {co_issuers:?}");
            return Err(invalid_params(message, None));
        }
        let Some(certificate) = &prepared.certificate else {
            return Ok(Vec::new());
        };
        let certificate_hash = parsed(certificate)?.fingerprint();
        consents
            .into_iter()
            .map(|consent| self.checked_consent(at, certificate_hash, issuer, consent))
            .collect()
    }

    fn checked_consent(
        &self,
        at: &At<Block::Hash>,
        certificate_hash: [u8; 32],
        issuer: Identifier,
        consent: ConsentSignature,
    ) -> RpcResult<Consent> {
        let co_issuer = consent.co_issuer;
        let valid_until = checked_validity(at.reference.number, Some(consent.valid_until))?;
        let query = PayloadQuery::CoIssue {
            co_issuer,
            certificate_hash,
            issuer,
        };
        let prepared = Prepared::by_actor(co_issuer, query);
        let signing = self.signing(at, &prepared, valid_until)?;
        let signer = parsed(&signing.certificate)?;
        let algorithm = checked_signature(
            &format!("consent of {co_issuer}"),
            &signer,
            prepared.algorithm(&signer, consent.algorithm)?,
            &signing.info.payload,
            &consent.signature,
        )?;
        Ok(Consent {
            co_issuer,
            algorithm,
            valid_until,
            signature: bounded_signature(consent.signature)?,
        })
    }
}

/// The new key that has to sign besides, if the request is one that may bring such a key.
fn possession_of(
    prepared: &Prepared,
    signer: &ParsedCertificate<'_>,
) -> RpcResult<Option<KeyFingerprint>> {
    let Some(der) = prepared
        .certificate
        .as_ref()
        .filter(|_| prepared.may_bring_key)
    else {
        return Ok(None);
    };
    let new = KeyFingerprint::of(&parsed(der)?);
    Ok(Some(new).filter(|new| *new != KeyFingerprint::of(signer)))
}

/// Checks that whoever brings a new key has it.
fn checked_possession(
    prepared: &Prepared,
    signer: &ParsedCertificate<'_>,
    payload: &[u8],
    possession: Option<PossessionSignature>,
) -> RpcResult<Option<Possession>> {
    let needed = possession_of(prepared, signer)?;
    let wrong = |message: String| Err(invalid_params(message, None));
    let (possession, der) = match (needed, possession, &prepared.certificate) {
        (None, None, _) => return Ok(None),
        (Some(key), None, _) => {
            return wrong(format!(
                "possession is missing: the new key {key} must sign, too"
            ));
        }
        (Some(_), Some(possession), Some(der)) => (possession, der),
        (_, Some(_), _) => return wrong("possession is given and there is no new key".into()),
    };
    let new = parsed(der)?;
    let algorithm = checked_signature(
        "possession",
        &new,
        prepared.algorithm(&new, possession.algorithm)?,
        payload,
        &possession.signature,
    )?;
    Ok(Some(Possession {
        algorithm,
        signature: bounded_signature(possession.signature)?,
    }))
}

/// Checks a signature; its algorithm.
fn checked_signature(
    name: &str,
    signer: &ParsedCertificate<'_>,
    algorithm: SignatureAlgorithm,
    payload: &[u8],
    signature: &SignatureBytes,
) -> RpcResult<SignatureAlgorithm> {
    signer
        .public_key()
        .verify(algorithm, payload, signature.as_ref())
        .map_err(|error| {
            let message =
                format!("{name}: {error}, over the payload for this validUntil and chain");
            refused(codes::SIGNATURE_REFUSED, message, &error)
        })?;
    Ok(algorithm)
}

/// Whether what is signed for a query is a call, and not one half of somebody else's.
fn is_call(query: &PayloadQuery) -> bool {
    match query {
        PayloadQuery::CoIssue { .. } => false,
        PayloadQuery::Register { .. }
        | PayloadQuery::RegisterIssued { .. }
        | PayloadQuery::Renew { .. }
        | PayloadQuery::Reparent { .. }
        | PayloadQuery::Deactivate { .. }
        | PayloadQuery::SetController { .. }
        | PayloadQuery::SetGuardians { .. }
        | PayloadQuery::OpenRecovery { .. }
        | PayloadQuery::ApproveRecovery { .. }
        | PayloadQuery::VetoRecovery { .. }
        | PayloadQuery::ExecuteRecovery { .. }
        | PayloadQuery::SetServices { .. }
        | PayloadQuery::Revoke { .. }
        | PayloadQuery::Hold { .. }
        | PayloadQuery::Release { .. }
        | PayloadQuery::PublishCrl { .. } => true,
    }
}

fn bounded_signature(signature: SignatureBytes) -> RpcResult<allod_identity::SignatureBytes> {
    signature
        .into_inner()
        .try_into()
        .map_err(|_| invalid_params("signature is too long", None))
}

fn too_many_consents() -> ErrorObjectOwned {
    invalid_params("more consents than a certificate has co-issuers", None)
}

fn cannot_act(identifier: Identifier) -> ErrorObjectOwned {
    let message =
        format!("{identifier} cannot act: it is not registered, or has no certificate any more");
    ErrorObjectOwned::owned(codes::CANNOT_ACT, message, Some(identifier))
}
