//! Reading the parameters that are more than their JSON: a certificate, a list, the end of a validity.

use crate::error::{invalid_params, server_error};
use allod_rpc_types::auto_id::{
    CertificateFormat, DEFAULT_VALID_FOR, MAX_CERTIFICATE_CHARACTERS, MAX_CRL_CHARACTERS, codes,
};
use allod_x509::{ParsedCertificate, ParsedCrl};
use jsonrpsee::{core::RpcResult, types::ErrorObjectOwned};
use pem_rfc7468::LineEnding;
use std::fmt;

/// A thing that travels as PEM, or as DER in hex.
pub(super) struct Encoded {
    /// What it is called in errors.
    name: &'static str,
    label: &'static str,
    max_characters: usize,
}

pub(super) const CERTIFICATE: Encoded = Encoded {
    name: "certificate",
    label: "CERTIFICATE",
    max_characters: MAX_CERTIFICATE_CHARACTERS,
};
pub(super) const CRL: Encoded = Encoded {
    name: "crl",
    label: "X509 CRL",
    max_characters: MAX_CRL_CHARACTERS,
};

impl Encoded {
    /// Reads PEM, or DER as hex. What the DER says is not looked at.
    pub fn read(&self, text: &str) -> RpcResult<Vec<u8>> {
        let Self {
            name,
            label: wanted,
            max_characters,
        } = self;
        let wrong = |message: String| invalid_params(message, None);
        let length = text.len();
        if length > *max_characters {
            return Err(wrong(format!(
                "{name} of {length} characters: at most {max_characters} are read"
            )));
        }
        let text = text.trim();
        if let Some(digits) = text.strip_prefix("0x") {
            return hex::decode(digits)
                .map_err(|error| wrong(format!("{name} is 0x without hex after it: {error}")));
        }
        let (label, der) = pem_rfc7468::decode_vec(text.as_bytes()).map_err(|error| {
            wrong(format!(
                "{name} is neither PEM ({error}) nor 0x and the hex of its DER"
            ))
        })?;
        if label != *wanted {
            return Err(wrong(format!("PEM of a {label}: it must be a {wanted}")));
        }
        Ok(der)
    }

    /// Writes PEM, or DER as hex.
    pub fn write(&self, der: &[u8], format: CertificateFormat) -> RpcResult<String> {
        match format {
            CertificateFormat::Der => Ok(format!("0x{}", hex::encode(der))),
            CertificateFormat::Pem => {
                pem_rfc7468::encode_string(self.label, LineEnding::LF, der).map_err(server_error)
            }
        }
    }
}

/// A certificate that the chain would read.
pub(super) fn parsed(der: &[u8]) -> RpcResult<ParsedCertificate<'_>> {
    ParsedCertificate::parse(der).map_err(|error| {
        let message = format!("certificate: {error}");
        refused(codes::CERTIFICATE_REFUSED, message, &error)
    })
}

/// A certificate that a root may have.
pub(super) fn self_issued(der: &[u8]) -> RpcResult<ParsedCertificate<'_>> {
    let certificate = parsed(der)?;
    certificate.clone().verify_self_issued().map_err(|error| {
        let message = format!("certificate: {error}");
        refused(codes::CERTIFICATE_REFUSED, message, &error)
    })?;
    Ok(certificate)
}

/// A revocation list that the chain would read.
pub(super) fn parsed_crl(der: &[u8]) -> RpcResult<ParsedCrl<'_>> {
    ParsedCrl::parse(der).map_err(|error| {
        let message = format!("crl: {error}");
        refused(codes::CRL_REFUSED, message, &error)
    })
}

/// The last block of a request's validity, which must be one that is still to come.
pub(super) fn checked_validity(best: u32, wanted: Option<u32>) -> RpcResult<u32> {
    let valid_until = wanted.unwrap_or_else(|| best.saturating_add(DEFAULT_VALID_FOR));
    if valid_until > best {
        return Ok(valid_until);
    }
    let message = format!(
        "validUntil is {valid_until} and block #{best} is here already: it must be a later one"
    );
    Err(invalid_params(message, None))
}

/// An error whose data is the name of its cause.
pub(super) fn refused(code: i32, message: String, cause: &impl fmt::Debug) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(code, message, Some(format!("{cause:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_x509::builder::{CertificateBuilder, SigningKey};

    #[test]
    fn certificates_are_pem_or_hex() {
        let der = CertificateBuilder::self_issued("new").sign_self(&SigningKey::ed25519([2; 32]));
        let pem = CERTIFICATE.write(&der, CertificateFormat::Pem).unwrap();
        let with_preamble = format!("Certificate:\n    Data:\n{pem}\n\n");
        assert_eq!(CERTIFICATE.read(&with_preamble).unwrap(), der);
        let hex = CERTIFICATE.write(&der, CertificateFormat::Der).unwrap();
        assert_eq!(CERTIFICATE.read(&hex).unwrap(), der);
        let key = pem.replace("CERTIFICATE", "PRIVATE KEY");
        let long = "0".repeat(MAX_CERTIFICATE_CHARACTERS + 1);
        for (wrong, why) in [
            ("", "neither PEM"),
            ("3082", "neither PEM"),
            ("0x3", "hex"),
            (key.as_str(), "must be a CERTIFICATE"),
            (long.as_str(), "at most 16384"),
        ] {
            let error = CERTIFICATE.read(wrong).unwrap_err();
            assert_eq!(error.code(), -32602);
            assert!(error.message().contains(why), "{error:?}");
        }
        let error = CRL.read(&pem).unwrap_err();
        assert!(error.message().contains("must be a X509 CRL"), "{error:?}");
    }
}
