//! Any bytes: an error, or a request of which everything can be asked.
#![no_main]

use allod_x509::ParsedRequest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| match ParsedRequest::parse(bytes) {
    Ok(request) => {
        let _ = request.verify();
        let _ = request.extensions().len();
    }
    Err(error) => assert!(!error.to_string().is_empty()),
});
