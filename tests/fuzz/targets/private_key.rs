//! Private keys: any bytes are an error or a key, and a key that was read is the one that is written. Of keys under a
//! password, what stands before the password is read; deriving is not done, which may take seconds.

#![no_main]

use allod_x509::{PublicKey, SigningKey, encrypted_key};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = encrypted_key::check(data);
    if let Ok(key) = SigningKey::from_der(data) {
        let spki = key.spki();
        PublicKey::from_spki(&spki).expect("a key that certificates may have");
        let again = SigningKey::from_der(&key.to_pkcs8()).expect("what is written is read");
        assert_eq!(again.spki(), spki);
    }
});
