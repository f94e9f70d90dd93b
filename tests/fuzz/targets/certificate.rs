//! Any bytes: an error, or a certificate of which everything can be asked. What is accepted within the chain's
//! limits is accepted within wider ones.
#![no_main]

use allod_x509::{CertificateError, Limits, ParsedCertificate, profile};
use libfuzzer_sys::fuzz_target;

const WIDE: Limits = Limits {
    certificate_size: 65_535,
    extensions: 64,
    alternative_names: 1_024,
    name_constraints: 1_024,
    purposes: 256,
    admits_policies: true,
};

fuzz_target!(|bytes: &[u8]| {
    let wide = ParsedCertificate::parse_within(bytes, &WIDE);
    match ParsedCertificate::parse(bytes) {
        Ok(certificate) => {
            assert!(wide.is_ok());
            assert_eq!(certificate.der(), bytes);
            let _ = profile::check(&certificate);
            let _ = certificate.verify_signed_by(&certificate);
            let _ = certificate.public_key().rsa_modulus_bits();
            let _ = certificate.verify_self_issued();
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            // The second opinion never has to decide.
            assert_ne!(error, CertificateError::SecondOpinion);
        }
    }
});
