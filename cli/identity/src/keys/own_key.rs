//! The key of a new certificate or request: a new one, one in a file, or one that is elsewhere.

use crate::{
    files::{self, Access, FileError, Form, NewFiles},
    keys::{
        algorithm::{self, AlgorithmError, parse_algorithm},
        key_file::{self, KeyError},
        password::{PasswordArgs, PasswordError},
    },
};
use allod_x509::{
    CertificateError, KeyAlgorithm, PublicKey, SignatureAlgorithm, builder::SigningKey,
};
use rand::rngs::OsRng;
use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// A kind of new key: a kind of the chain's, for RSA with a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyKind {
    name: &'static str,
    help: &'static str,
    algorithm: KeyAlgorithm,
    rsa_bits: u32,
}

impl KeyKind {
    /// The kinds of new keys that are of this kind.
    const fn of(algorithm: KeyAlgorithm) -> &'static [Self] {
        macro_rules! kinds {
            ($algorithm:ident: $($name:literal, $help:literal, $rsa_bits:expr;)+) => {
                &[$(KeyKind {
                    name: $name,
                    help: $help,
                    algorithm: KeyAlgorithm::$algorithm,
                    rsa_bits: $rsa_bits,
                }),+]
            };
        }
        match algorithm {
            KeyAlgorithm::Ed25519 => kinds! { Ed25519: "ed25519", "Ed25519", 0; },
            KeyAlgorithm::P256 => kinds! { P256: "p256", "ECDSA on P-256", 0; },
            KeyAlgorithm::P384 => kinds! { P384: "p384", "ECDSA on P-384", 0; },
            KeyAlgorithm::Rsa => kinds! { Rsa:
                "rsa-2048", "RSA with 2,048 bits", 2_048;
                "rsa-3072", "RSA with 3,072 bits", 3_072;
                "rsa-4096", "RSA with 4,096 bits; takes some seconds", 4_096;
            },
        }
    }

    fn generate(self) -> Result<SigningKey, CertificateError> {
        let rng = &mut OsRng;
        Ok(match self.rsa_bits {
            0 => SigningKey::generate(self.algorithm, rng)?,
            bits => SigningKey::generate_rsa(bits, rng)?,
        })
    }
}

impl clap::ValueEnum for KeyKind {
    fn value_variants<'a>() -> &'a [Self] {
        static KINDS: LazyLock<Vec<KeyKind>> =
            LazyLock::new(|| KeyAlgorithm::ALL.map(KeyKind::of).concat());
        &KINDS
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name).help(self.help))
    }
}

/// Why there is no key, or none that is kept.
#[derive(Debug, thiserror::Error)]
pub enum OwnKeyError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Unacceptable(#[from] CertificateError),
    /// A public key in a file that no certificate may have.
    #[error("{}: {error}", .path.display())]
    PublicKey {
        path: PathBuf,
        error: CertificateError,
    },
    /// It does not sign with this algorithm.
    #[error("--signature-algorithm {0}")]
    Algorithm(AlgorithmError),
    /// Whoever names a password believes that the new key is protected by it.
    #[error(
        "--password-file without --encrypt would leave the new key unencrypted: add --encrypt, or leave it out"
    )]
    NotEncrypted,
    /// One file for two things.
    #[error("key and certificate would both go to {}: name another file with {option}", .path.display())]
    SameFile {
        path: PathBuf,
        /// The option that names another one.
        option: &'static str,
    },
}

/// Which key.
#[derive(Debug, Clone, clap::Args)]
pub struct KeyArgs {
    /// The kind of the new key.
    #[arg(long, value_enum, default_value = "ed25519", conflicts_with_all = ["key", "public_key"])]
    algorithm: KeyKind,

    /// Take this key instead of a new one: PKCS#8, SEC 1 or PKCS#1, PEM or DER.
    #[arg(long, value_name = "FILE", conflicts_with = "public_key")]
    key: Option<PathBuf>,

    /// Where to write the new key; only its owner may read it. Default: beside the other file, with
    /// `.key` for its ending.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "public_key"])]
    key_out: Option<PathBuf>,

    /// Encrypt the new key with a password.
    #[arg(long, conflicts_with_all = ["key", "public_key"])]
    encrypt: bool,

    #[command(flatten)]
    password: PasswordArgs,

    /// The public key of a key that is elsewhere: nothing is signed here.
    #[arg(long, value_name = "FILE", requires = "to_be_signed")]
    public_key: Option<PathBuf>,

    /// Where to write what that key has to sign; `allod id assemble` takes it from there.
    #[arg(long, value_name = "FILE", requires = "public_key")]
    to_be_signed: Option<PathBuf>,

    /// The algorithm of the signature, for RSA keys: rsa-pkcs1-sha256 (default) to rsa-pss-sha512.
    #[arg(long, value_name = "NAME", value_parser = parse_algorithm)]
    signature_algorithm: Option<SignatureAlgorithm>,
}

/// Where the key is.
pub enum OwnKey {
    /// Here; a new one is still to be written.
    Here {
        key: Box<SigningKey>,
        /// Where to write it.
        new: Option<PathBuf>,
    },
    /// Elsewhere; what it signs goes to a file.
    Elsewhere {
        /// DER of the public key.
        spki: Vec<u8>,
        /// The file.
        to_be_signed: PathBuf,
    },
}

impl OwnKey {
    /// The DER of the public key.
    pub fn spki(&self) -> Vec<u8> {
        match self {
            Self::Here { key, .. } => key.spki(),
            Self::Elsewhere { spki, .. } => spki.clone(),
        }
    }
}

impl KeyArgs {
    /// The key, for something that is written to `out`.
    pub fn own_key(&self, out: &Path) -> Result<OwnKey, OwnKeyError> {
        if let (Some(path), Some(to_be_signed)) = (&self.public_key, &self.to_be_signed) {
            let spki = files::public_key(path)?;
            if let Err(error) = PublicKey::from_spki(&spki) {
                let path = path.clone();
                return Err(OwnKeyError::PublicKey { path, error });
            }
            return Ok(OwnKey::Elsewhere {
                spki,
                to_be_signed: to_be_signed.clone(),
            });
        }
        if let Some(path) = &self.key {
            return Ok(OwnKey::Here {
                key: Box::new(key_file::load(path, &self.password)?),
                new: None,
            });
        }
        if self.password.names_a_file() && !self.encrypt {
            return Err(OwnKeyError::NotEncrypted);
        }
        let path = file_of_new_key(out, self.key_out.as_deref(), "--key-out")?;
        Ok(OwnKey::Here {
            key: Box::new(self.algorithm.generate()?),
            new: Some(path),
        })
    }

    /// The algorithm that the key signs with.
    pub fn signature_algorithm(&self, spki: &[u8]) -> Result<SignatureAlgorithm, OwnKeyError> {
        let key = PublicKey::from_spki(spki)?.algorithm;
        algorithm::algorithm_of_key(key, self.signature_algorithm).map_err(OwnKeyError::Algorithm)
    }

    /// Writes the new key, if there is one, and then the other file: both or none.
    pub fn write(
        &self,
        key: &SigningKey,
        new: Option<&Path>,
        out: &Path,
        contents: &[u8],
        form: Form,
    ) -> Result<(), OwnKeyError> {
        let mut files = NewFiles::default();
        if let Some(path) = new {
            let password = self.encrypt.then_some(&self.password);
            add_key(&mut files, path, key, form, password)?;
        }
        files.add(out, contents, Access::Everybody)?;
        files.keep();
        Ok(())
    }
}

/// The file of a new key: `named`, or beside `out` with `.key` for its ending. Neither it nor `out` may be there;
/// `option` names another one.
pub fn file_of_new_key(
    out: &Path,
    named: Option<&Path>,
    option: &'static str,
) -> Result<PathBuf, OwnKeyError> {
    let path = named.map_or_else(|| out.with_extension("key"), Path::to_owned);
    if path == out {
        return Err(OwnKeyError::SameFile { path, option });
    }
    // A key of 4,096 bits takes its time, so ask first. Whether the file can be made shows when it is.
    for path in [&path, out] {
        if path.symlink_metadata().is_ok() {
            return Err(FileError::Exists { path: path.into() }.into());
        }
    }
    Ok(path)
}

/// Adds a new key's file, which only its owner may read; encrypted if a password is to be chosen.
pub fn add_key(
    files: &mut NewFiles,
    path: &Path,
    key: &SigningKey,
    form: Form,
    password: Option<&PasswordArgs>,
) -> Result<(), OwnKeyError> {
    let contents = match password {
        Some(password) => {
            let password = password.choose(&path.display().to_string())?;
            let der = key.to_encrypted_pkcs8(password.as_bytes(), &mut OsRng);
            files::encode(key_file::ENCRYPTED_PRIVATE_KEY, &der, form)?
        }
        None => files::encode(key_file::PRIVATE_KEY, &key.to_pkcs8(), form)?,
    };
    files.add(path, &contents, Access::Owner)?;
    Ok(())
}

/// A new key of the same kind as this one, for RSA with as many bits.
pub fn generate_like(key: PublicKey<'_>) -> Result<SigningKey, CertificateError> {
    let rng = &mut OsRng;
    Ok(match key.rsa_modulus_bits() {
        Some(bits) => SigningKey::generate_rsa(bits, rng)?,
        None => SigningKey::generate(key.algorithm, rng)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_test_support::Folder;
    use clap::ValueEnum;
    use std::{fs, os::unix::fs::PermissionsExt};

    #[test]
    fn a_password_for_a_key_that_would_not_be_encrypted_is_refused() {
        #[derive(Debug, clap::Parser)]
        struct Cli {
            #[command(flatten)]
            key: KeyArgs,
        }
        let own_key = |words: &[&str]| {
            let words = [&["new", "--password-file", "password"], words].concat();
            let cli = <Cli as clap::Parser>::try_parse_from(words).unwrap();
            cli.key.own_key(Path::new("cert.pem"))
        };
        assert!(matches!(own_key(&[]), Err(OwnKeyError::NotEncrypted)));
        assert!(own_key(&["--encrypt"]).is_ok());
    }

    #[test]
    fn keys_of_the_same_kind_are_private_and_overwrite_nothing() {
        for kind in KeyKind::value_variants()
            .iter()
            .filter(|kind| kind.rsa_bits == 0)
        {
            let former = kind.generate().unwrap().spki();
            check_like(PublicKey::from_spki(&former).unwrap(), &former);
        }
    }

    /// The size stays, too; one that is none of [`KeyKind`]'s shows that it is not chosen from those.
    #[test]
    fn rsa_keys_keep_their_size() {
        let former = SigningKey::generate_rsa(2_056, &mut OsRng).unwrap().spki();
        check_like(PublicKey::from_spki(&former).unwrap(), &former);
    }

    fn check_like(former: PublicKey<'_>, former_spki: &[u8]) {
        let key = generate_like(former).unwrap();
        let spki = key.spki();
        let public = PublicKey::from_spki(&spki).unwrap();
        assert_eq!(public.algorithm, former.algorithm);
        assert_eq!(public.rsa_modulus_bits(), former.rsa_modulus_bits());
        assert_ne!(spki, former_spki);

        let folder = Folder::new();
        let password = PasswordArgs::file(folder.write("password", b"word"));
        for (name, chosen) in [("plain.key", None), ("secret.key", Some(&password))] {
            let path = folder.path(name);
            let add = || -> Result<(), OwnKeyError> {
                let mut files = NewFiles::default();
                add_key(&mut files, &path, &key, Form::Pem, chosen)?;
                files.keep();
                Ok(())
            };
            add().unwrap();
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(text.contains("ENCRYPTED"), chosen.is_some(), "{name}");
            assert_eq!(key_file::load(&path, &password).unwrap().spki(), spki);
            let error = add().unwrap_err().to_string();
            assert!(error.contains("is there already"), "{error}");
        }
    }
}
