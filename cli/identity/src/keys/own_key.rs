//! The key of a new certificate or request: a new one, one in a file, or one that is elsewhere.

use crate::{
    Error,
    files::{self, Access, FileError, Form, NewFiles},
    keys::{key_file, password::PasswordArgs},
    request::signing,
};
use allod_x509::{KeyAlgorithm, PublicKey, SignatureAlgorithm, builder::SigningKey};
use rand::rngs::OsRng;
use std::path::{Path, PathBuf};

/// A kind of new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum KeyKind {
    /// Ed25519.
    #[default]
    Ed25519,
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// RSA with 2,048 bits.
    #[value(name = "rsa-2048")]
    Rsa2048,
    /// RSA with 3,072 bits.
    #[value(name = "rsa-3072")]
    Rsa3072,
    /// RSA with 4,096 bits; takes some seconds.
    #[value(name = "rsa-4096")]
    Rsa4096,
}

/// Which key.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct KeyArgs {
    /// The kind of the new key.
    #[arg(long, value_enum, default_value_t, conflicts_with_all = ["key", "public_key"])]
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
    #[arg(long, value_name = "NAME", value_parser = signing::parse_algorithm)]
    signature_algorithm: Option<SignatureAlgorithm>,
}

/// Where the key is.
pub enum OwnKey {
    /// Here; a new one is still to be written.
    Here {
        /// The key.
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
    pub fn own_key(&self, out: &Path) -> Result<OwnKey, Error> {
        if let (Some(path), Some(to_be_signed)) = (&self.public_key, &self.to_be_signed) {
            let spki = files::public_key(path)?;
            PublicKey::from_spki(&spki).map_err(|error| format!("{}: {error}", path.display()))?;
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
        let path = file_of_new_key(out, self.key_out.as_deref(), "--key-out")?;
        Ok(OwnKey::Here {
            key: Box::new(generate(self.algorithm)?),
            new: Some(path),
        })
    }

    /// The algorithm that the key signs with.
    pub fn signature_algorithm(&self, spki: &[u8]) -> Result<SignatureAlgorithm, Error> {
        let key = PublicKey::from_spki(spki)?.algorithm;
        let algorithm = signing::algorithm_of_key(key, self.signature_algorithm);
        algorithm.map_err(|error| format!("--signature-algorithm {error}").into())
    }

    /// Writes the new key, if there is one, and then the other file: both or none.
    pub fn write(
        &self,
        key: &SigningKey,
        new: Option<&Path>,
        out: &Path,
        contents: &[u8],
        form: Form,
    ) -> Result<(), Error> {
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
pub fn file_of_new_key(out: &Path, named: Option<&Path>, option: &str) -> Result<PathBuf, Error> {
    let path = named.map_or_else(|| out.with_extension("key"), Path::to_owned);
    if path == out {
        return Err(format!(
            "key and certificate would both go to {}: name another file with {option}",
            out.display()
        )
        .into());
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
) -> Result<(), Error> {
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
pub fn generate_like(key: PublicKey<'_>) -> Result<SigningKey, Error> {
    let rng = &mut OsRng;
    Ok(match key.rsa_modulus_bits() {
        Some(bits) => SigningKey::generate_rsa(bits, rng)?,
        None => SigningKey::generate(key.algorithm, rng)?,
    })
}

fn generate(kind: KeyKind) -> Result<SigningKey, Error> {
    let rng = &mut OsRng;
    Ok(match kind {
        KeyKind::Ed25519 => SigningKey::generate(KeyAlgorithm::Ed25519, rng)?,
        KeyKind::P256 => SigningKey::generate(KeyAlgorithm::P256, rng)?,
        KeyKind::P384 => SigningKey::generate(KeyAlgorithm::P384, rng)?,
        KeyKind::Rsa2048 => SigningKey::generate_rsa(2_048, rng)?,
        KeyKind::Rsa3072 => SigningKey::generate_rsa(3_072, rng)?,
        KeyKind::Rsa4096 => SigningKey::generate_rsa(4_096, rng)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_openssl::Folder;
    use std::{fs, os::unix::fs::PermissionsExt};

    #[test]
    fn keys_of_the_same_kind_are_private_and_overwrite_nothing() {
        for kind in [KeyKind::Ed25519, KeyKind::P256, KeyKind::P384] {
            let former = generate(kind).unwrap().spki();
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
            let add = || -> Result<(), Error> {
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
