//! Private keys under a password: `EncryptedPrivateKeyInfo` (RFC 5208, 6) with PBES2 (RFC 8018, 6.2).
//!
//! | | read | written |
//! |---|---|---|
//! | key derivation | PBKDF2 (RFC 8018, 5.2) with HMAC-SHA-224, -256, -384 or -512; scrypt (RFC 7914) | PBKDF2 with HMAC-SHA-256, 600,000 iterations, 16 octets of salt |
//! | cipher | AES-128, -192 or -256 in CBC mode | AES-256 in CBC mode |
//!
//! The file says how much work it takes to open it, and nobody vouches for the file. So its parameters are looked
//! at first, and what exceeds [`MAX_ITERATIONS`] or [`MAX_SCRYPT_BYTES`] is refused unworked. OpenSSL reads what is
//! written here, and what it writes unless it is told otherwise is read.
//!
//! PBES2 does not tell a wrong password from a damaged file, and neither can the error.
//!
//! The crate `pkcs5` reads the same. It asks for a feature of `cipher` with which much below the SDK would be another
//! crate than it is, and its errors do not say what a file asks for; so that only derivation and cipher are other
//! crates' here.

use aes::{
    Aes128, Aes192, Aes256,
    cipher::{
        BlockCipher, BlockDecrypt, BlockDecryptMut, BlockEncryptMut, KeyInit, KeyIvInit,
        generic_array::{GenericArray, typenum::U16},
    },
};
use der::{Decode, Tag};
use hmac::Hmac;
use p256::elliptic_curve::zeroize::Zeroizing;
use pbkdf2::pbkdf2;
use rsa::rand_core::CryptoRngCore;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::{
    CertificateError, PrivateKeyError, SigningKey,
    error::Field,
    extensions::oid,
    limits::{MAX_ITERATIONS, MAX_PRIVATE_KEY_SIZE, MAX_SALT, MAX_SCRYPT_BYTES},
    reader::Cursor,
    scrypt,
    writer::{integer, sequence, tlv},
};

/// Octets of a block of AES.
const BLOCK: usize = 16;
/// What is written: OWASP's advice for PBKDF2 with HMAC-SHA-256.
const WRITTEN_ITERATIONS: u32 = 600_000;

/// `id-PBES2`, contents of the identifier.
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0d];
/// `id-PBKDF2`.
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0c];
/// `id-scrypt`.
const SCRYPT: &[u8] = &[0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 0x0b];
/// The arc of HMACs; the last number says with which digest.
const HMAC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2];
/// `hmacWithSHA256`, the last number.
const HMAC_SHA256: u8 = 9;
/// The arc of AES; the last number says key length and mode.
const AES: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1];
/// `aes256-CBC-PAD`, the last number.
const AES256_CBC: u8 = 0x2a;

/// Why an encrypted key gives no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncryptedKeyError {
    /// Not an `EncryptedPrivateKeyInfo` in DER.
    #[error("not an encrypted private key in DER (RFC 5208, 6)")]
    Malformed,
    /// A scheme, derivation or cipher that is not read; its object identifier.
    #[error(
        "encrypted by {0}, which is not read: openssl pkcs8 -topk8 -v2 aes-256-cbc makes what is"
    )]
    Scheme(String),
    /// PBKDF2 with HMAC-SHA-1, the default of old programs.
    #[error(
        "key derivation with HMAC-SHA-1 is not read: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 makes what is"
    )]
    Sha1,
    /// PBKDF2 would take too long.
    #[error("PBKDF2 with {0} iterations is not worked on: 1 to {MAX_ITERATIONS} are")]
    Iterations(u64),
    /// scrypt would take too much memory or time, or its parameters are none.
    #[error(
        "scrypt with N = {n}, r = {r}, p = {p} is not worked on: N is a power of two above 1, and 128·N·r·p at most {MAX_SCRYPT_BYTES} bytes"
    )]
    Scrypt {
        /// The cost, `costParameter`.
        n: u64,
        /// The size of a block, `blockSize`.
        r: u64,
        /// How often all is done, `parallelizationParameter`.
        p: u64,
    },
    /// A salt of an odd length.
    #[error("salt of {0} octets: 1 to {MAX_SALT} are read")]
    Salt(usize),
    /// What comes out is not a key.
    #[error("wrong password, or the file is damaged")]
    WrongPassword,
    /// What comes out is a key that cannot sign here.
    #[error(transparent)]
    Key(PrivateKeyError),
}

impl From<CertificateError> for EncryptedKeyError {
    fn from(_: CertificateError) -> Self {
        Self::Malformed
    }
}

impl From<der::Error> for EncryptedKeyError {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

impl SigningKey {
    /// Decrypts an `EncryptedPrivateKeyInfo` and reads the key in it. Takes up to some seconds.
    ///
    /// # Errors
    /// One variant of [`EncryptedKeyError`] for each cause.
    pub fn from_encrypted_pkcs8(der: &[u8], password: &[u8]) -> Result<Self, EncryptedKeyError> {
        let (scheme, data) = parse(der)?;
        let plain = scheme.decrypt(password, data)?;
        match Self::from_pkcs8(&plain) {
            Ok(key) => Ok(key),
            // One time in 256 a wrong password leaves a padding that looks right.
            Err(PrivateKeyError::Malformed(_) | PrivateKeyError::Form) => {
                Err(EncryptedKeyError::WrongPassword)
            }
            Err(error) => Err(EncryptedKeyError::Key(error)),
        }
    }

    /// Writes `EncryptedPrivateKeyInfo`: PBKDF2 with HMAC-SHA-256, and AES-256-CBC. Takes a part of a
    /// second.
    pub fn to_encrypted_pkcs8(&self, password: &[u8], rng: &mut impl CryptoRngCore) -> Vec<u8> {
        let (mut salt, mut vector) = ([0; 16], [0; BLOCK]);
        rng.fill_bytes(&mut salt);
        rng.fill_bytes(&mut vector);
        let mut key = Zeroizing::new([0; 32]);
        let scheme = Derivation::Pbkdf2 {
            digest: Digest::Sha256,
            iterations: WRITTEN_ITERATIONS,
        };
        scheme.derive(password, &salt, key.as_mut());
        let plain = self.to_pkcs8();
        let data = encrypt_cbc(&key, vector, &plain);
        let function = sequence(&[tlv(6, &[HMAC, &[HMAC_SHA256]].concat()), tlv(5, &[])]);
        let derivation = sequence(&[
            tlv(6, PBKDF2),
            sequence(&[tlv(4, &salt), integer(WRITTEN_ITERATIONS.into()), function]),
        ]);
        let cipher = sequence(&[tlv(6, &[AES, &[AES256_CBC]].concat()), tlv(4, &vector)]);
        let parameters = sequence(&[derivation, cipher]);
        let algorithm = sequence(&[tlv(6, PBES2), parameters]);
        sequence(&[algorithm, tlv(4, &data)])
    }
}

/// Whether it is a key under a password that can be worked on: its form, its scheme, and what it would cost. Asks
/// for no password and derives nothing.
///
/// # Errors
/// As [`SigningKey::from_encrypted_pkcs8`], but for what only the password shows.
pub fn check(der: &[u8]) -> Result<(), EncryptedKeyError> {
    parse(der).map(|_| ())
}

/// The scheme, and what is encrypted.
fn parse(der: &[u8]) -> Result<(Scheme<'_>, &[u8]), EncryptedKeyError> {
    if der.len() > MAX_PRIVATE_KEY_SIZE {
        return Err(EncryptedKeyError::Key(PrivateKeyError::TooLong(der.len())));
    }
    let mut file = Cursor::new(der, Field::PrivateKey);
    let mut fields = file.sequence()?;
    file.finish()?;
    let scheme = Scheme::parse(fields.sequence()?)?;
    let data = fields.expect(Tag::OctetString)?.value;
    fields.finish()?;
    if data.is_empty() || !data.len().is_multiple_of(BLOCK) {
        return Err(EncryptedKeyError::Malformed);
    }
    Ok((scheme, data))
}

/// What PBES2's parameters say, checked to be affordable.
struct Scheme<'a> {
    derivation: Derivation,
    salt: &'a [u8],
    cipher: Cipher,
    vector: [u8; BLOCK],
}

/// AES in CBC mode, by the length of its key.
#[derive(Debug, Clone, Copy)]
enum Cipher {
    Aes128,
    Aes192,
    Aes256,
}

impl Cipher {
    /// Octets.
    const fn key_length(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }
}

/// How a password becomes a key, but for the salt.
#[derive(Debug, Clone, Copy)]
enum Derivation {
    Pbkdf2 { digest: Digest, iterations: u32 },
    Scrypt(scrypt::Parameters),
}

/// The digest of PBKDF2's HMAC.
#[derive(Debug, Clone, Copy)]
enum Digest {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl<'a> Scheme<'a> {
    /// Reads an `AlgorithmIdentifier` (RFC 8018, A.4).
    fn parse(mut algorithm: Cursor<'a>) -> Result<Self, EncryptedKeyError> {
        let identifier = algorithm.object_identifier()?;
        if identifier != PBES2 {
            return Err(unknown(identifier));
        }
        let mut parameters = algorithm.sequence()?;
        algorithm.finish()?;
        let mut derivation = parameters.sequence()?;
        let mut encryption = parameters.sequence()?;
        parameters.finish()?;

        let identifier = derivation.object_identifier()?;
        let fields = derivation.sequence()?;
        derivation.finish()?;
        let (salt, derivation, stated_length) = match identifier {
            PBKDF2 => parse_pbkdf2(fields)?,
            SCRYPT => parse_scrypt(fields)?,
            other => return Err(unknown(other)),
        };
        if !(1..=MAX_SALT).contains(&salt.len()) {
            return Err(EncryptedKeyError::Salt(salt.len()));
        }

        let identifier = encryption.object_identifier()?;
        let cipher = match identifier.split_last() {
            Some((0x02, AES)) => Cipher::Aes128,
            Some((0x16, AES)) => Cipher::Aes192,
            Some((&AES256_CBC, AES)) => Cipher::Aes256,
            _ => return Err(unknown(identifier)),
        };
        let vector = encryption.expect(Tag::OctetString)?.value;
        encryption.finish()?;
        if stated_length.is_some_and(|stated| u64::try_from(cipher.key_length()) != Ok(stated)) {
            return Err(EncryptedKeyError::Malformed);
        }
        Ok(Self {
            derivation,
            salt,
            cipher,
            vector: vector
                .try_into()
                .map_err(|_| EncryptedKeyError::Malformed)?,
        })
    }

    fn decrypt(
        &self,
        password: &[u8],
        data: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, EncryptedKeyError> {
        let mut key = Zeroizing::new(vec![0; self.cipher.key_length()]);
        self.derivation.derive(password, self.salt, &mut key);
        let mut plain = Zeroizing::new(data.to_vec());
        match self.cipher {
            Cipher::Aes128 => decrypt_cbc::<Aes128>(&key, self.vector, &mut plain),
            Cipher::Aes192 => decrypt_cbc::<Aes192>(&key, self.vector, &mut plain),
            Cipher::Aes256 => decrypt_cbc::<Aes256>(&key, self.vector, &mut plain),
        }
        .ok_or(EncryptedKeyError::WrongPassword)?;
        Ok(plain)
    }
}

impl Derivation {
    fn derive(self, password: &[u8], salt: &[u8], key: &mut [u8]) {
        let is_derived = match self {
            Self::Pbkdf2 { digest, iterations } => match digest {
                Digest::Sha224 => pbkdf2::<Hmac<Sha224>>(password, salt, iterations, key),
                Digest::Sha256 => pbkdf2::<Hmac<Sha256>>(password, salt, iterations, key),
                Digest::Sha384 => pbkdf2::<Hmac<Sha384>>(password, salt, iterations, key),
                Digest::Sha512 => pbkdf2::<Hmac<Sha512>>(password, salt, iterations, key),
            }
            .is_ok(),
            Self::Scrypt(parameters) => parameters.derive(password, salt, key).is_some(),
        };
        // HMAC takes keys of any length.
        debug_assert!(is_derived);
    }
}

type Parsed<'a> = (&'a [u8], Derivation, Option<u64>);

/// `PBKDF2-params` (RFC 8018, A.2).
fn parse_pbkdf2(mut fields: Cursor<'_>) -> Result<Parsed<'_>, EncryptedKeyError> {
    let salt = fields.expect(Tag::OctetString)?.value;
    let count = number(&mut fields)?;
    let key_length = optional_number(&mut fields)?;
    // Where nothing is said it is HMAC-SHA-1.
    let Some(function) = fields.optional(Tag::Sequence)? else {
        return Err(EncryptedKeyError::Sha1);
    };
    fields.finish()?;
    let mut function = Cursor::new(function.value, Field::PrivateKey);
    let identifier = function.object_identifier()?;
    function.optional(Tag::Null)?;
    function.finish()?;
    let digest = match identifier.split_last() {
        Some((7, HMAC)) => return Err(EncryptedKeyError::Sha1),
        Some((8, HMAC)) => Digest::Sha224,
        Some((&HMAC_SHA256, HMAC)) => Digest::Sha256,
        Some((10, HMAC)) => Digest::Sha384,
        Some((11, HMAC)) => Digest::Sha512,
        _ => return Err(unknown(identifier)),
    };
    let iterations = u32::try_from(count)
        .ok()
        .filter(|_| (1..=MAX_ITERATIONS).contains(&count))
        .ok_or(EncryptedKeyError::Iterations(count))?;
    Ok((salt, Derivation::Pbkdf2 { digest, iterations }, key_length))
}

/// `scrypt-params` (RFC 7914, 7.1).
fn parse_scrypt(mut fields: Cursor<'_>) -> Result<Parsed<'_>, EncryptedKeyError> {
    let salt = fields.expect(Tag::OctetString)?.value;
    let [n, r, p] = [
        number(&mut fields)?,
        number(&mut fields)?,
        number(&mut fields)?,
    ];
    let key_length = optional_number(&mut fields)?;
    fields.finish()?;
    let parameters =
        scrypt::Parameters::new(n, r, p).ok_or(EncryptedKeyError::Scrypt { n, r, p })?;
    Ok((salt, Derivation::Scrypt(parameters), key_length))
}

/// A non-negative INTEGER; one beyond 64 bits counts as the greatest.
fn number(fields: &mut Cursor<'_>) -> Result<u64, EncryptedKeyError> {
    let tlv = fields.expect(Tag::Integer)?;
    match tlv.value {
        [0..=0x7f, rest @ ..] if rest.len() > 8 => Ok(u64::MAX),
        _ => Ok(u64::from_der(tlv.raw)?),
    }
}

fn optional_number(fields: &mut Cursor<'_>) -> Result<Option<u64>, EncryptedKeyError> {
    fields
        .optional(Tag::Integer)?
        .map(|tlv| u64::from_der(tlv.raw))
        .transpose()
        .map_err(EncryptedKeyError::from)
}

fn unknown(identifier: &[u8]) -> EncryptedKeyError {
    EncryptedKeyError::Scheme(oid::dotted(identifier))
}

/// Decrypts in place and takes the padding off (RFC 8018, B.2.5); `None` if that is not there.
fn decrypt_cbc<Aes: BlockCipher<BlockSize = U16> + BlockDecrypt + KeyInit>(
    key: &[u8],
    vector: [u8; BLOCK],
    data: &mut Vec<u8>,
) -> Option<()>
where
    cbc::Decryptor<Aes>: BlockDecryptMut<BlockSize = U16> + KeyIvInit,
{
    let mut cipher = cbc::Decryptor::<Aes>::new_from_slices(key, &vector).ok()?;
    for block in data.chunks_exact_mut(BLOCK) {
        cipher.decrypt_block_mut(GenericArray::from_mut_slice(block));
    }
    let padding = *data.last()?;
    let length = data.len().checked_sub(padding.into())?;
    let (_, end) = data.split_at_checked(length)?;
    let is_padding =
        (1..=BLOCK).contains(&usize::from(padding)) && end.iter().all(|byte| *byte == padding);
    is_padding.then(|| data.truncate(length))
}

/// Pads and encrypts by AES-256.
fn encrypt_cbc(key: &[u8; 32], vector: [u8; BLOCK], plain: &[u8]) -> Vec<u8> {
    let missing = BLOCK.saturating_sub(plain.len() % BLOCK);
    let length = plain.len().saturating_add(missing);
    // With room for all from the start, nothing is copied and left behind.
    let mut data = Vec::with_capacity(length);
    data.extend_from_slice(plain);
    data.resize(length, u8::try_from(missing).unwrap_or_default());
    let mut cipher = cbc::Encryptor::<Aes256>::new(key.into(), &vector.into());
    for block in data.chunks_exact_mut(BLOCK) {
        cipher.encrypt_block_mut(GenericArray::from_mut_slice(block));
    }
    data
}
