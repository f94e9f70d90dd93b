//! Why a verb fails.
//!
//! Errors of lower layers go through as they are, or with the name in front of what they are about; the rest are the
//! verbs' own. Each is one line for whoever typed the command, and its text is its documentation.

use crate::{
    certificate::{contents::ValidityError, issuer::IssuerError, successor::SuccessorError},
    clock::ClockError,
    files::FileError,
    keys::{
        algorithm::AlgorithmError, key_file::KeyError, own_key::OwnKeyError,
        password::PasswordError,
    },
    node::NodeError,
    request::{
        args::ExpiredError,
        carry_out::RequestError,
        consents::ConsentError,
        issued_by::IssuedByError,
        payer::PayerError,
        registered::{FindKeyError, IdentityError},
        runtime::CallError,
        transaction::TransactionError,
        unsigned::SigningError,
    },
};
use allod_identity::{
    DATA_CONTEXT, GuardianSetError, Identifier, MAX_CRL_SIZE, MAX_GUARDIANS, MAX_SERVICES,
    ServiceError, request::TooManyServices,
};
use allod_output::OutputError;
use allod_rpc_types::{
    auto_id::{BlockHash, TooMany},
    farmer::TooLong,
};
use allod_x509::{
    CertificateError, CrlError, CsrError, SignatureAlgorithm, SignatureError, format_time,
    profile::ProfileError, signing_key,
};
use std::{fmt::Display, io, path::PathBuf};

/// Why a command fails, in one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{what}: {error}")]
    In { what: String, error: Box<Self> },

    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error(transparent)]
    Consent(#[from] ConsentError),
    #[error(transparent)]
    Crl(#[from] CrlError),
    #[error(transparent)]
    Csr(#[from] CsrError),
    #[error(transparent)]
    Expired(#[from] ExpiredError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    FindKey(#[from] FindKeyError),
    #[error(transparent)]
    Guardians(#[from] GuardianSetError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    IssuedBy(#[from] IssuedByError),
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    KeyAlgorithm(#[from] signing_key::AlgorithmError),
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    OwnKey(#[from] OwnKeyError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Payer(#[from] PayerError),
    #[error(transparent)]
    Payload(#[from] TooManyServices),
    #[error(transparent)]
    Profile(#[from] ProfileError),
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Services(#[from] ServiceError),
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error(transparent)]
    Signing(#[from] SigningError),
    #[error(transparent)]
    Successor(#[from] SuccessorError),
    #[error(transparent)]
    TooLong(#[from] TooLong),
    #[error(transparent)]
    TooMany(#[from] TooMany),
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    #[error(transparent)]
    Validity(#[from] ValidityError),

    // `new`, `issue`, `assemble`
    #[error("--signature-algorithm {0}")]
    SignatureAlgorithm(AlgorithmError),
    #[error("name the issuer: --issuer FILE or --issuer-id IDENTIFIER")]
    NoIssuer,
    #[error("name the issuer's key: --key FILE")]
    NoIssuersKey,
    #[error("--out is missing")]
    NoOut,
    #[error("neither a certificate to be signed nor a request")]
    NothingToAssemble,
    #[error("somebody else's certificate: name the issuer with --issuer or --issuer-id")]
    IssuerUnnamed,

    // `register`, `renew`, `re-parent`, `recover`
    #[error("its issuer is another than its subject: name the issuer's identity with --issuer")]
    NotSelfIssued,
    #[error("the certificate is self-issued: leave out --issuer")]
    SelfIssued,
    #[error("consents are for certificates of another issuer: name it with --issuer")]
    ConsentsToRoot,
    #[error("another subject than that of {0}; an identity keeps its name")]
    OtherSubject(Identifier),
    #[error("another key than that of {0}, which stays when it moves; renew it for a new one")]
    OtherKey(Identifier),
    #[error("{0} is a root: it has no issuer to leave")]
    Root(Identifier),
    #[error("this is the present certificate of {0}")]
    PresentCertificate(Identifier),
    #[error("the serial number is that of the present certificate; it must be new")]
    PresentSerial,
    #[error("--compromised-after gives the key up, and the certificate keeps it")]
    KeyKept,
    #[error("--certificate or --out says which certificate")]
    NoSuccessor,
    #[error(
        "{identifier} is valid until {until}; its issuer {issuer} has to sign the next certificate: \
         name its key with --issuer-key, or have it issued elsewhere and run allod id renew \
         {identifier} --certificate FILE"
    )]
    IssuersTurn {
        identifier: Identifier,
        until: String,
        issuer: Identifier,
    },
    #[error("no recovery of {0} is open")]
    NoRecovery(Identifier),
    #[error(
        "recovery {number} of {identifier} is to another certificate, with the fingerprint {}",
        hex::encode(.fingerprint)
    )]
    OtherRecovery {
        number: u32,
        identifier: Identifier,
        fingerprint: [u8; 32],
    },

    // `renew --watch`
    #[error(
        "--watch replaces the identity's certificate: name the identity by its certificate's file"
    )]
    WatchWithoutFile,
    #[error("--rotate-key replaces the identity's key: name its file with --key")]
    RotationWithoutFile,
    #[error(
        "{} holds more than a certificate, and watching replaces it: give the certificate a file of \
         its own", .0.display()
    )]
    NotAlone(PathBuf),
    #[error("cannot wait for signals: {0}")]
    Signals(io::Error),
    #[error("cannot rename {} to {}: {error}", .from.display(), .to.display())]
    Rename {
        from: PathBuf,
        to: PathBuf,
        error: io::Error,
    },
    #[error("cannot remove {}: {error}", .path.display())]
    Remove { path: PathBuf, error: io::Error },

    // `revoke`, `hold`, `release`
    #[error("--serial or --certificate says which certificate")]
    NoSerial,
    #[error(
        "the certificate names another issuer than the subject of {0}: serial numbers count for their \
         issuer only"
    )]
    OthersSerial(Identifier),
    #[error("the serial number is too long")]
    LongSerial,

    // `crl`
    #[error(
        "two things are signed here, a list and a request. For a key that is elsewhere make the list \
         first: allod id crl to-be-signed, allod id crl assemble; then --crl"
    )]
    TwoSignatures,
    #[error("the list: {error}, by {by}")]
    CrlSignature { error: CrlError, by: String },
    #[error("the node's list is no hex: {0}")]
    CrlHex(hex::FromHexError),
    #[error("the node's list cannot be signed: it is not one whole tbsCertList")]
    CrlNotWhole,
    #[error("the node's list is of another issuer than {0}")]
    OthersCrl(Identifier),
    #[error(
        "the list has the number 0x{}, which is not above the last one's, 0x{}",
        hex::encode(.number), hex::encode(.last)
    )]
    CrlNumber { number: Vec<u8>, last: Vec<u8> },
    #[error(
        "the node's list is good until {} and not until {}",
        format_time(*.next_update), format_time(*.expected)
    )]
    CrlNextUpdate { next_update: u64, expected: u64 },
    #[error(
        "the list was made on {}, which is still to come: by this machine's clock it is {}",
        format_time(*.this_update), format_time(*.now)
    )]
    CrlFromTheFuture { this_update: u64, now: u64 },
    #[error(
        "the list was made on {}, before the last one, which was on {}",
        format_time(*.this_update), format_time(*.last)
    )]
    CrlOlder { this_update: u64, last: u64 },
    #[error("{0} has published no revocation list")]
    NoCrl(Identifier),
    #[error("{}: a list of more than {MAX_CRL_SIZE} bytes", .0.display())]
    LongCrl(PathBuf),

    // `guardians`, `services`
    #[error("at most {MAX_GUARDIANS} guardians")]
    TooManyGuardians,
    #[error("at most {MAX_SERVICES} services")]
    TooManyServices,

    // `extrinsic`
    #[error("the call has {digits} hex digits; at most {most} are read")]
    LongCall { digits: usize, most: usize },
    #[error("the call is no hex: {0}")]
    CallHex(hex::FromHexError),

    // `sign`, `verify-data`
    #[error("its key usage has no digitalSignature, which data need")]
    NoDigitalSignature,
    #[error(
        "{error}: with {algorithm}, over these data, this identity and --block {block} on this chain"
    )]
    DataSignature {
        error: SignatureError,
        algorithm: SignatureAlgorithm,
        block: u32,
    },
    #[error("--out must say where the signature of the standard input goes")]
    NoDataName,
    #[error("the node is of another chain than --genesis {0}")]
    OtherChain(BlockHash),
    #[error(
        "the certificate is no identity's current one; --identifier names one whatever the chain says"
    )]
    NobodysCertificate,
    #[error("no signature over data ({DATA_CONTEXT}): {0}")]
    NoDataSignature(serde_json::Error),
}

/// Errors with the name in front of what they are about.
pub trait About<T> {
    /// Says that the error is about a file, an option, or whatever else has this name.
    fn about(self, what: impl Display) -> Result<T, Error>;
}

impl<T, E: Into<Error>> About<T> for Result<T, E> {
    fn about(self, what: impl Display) -> Result<T, Error> {
        self.map_err(|error| Error::In {
            what: what.to_string(),
            error: Box::new(error.into()),
        })
    }
}
