//! Reading the parameters that are more than their JSON: a certificate, the end of a validity.

use crate::error::invalid_params;
use allod_rpc_types::auto_id::{DEFAULT_VALID_FOR, MAX_CERTIFICATE_CHARACTERS, codes};
use allod_x509::{ParsedCertificate, SelfIssuedCertificate};
use jsonrpsee::{core::RpcResult, types::ErrorObjectOwned};
use std::fmt;

pub(super) const PEM_LABEL: &str = "CERTIFICATE";

/// Reads PEM, or DER as hex. The certificate itself is not looked at.
pub(super) fn read_certificate(text: &str) -> RpcResult<Vec<u8>> {
    let wrong = |message: String| invalid_params(message, None);
    let length = text.len();
    if length > MAX_CERTIFICATE_CHARACTERS {
        return Err(wrong(format!(
            "certificate of {length} characters: at most {MAX_CERTIFICATE_CHARACTERS} are read"
        )));
    }
    let text = text.trim();
    if let Some(digits) = text.strip_prefix("0x") {
        return hex::decode(digits)
            .map_err(|error| wrong(format!("certificate is 0x without hex after it: {error}")));
    }
    let (label, der) = pem_rfc7468::decode_vec(text.as_bytes()).map_err(|error| {
        wrong(format!(
            "certificate is neither PEM ({error}) nor 0x and the hex of its DER"
        ))
    })?;
    if label != PEM_LABEL {
        return Err(wrong(format!("PEM of a {label}: it must be a {PEM_LABEL}")));
    }
    Ok(der)
}

pub(super) fn self_issued(der: &[u8]) -> RpcResult<SelfIssuedCertificate<'_>> {
    let code = codes::CERTIFICATE_REFUSED;
    ParsedCertificate::parse(der)
        .map_err(|error| refused(code, format!("certificate: {error}"), &error))?
        .verify_self_issued()
        .map_err(|error| refused(code, format!("certificate: {error}"), &error))
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
    use crate::auto_id::tests::{certificate, pem};

    #[test]
    fn certificates_are_pem_or_hex() {
        let der = certificate(2, "new");
        let with_preamble = format!("Certificate:\n    Data:\n{}\n\n", pem(&der));
        assert_eq!(read_certificate(&with_preamble).unwrap(), der);
        let key = pem(&der).replace(PEM_LABEL, "PRIVATE KEY");
        let long = "0".repeat(MAX_CERTIFICATE_CHARACTERS + 1);
        for (wrong, why) in [
            ("", "neither PEM"),
            ("3082", "neither PEM"),
            ("0x3", "hex"),
            (key.as_str(), "must be a CERTIFICATE"),
            (long.as_str(), "at most 16384"),
        ] {
            let error = read_certificate(wrong).unwrap_err();
            assert_eq!(error.code(), -32602);
            assert!(error.message().contains(why), "{error:?}");
        }
    }
}
