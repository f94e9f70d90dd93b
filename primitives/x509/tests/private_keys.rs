//! Private keys in every form that the real `openssl` writes, and ours read by it.

use allod_test_support::{Folder, openssl::genpkey};
use allod_x509::{
    CertificateError, KeyAlgorithm, PrivateKeyError, PublicKey, SigningKey,
    builder::{integer, sequence, tlv},
    encrypted_key::EncryptedKeyError,
};
use rsa::rand_core::{CryptoRng, Error as RngError, RngCore};

/// A new key in `key.pem`; the DER of its `SubjectPublicKeyInfo`.
fn generate(folder: &Folder, options: &[&str]) -> Vec<u8> {
    folder.openssl(&[&["genpkey", "-out", "key.pem"], options].concat());
    folder.openssl(&["pkey", "-in", "key.pem", "-pubout", "-outform", "der"])
}

/// Bytes that look random, the same in every run.
struct Counter(u64);

impl RngCore for Counter {
    fn next_u32(&mut self) -> u32 {
        self.next_u64() as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.next_u64() as u8;
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), RngError> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Counter {}

#[test]
fn every_form_that_openssl_writes() {
    for kind in KeyAlgorithm::ALL {
        let folder = Folder::new();
        let spki = generate(&folder, genpkey(kind));
        let mut forms = vec![folder.read_pem("key.pem")];
        forms.push(folder.openssl(&["pkey", "-in", "key.pem", "-outform", "der"]));
        forms.push(folder.openssl(&[
            "pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "der",
        ]));
        let traditional = ["pkey", "-traditional", "-in", "key.pem", "-out", "old.pem"];
        match kind {
            KeyAlgorithm::P256 | KeyAlgorithm::P384 => {
                folder.openssl(&traditional);
                forms.push(folder.read_pem("old.pem"));
                forms.push(folder.openssl(&["ec", "-in", "key.pem", "-outform", "der"]));
                forms.push(folder.openssl(&[
                    "ec",
                    "-in",
                    "key.pem",
                    "-no_public",
                    "-outform",
                    "der",
                ]));
            }
            KeyAlgorithm::Rsa => {
                folder.openssl(&traditional);
                assert!(
                    folder
                        .read("old.pem")
                        .starts_with(b"-----BEGIN RSA PRIVATE")
                );
                forms.push(folder.read_pem("old.pem"));
            }
            KeyAlgorithm::Ed25519 => {}
        }
        for form in forms {
            let key = SigningKey::from_der(&form).unwrap();
            assert_eq!(key.key_algorithm(), kind);
            assert_eq!(key.spki(), spki);
            let signature = key.sign(b"message");
            PublicKey::from_spki(&spki)
                .unwrap()
                .verify(key.algorithm(), b"message", &signature)
                .unwrap();
            assert_eq!(
                *SigningKey::from_der(&key.to_pkcs8()).unwrap().to_pkcs8(),
                *key.to_pkcs8()
            );
        }
    }
}

/// Byte by byte what OpenSSL writes for the same key.
#[test]
fn openssl_reads_what_is_written() {
    for kind in KeyAlgorithm::ALL {
        let folder = Folder::new();
        generate(&folder, genpkey(kind));
        let original = folder.openssl(&[
            "pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "der",
        ]);
        let key = SigningKey::from_der(&original).unwrap();
        assert_eq!(*key.to_pkcs8(), original);

        folder.write(
            "secret.der",
            key.to_encrypted_pkcs8(b"word", &mut Counter(7)),
        );
        let decrypt = |password| {
            folder.run(&[
                "pkey",
                "-inform",
                "der",
                "-in",
                "secret.der",
                "-outform",
                "der",
                "-passin",
                password,
            ])
        };
        let opened = decrypt("pass:word");
        assert!(opened.status.success());
        let opened = SigningKey::from_der(&opened.stdout).unwrap();
        assert_eq!(opened.spki(), key.spki());
        assert!(!decrypt("pass:wrong").status.success());
    }
}

#[test]
fn new_keys_of_every_kind() {
    for kind in KeyAlgorithm::ALL {
        let key = SigningKey::generate(kind, &mut Counter(1)).unwrap();
        let other = SigningKey::generate(kind, &mut Counter(2)).unwrap();
        assert_ne!(key.spki(), other.spki());
        assert_eq!(key.key_algorithm(), kind);
        let folder = Folder::new();
        folder.write("key.der", key.to_pkcs8());
        folder.openssl(&[
            "pkey", "-inform", "der", "-in", "key.der", "-check", "-noout",
        ]);
    }
    for bits in [1024, 2052, 8192] {
        let error = SigningKey::generate_rsa(bits, &mut Counter(1)).unwrap_err();
        assert_eq!(error, CertificateError::RsaModulusSize(bits));
    }
}

#[test]
fn encrypted_keys_with_several_parameters() {
    let folder = Folder::new();
    let spki = generate(&folder, genpkey(KeyAlgorithm::P256));
    for parameters in [
        &[][..],
        &["-v2", "aes-128-cbc"],
        &["-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA384"],
        &["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA224"],
        &["-v2prf", "hmacWithSHA512", "-iter", "1"],
        &["-iter", "100000"],
        &["-scrypt"],
        &["-scrypt", "-v2", "aes-128-cbc"],
        &["-scrypt_N", "1024", "-scrypt_r", "16", "-scrypt_p", "3"],
    ] {
        let fixed = [
            "pkcs8",
            "-topk8",
            "-in",
            "key.pem",
            "-outform",
            "der",
            "-passout",
            "pass:a word",
        ];
        let encrypted = folder.openssl(&[&fixed[..], parameters].concat());
        assert_eq!(
            SigningKey::from_der(&encrypted).unwrap_err(),
            PrivateKeyError::Encrypted
        );
        let key = SigningKey::from_encrypted_pkcs8(&encrypted, b"a word").unwrap();
        assert_eq!(key.spki(), spki, "{parameters:?}");
        for wrong in [&b"word"[..], b"", b"a word "] {
            assert_eq!(
                SigningKey::from_encrypted_pkcs8(&encrypted, wrong).unwrap_err(),
                EncryptedKeyError::WrongPassword,
                "{parameters:?}"
            );
        }
    }
}

#[test]
fn encryption_that_is_not_read_is_named() {
    let folder = Folder::new();
    generate(&folder, genpkey(KeyAlgorithm::P256));
    for (parameters, expected) in [
        (&["-v2", "des3"][..], "1.2.840.113549.3.7"),
        (&["-v2prf", "hmacWithSHA1"], "HMAC-SHA-1"),
        (&["-v2", "aria-256-cbc"], "1.2.410.200046.1.1.12"),
    ] {
        let fixed = [
            "pkcs8",
            "-topk8",
            "-in",
            "key.pem",
            "-outform",
            "der",
            "-passout",
            "pass:word",
        ];
        let encrypted = folder.openssl(&[&fixed[..], parameters].concat());
        let error = SigningKey::from_encrypted_pkcs8(&encrypted, b"word").unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.to_string().contains("openssl pkcs8"), "{error}");
    }
}

/// An `EncryptedPrivateKeyInfo` with this derivation.
fn encrypted(identifier: &[u8], parameters: &[Vec<u8>]) -> Vec<u8> {
    let derivation = sequence(&[tlv(6, identifier), sequence(parameters)]);
    let aes256 = [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 0x2a];
    let cipher = sequence(&[tlv(6, &aes256), tlv(4, &[0; 16])]);
    let pbes2 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0d];
    let algorithm = sequence(&[tlv(6, &pbes2), sequence(&[derivation, cipher])]);
    sequence(&[algorithm, tlv(4, &[0; 48])])
}

/// Were one of these worked on, the test would not come back, or run out of memory.
#[test]
fn what_would_take_too_long_is_refused_unworked() {
    let open = |der: Vec<u8>| SigningKey::from_encrypted_pkcs8(&der, b"word").unwrap_err();
    let huge = tlv(2, &[0x7f; 100]);
    let pbkdf2 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0c];
    let sha256 = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 9]);
    let prf = sequence(&[sha256, tlv(5, &[])]);
    for (count, iterations) in [
        (integer(0), 0),
        (integer(4_000_001), 4_000_001),
        (integer(u64::MAX), u64::MAX),
        (huge, u64::MAX),
    ] {
        let fields = [tlv(4, &[1; 16]), count, prf.clone()];
        assert_eq!(
            open(encrypted(&pbkdf2, &fields)),
            EncryptedKeyError::Iterations(iterations)
        );
    }
    let scrypt = [0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 0x0b];
    for (n, r, p) in [
        (1 << 20, 8, 1),
        (1 << 14, 8, 9),
        (1 << 10, 1, (1 << 10) + 1),
        (u64::MAX, u64::MAX, u64::MAX),
        (0, 8, 1),
        (1, 8, 1),
        (1_000, 8, 1),
        (1 << 14, 0, 1),
        (1 << 14, 8, 0),
        // RFC 7914, 2: N is below 2^(128·r / 8).
        (1 << 16, 1, 1),
    ] {
        let fields = [tlv(4, &[1; 16]), integer(n), integer(r), integer(p)];
        assert_eq!(
            open(encrypted(&scrypt, &fields)),
            EncryptedKeyError::Scrypt { n, r, p }
        );
    }
    let fields = [
        tlv(4, &[1; 16]),
        integer(2),
        integer(1),
        integer(1),
        integer(16),
    ];
    assert_eq!(
        open(encrypted(&scrypt, &fields)),
        EncryptedKeyError::Malformed
    );
    for length in [0, 129, 4000] {
        let fields = [tlv(4, &vec![1; length]), integer(1), prf.clone()];
        assert_eq!(
            open(encrypted(&pbkdf2, &fields)),
            EncryptedKeyError::Salt(length)
        );
    }
    let fields = [tlv(4, &[1; 16]), integer(1), integer(16), prf];
    assert_eq!(
        open(encrypted(&pbkdf2, &fields)),
        EncryptedKeyError::Malformed
    );
}

#[test]
fn other_keys_are_refused_by_name() {
    let folder = Folder::new();
    let rsa_pss = ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"];
    let p521 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"];
    let short = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];
    for (options, expected) in [
        (&["-algorithm", "X25519"][..], "1.3.101.110"),
        (&["-algorithm", "ed448"], "1.3.101.113"),
        (&p521, "1.3.132.0.35"),
        (&rsa_pss, "id-RSASSA-PSS"),
        (&short, "RSA key of 1024 bits"),
    ] {
        generate(&folder, options);
        let error = SigningKey::from_der(&folder.read_pem("key.pem")).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

/// A public key of another key, the wrong length, cut and spoilt files.
#[test]
fn hostile_files() {
    for kind in KeyAlgorithm::ALL {
        let folder = Folder::new();
        generate(&folder, genpkey(kind));
        let good = folder.read_pem("key.pem");
        for length in 0..good.len() {
            assert!(SigningKey::from_der(&good[..length]).is_err());
        }
        assert!(SigningKey::from_der(&[&good[..], &[0]].concat()).is_err());
        // Whatever bit is changed, it is no key or another one, and never a panic.
        let spki = SigningKey::from_der(&good).unwrap().spki();
        for (index, bit) in (0..good.len()).map(|index| (index, 1 << (index % 8))) {
            let mut spoilt = good.clone();
            spoilt[index] ^= bit;
            if let Ok(key) = SigningKey::from_der(&spoilt) {
                let is_other = key.spki() != spki;
                // The version, and numbers of RSA that are computed anew.
                assert!(
                    is_other || kind == KeyAlgorithm::Rsa || index < 5,
                    "{index}"
                );
            }
        }
    }
    let huge = vec![0x30; 8193];
    assert_eq!(
        SigningKey::from_der(&huge).unwrap_err(),
        PrivateKeyError::TooLong(8193)
    );
}

/// `ring` up to 0.16 tagged the public key explicitly.
#[test]
fn keys_as_ring_wrote_them() {
    let key = SigningKey::ed25519([1; 32]);
    let document = |public_key: &[u8]| {
        sequence(&[
            integer(1),
            sequence(&[tlv(6, &[0x2b, 0x65, 0x70])]),
            tlv(4, &tlv(4, &[1; 32])),
            tlv(0xa1, &tlv(3, &[&[0], public_key].concat())),
        ])
    };
    let read = SigningKey::from_der(&document(&key.public_key_bytes())).unwrap();
    assert_eq!(read.spki(), key.spki());
    let other = SigningKey::ed25519([2; 32]).public_key_bytes();
    assert_eq!(
        SigningKey::from_der(&document(&other)).unwrap_err(),
        PrivateKeyError::Mismatch
    );
}

/// Zeros in front of a scalar, too few of them and too many.
#[test]
fn scalars_of_any_length() {
    let p256 = tlv(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    let p384 = tlv(6, &[0x2b, 0x81, 0x04, 0, 0x22]);
    for (curve, size) in [(p256, 32), (p384, 48)] {
        let read = |scalar: &[u8]| {
            let named = tlv(0xa0, &curve);
            SigningKey::from_der(&sequence(&[integer(1), tlv(4, scalar), named]))
        };
        let mut whole = vec![0; size];
        whole[size - 1] = 7;
        whole[size - 2] = 9;
        let spki = read(&whole).unwrap().spki();
        for scalar in [&[9, 7][..], &[0, 9, 7], &[&[0], &whole[..]].concat()] {
            assert_eq!(read(scalar).unwrap().spki(), spki);
        }
        for wrong in [
            &[][..],
            &[0],
            &vec![0; size],
            &vec![1; size + 1],
            &vec![0xff; size],
        ] {
            assert!(
                matches!(read(wrong), Err(PrivateKeyError::Malformed(_))),
                "{wrong:?}"
            );
        }
    }
}

/// The error names the cause, and the command that it names makes a key that is read.
#[test]
fn curves_must_be_named() {
    let folder = Folder::new();
    folder.openssl(&[
        "ecparam",
        "-name",
        "prime256v1",
        "-param_enc",
        "explicit",
        "-genkey",
        "-noout",
        "-out",
        "sec1.pem",
    ]);
    folder.openssl(&[
        "pkcs8",
        "-topk8",
        "-nocrypt",
        "-in",
        "sec1.pem",
        "-out",
        "pkcs8.pem",
    ]);
    for name in ["sec1.pem", "pkcs8.pem"] {
        let error = SigningKey::from_der(&folder.read_pem(name)).unwrap_err();
        assert_eq!(error, PrivateKeyError::ExplicitCurve);
        assert!(
            error
                .to_string()
                .contains("openssl ec -param_enc named_curve"),
            "{error}"
        );
        folder.openssl(&[
            "ec",
            "-param_enc",
            "named_curve",
            "-in",
            name,
            "-out",
            "named.pem",
        ]);
        assert!(SigningKey::from_der(&folder.read_pem("named.pem")).is_ok());
    }
}

#[test]
fn a_public_key_of_another_is_noticed() {
    let key = SigningKey::ed25519([1; 32]);
    let other = SigningKey::ed25519([2; 32]);
    let seed = tlv(4, &tlv(4, &[1; 32]));
    let algorithm = sequence(&[tlv(6, &[0x2b, 0x65, 0x70])]);
    let document = |version, public_key: &[u8]| {
        let public_key = tlv(0x81, &[&[0], public_key].concat());
        sequence(&[
            integer(version),
            algorithm.clone(),
            seed.clone(),
            public_key,
        ])
    };
    let read = SigningKey::from_der(&document(1, &key.public_key_bytes())).unwrap();
    assert_eq!(read.spki(), key.spki());
    assert_eq!(
        SigningKey::from_der(&document(1, &other.public_key_bytes())).unwrap_err(),
        PrivateKeyError::Mismatch
    );
    assert!(SigningKey::from_der(&document(0, &key.public_key_bytes())).is_err());

    let [one, other] = [1, 2].map(|byte| SigningKey::p256([byte; 32]).unwrap());
    let curve = tlv(0xa0, &tlv(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]));
    let document = |public_key: &[u8]| {
        let public_key = tlv(0xa1, &tlv(3, &[&[0], public_key].concat()));
        sequence(&[integer(1), tlv(4, &[1; 32]), curve.clone(), public_key])
    };
    let read = SigningKey::from_der(&document(&one.public_key_bytes())).unwrap();
    assert_eq!(read.spki(), one.spki());
    assert_eq!(
        SigningKey::from_der(&document(&other.public_key_bytes())).unwrap_err(),
        PrivateKeyError::Mismatch
    );
    let nameless = sequence(&[integer(1), tlv(4, &[1; 32])]);
    assert_eq!(
        SigningKey::from_der(&nameless).unwrap_err(),
        PrivateKeyError::NoCurve
    );
}
