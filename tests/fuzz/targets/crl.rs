//! Any bytes: an error, or a list that finds each of its entries.
#![no_main]

use allod_x509::{CrlError, ParsedCrl};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| match ParsedCrl::parse(bytes) {
    Ok(list) => {
        assert_eq!(list.der(), bytes);
        for entry in list.entries() {
            assert_eq!(list.find(entry.serial), Some(entry));
        }
    }
    Err(error) => {
        assert!(!error.to_string().is_empty());
        assert_ne!(error, CrlError::SecondOpinion);
    }
});
