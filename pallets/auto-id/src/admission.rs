//! What a certificate must be to become an identity's, first or later.
//!
//! Everything is checked before anything is changed, what is expensive comes last. The graph above the new
//! certificate is read once; its signatures are not verified again, for they were when they were
//! stored and do not change with time. Everything else about it is judged anew: an issuer must hold
//! now.

use alloc::vec::Vec;

use allod_identity::{
    CallArguments, CertificateReference, Check, CoIssuers, Consent, Failure, Identifier,
    IdentityRequest, Issuance, KeyFingerprint, LinkReport, MAX_DEPTH, Possession, Reason,
    RequestPayload, Serial, SignatureAlgorithm, SignedRequest,
    checks::{Facts, RevocationList, Signatures, Vertex},
    request::arguments::CoIssueArguments,
};
use allod_x509::ParsedCertificate;
use frame_support::{ensure, traits::Contains};

use crate::{
    authority::Subject,
    graph::{Readings, TooMany, status},
    pallet::{Certificates, Config, Error, Identities, Keys, Pallet, Serials},
    types::CertificateBytes,
};

/// A certificate that may be stored, and the link that goes with it.
pub(crate) struct Admitted {
    pub issuance: Issuance,
    pub depth: u8,
    /// How many certificates above it were read.
    pub visited: u32,
}

/// Who is to issue a certificate.
pub(crate) struct Issuers<'a> {
    /// Whose key signed it; nobody for a root.
    pub issuer: Option<Identifier>,
    /// The consents of the others.
    pub consents: &'a [Consent],
}

impl<T: Config> Pallet<T> {
    /// Reads a certificate and checks that its signature has the declared algorithm, which the
    /// runtime accepts.
    pub(crate) fn read_certificate(
        der: &CertificateBytes,
        algorithm: SignatureAlgorithm,
    ) -> Result<ParsedCertificate<'_>, Error<T>> {
        let parsed = ParsedCertificate::parse(der)?;
        ensure!(
            parsed.signature_algorithm() == algorithm,
            Error::WrongAlgorithm
        );
        ensure!(T::Algorithms::contains(&algorithm), Error::AlgorithmRetired);
        Ok(parsed)
    }

    /// All checks of a certificate that is to become a new identity: its key signed the request, and it
    /// is admitted.
    pub(crate) fn check_new<Arguments: CallArguments>(
        certificate: &CertificateBytes,
        algorithm: SignatureAlgorithm,
        key_algorithm: SignatureAlgorithm,
        request: &SignedRequest,
        arguments: &Arguments,
        issuers: &Issuers<'_>,
    ) -> Result<Admitted, Error<T>> {
        let parsed = Self::read_certificate(certificate, algorithm)?;
        let key_kind = parsed.public_key().algorithm;
        ensure!(
            key_algorithm.key_algorithm() == key_kind,
            Error::WrongAlgorithm
        );
        let identifier = Identifier::of(&parsed);
        ensure!(
            !Identities::<T>::contains_key(identifier),
            Error::AlreadyRegistered
        );
        Self::ensure_key_free(identifier, KeyFingerprint::of(&parsed))?;
        let request = IdentityRequest {
            identifier,
            algorithm: key_algorithm,
            request: request.clone(),
        };
        Self::check_signature(&request, arguments, 0, &parsed)?;
        Self::admit(identifier, &parsed, issuers)
    }

    /// All checks of a certificate that is to follow an identity's present one, by the same issuers.
    pub(crate) fn admit_successor(
        subject: &Subject<T>,
        certificate: &ParsedCertificate<'_>,
        old: &ParsedCertificate<'_>,
        consents: &[Consent],
    ) -> Result<Admitted, Error<T>> {
        let identifier = subject.identifier;
        ensure!(
            certificate.subject() == old.subject(),
            Error::SubjectNameChanged
        );
        Self::ensure_key_free(identifier, KeyFingerprint::of(certificate))?;
        let issuance = &subject.record.issuance;
        Self::ensure_same_co_issuers(issuance, consents)?;
        let issuer = issuance.issuers().next();
        let issuers = Issuers {
            issuer: issuer.map(|reference| reference.identifier),
            consents,
        };
        Self::admit(identifier, certificate, &issuers)
    }

    /// Refuses to move an identity whose issuers are all right. Returns how many certificates were
    /// read.
    pub(crate) fn ensure_issuer_fails(subject: &Subject<T>) -> Result<u32, Error<T>> {
        ensure!(!subject.record.issuance.is_root(), Error::IsRoot);
        let reference = CertificateReference {
            identifier: subject.identifier,
            generation: subject.record.generation,
        };
        let mut readings = Readings::<T>::new();
        let is_read = readings.read(reference).is_ok();
        let links = readings
            .graph(None)
            .filter(|_| is_read)
            .map(|graph| graph.check(Self::now(), None, Signatures::None));
        let fails = links.is_none_or(|links| {
            links.iter().filter_map(LinkReport::failure).any(|failure| {
                failure.identifier != subject.identifier || failure.check == Check::Link
            })
        });
        ensure!(fails, Error::IssuerHolds);
        Ok(readings.visited())
    }

    /// Checks a certificate for `identifier` against those who issue it, and with them all that
    /// stands above. Costs a signature check, and one for each consent.
    pub(crate) fn admit(
        identifier: Identifier,
        certificate: &ParsedCertificate<'_>,
        issuers: &Issuers<'_>,
    ) -> Result<Admitted, Error<T>> {
        let signer = issuers.issuer.unwrap_or(identifier);
        ensure!(
            !Serials::<T>::contains_key(signer, Self::serial(certificate)?),
            Error::SerialInUse
        );
        if issuers.issuer.is_none() {
            ensure!(certificate.is_self_issued(), Error::NotSelfIssued);
        }
        let mut readings = Readings::<T>::new();
        let (issuance, depth) = Self::issuance(identifier, issuers, &mut readings)?;
        let vertex = Vertex {
            identifier,
            certificate: Ok(certificate.clone()),
            issuers: Self::positions(&issuance, &mut readings)?,
            facts: Facts {
                is_algorithm_accepted: true,
                status: status::<T>(signer, certificate.serial()),
                link: None,
                list: RevocationList::None,
            },
        };
        let graph = readings.graph(Some(vertex)).ok_or(Error::TooManyIssuers)?;
        let links = graph.check(Self::now(), None, Signatures::Last);
        let failure = links.iter().find_map(|link| link.failure());
        if let Some(failure) = failure {
            return Err(Self::refusal(identifier, &failure));
        }
        Self::check_consents(certificate, signer, issuers.consents)?;
        Ok(Admitted {
            issuance,
            depth,
            visited: readings.visited(),
        })
    }

    /// The link to the issuers' present certificates, and the depth below the root that it makes.
    fn issuance(
        identifier: Identifier,
        issuers: &Issuers<'_>,
        readings: &mut Readings<T>,
    ) -> Result<(Issuance, u8), Error<T>> {
        let Some(issuer) = issuers.issuer else {
            ensure!(issuers.consents.is_empty(), Error::ConsentsDiffer);
            return Ok((Issuance::SelfIssued, 1));
        };
        let mut references: Vec<CertificateReference> = Vec::new();
        let mut depth = 0_u8;
        let consenting = issuers.consents.iter().map(|consent| consent.co_issuer);
        for issuer in core::iter::once(issuer).chain(consenting) {
            ensure!(issuer != identifier, Error::IssuanceCircle);
            let is_new = references
                .iter()
                .all(|reference| reference.identifier != issuer);
            ensure!(is_new, Error::IssuerTwice);
            let record = Identities::<T>::get(issuer).ok_or(Error::IssuerNotRegistered)?;
            depth = depth.max(record.depth);
            references.push(CertificateReference {
                identifier: issuer,
                generation: record.generation,
            });
        }
        for reference in &references {
            let read = readings.read(*reference);
            read.map_err(|TooMany| Error::TooManyIssuers)?;
        }
        ensure!(!readings.contains(identifier), Error::IssuanceCircle);
        let depth = depth.saturating_add(1);
        ensure!(depth <= MAX_DEPTH, Error::ChainTooDeep);
        let (issuer, co_issuers) = references.split_first().ok_or(Error::IssuerNotRegistered)?;
        let issuance = Issuance::Issued {
            issuer: *issuer,
            co_issuers: CoIssuers::try_from(co_issuers.to_vec())
                .map_err(|_| Error::TooManyIssuers)?,
        };
        Ok((issuance, depth))
    }

    /// Where the issuers stand among what was read.
    fn positions(issuance: &Issuance, readings: &mut Readings<T>) -> Result<Vec<usize>, Error<T>> {
        issuance
            .issuers()
            .map(|issuer| readings.read(issuer))
            .collect::<Result<_, _>>()
            .map_err(|TooMany| Error::TooManyIssuers)
    }

    /// Names what is wrong with a new certificate, or with what stands above it.
    pub(crate) fn refusal(identifier: Identifier, failure: &Failure) -> Error<T> {
        let is_own = failure.identifier == identifier;
        match (failure.reason, failure.check) {
            (Reason::NotYetValid { .. }, _) if is_own => Error::CertificateNotYetValid,
            (Reason::Expired { .. }, _) if is_own => Error::CertificateExpired,
            (Reason::Revoked { .. }, _) if is_own => Error::CertificateRevoked,
            (Reason::OnHold { .. }, _) if is_own => Error::CertificateOnHold,
            (Reason::SignatureInvalid, _) => Error::CertificateSignatureInvalid,
            (Reason::IssuerNameMismatch, _) => Error::IssuerNameMismatch,
            (Reason::KeyIdentifierMismatch, _) => Error::KeyIdentifierMismatch,
            (Reason::NameOutsideConstraints { .. }, _) => Error::NameOutsideConstraints,
            (Reason::PathTooLong, _) => Error::PathTooLong,
            (Reason::NotCa | Reason::NoKeyCertSign, _) => Error::IssuerMayNotIssue,
            (Reason::NotYetValid { .. } | Reason::Expired { .. }, _) => Error::IssuerExpired,
            (Reason::Revoked { .. }, _) => Error::IssuerRevoked,
            (Reason::OnHold { .. }, _) => Error::IssuerOnHold,
            (Reason::Deactivated, _) => Error::IssuerDeactivated,
            (Reason::AlgorithmRetired { .. }, _) => Error::IssuerAlgorithmRetired,
            (Reason::IssuerCertificateDropped { .. }, _) => Error::IssuerCertificateDropped,
            (Reason::TooManyNames, _) => Error::NamesTooExpensive,
            (Reason::SecondOpinion, _) => Error::CertificateRefused,
            (
                Reason::NotRegistered
                | Reason::Unreadable
                | Reason::NoCrlSign
                | Reason::NoDigitalSignature
                | Reason::RootNotAccepted
                | Reason::IssuedAfterCompromise { .. }
                | Reason::TooManyIdentities
                | Reason::RevocationListStale { .. },
                check,
            ) => match check == Check::Link {
                true => Error::IssuerLinkFailed,
                false => Error::IssuerUnreadable,
            },
        }
    }

    /// Checks that every co-issuer's key signed the certificate's hash. That they hold and may issue
    /// has been checked with the graph.
    fn check_consents(
        certificate: &ParsedCertificate<'_>,
        issuer: Identifier,
        consents: &[Consent],
    ) -> Result<(), Error<T>> {
        let arguments = CoIssueArguments {
            certificate_hash: certificate.fingerprint(),
            issuer,
        };
        for consent in consents {
            ensure!(Self::is_in_time(consent.valid_until), Error::ConsentExpired);
            let der =
                Certificates::<T>::get(consent.co_issuer).ok_or(Error::IssuerNotRegistered)?;
            let payload = arguments.payload_of(
                Self::genesis_hash(),
                consent.co_issuer,
                0,
                consent.valid_until,
            );
            let key = ParsedCertificate::parse(&der).map_err(|_| Error::IssuerUnreadable)?;
            let algorithm = consent.algorithm;
            let is_signed = Self::is_signed(&key, &payload, algorithm, &consent.signature)?;
            ensure!(is_signed, Error::ConsentSignatureInvalid);
        }
        Ok(())
    }

    /// Checks that a new certificate's key signed the payload that the acting identity signs.
    pub(crate) fn check_possession(
        certificate: &ParsedCertificate<'_>,
        payload: &RequestPayload<'_>,
        possession: &Possession,
    ) -> Result<(), Error<T>> {
        let Possession {
            algorithm,
            signature,
        } = possession;
        let is_signed = Self::is_signed(certificate, payload, *algorithm, signature)?;
        ensure!(is_signed, Error::PossessionInvalid);
        Ok(())
    }

    /// Whether a certificate's key signed a payload, with an algorithm that is still accepted.
    fn is_signed(
        key: &ParsedCertificate<'_>,
        payload: &RequestPayload<'_>,
        algorithm: SignatureAlgorithm,
        signature: &[u8],
    ) -> Result<bool, Error<T>> {
        ensure!(T::Algorithms::contains(&algorithm), Error::AlgorithmRetired);
        let verified = key.verify_message(algorithm, &payload.to_bytes(), signature);
        Ok(verified.is_ok())
    }

    /// Whether a key may come to serve an identity: nobody had it, or the identity itself had it and
    /// did not give it up as compromised.
    pub(crate) fn ensure_key_free(
        identifier: Identifier,
        key: KeyFingerprint,
    ) -> Result<(), Error<T>> {
        match Keys::<T>::get(key) {
            None => Ok(()),
            Some(record) if record.good_until.is_some() => Err(Error::KeyGivenUp),
            Some(record) if record.identifier == identifier => Ok(()),
            Some(_) => Err(Error::KeyInUse),
        }
    }

    /// The consents must be those of the co-issuers that the identity has, in their order.
    pub(crate) fn ensure_same_co_issuers(
        issuance: &Issuance,
        consents: &[Consent],
    ) -> Result<(), Error<T>> {
        let stored = issuance
            .issuers()
            .skip(1)
            .map(|reference| reference.identifier);
        let given = consents.iter().map(|consent| consent.co_issuer);
        ensure!(stored.eq(given), Error::ConsentsDiffer);
        Ok(())
    }

    /// The serial number, as it is stored.
    pub(crate) fn serial(certificate: &ParsedCertificate<'_>) -> Result<Serial, Error<T>> {
        certificate
            .serial()
            .to_vec()
            .try_into()
            .map_err(|_| Error::SerialTooLong)
    }
}
