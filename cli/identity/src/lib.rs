//! `allod id`: makes, registers, shows and verifies identities, acts for them and signs in their name (§11).
//!
//! Each verb has its file in `verbs`, whose `//!` says how it goes:
//!
//! | module | verbs |
//! |---|---|
//! | `new`, `csr`, `issue`, `assemble` | `new`, `csr`, `issue` and `assemble`: certificates and requests for them |
//! | `register` | `register` and `payload` |
//! | `renew`, `watch` | `renew`, by hand and before the old certificate ends |
//! | `reparent` | `re-parent` |
//! | `consent` | `consent`, and the consents of co-issuers |
//! | `revoke` | `revoke`, `hold` and `release` |
//! | `crl` | `crl`: revocation lists |
//! | `control` | `controller`, `guardians`, `services` and `deactivate` |
//! | `recover` | `recover` |
//! | `extrinsic` | `extrinsic` |
//! | `verify` | `verify` and `show` |
//! | `resolve` | `resolve` |
//! | `data` | `sign` and `verify-data` |
//!
//! Below them, each folder may use those under it:
//!
//! | folder | holds |
//! |---|---|
//! | `request` | what makes, signs and sends a request: arguments, those who take part, signed bytes, call, transaction, event |
//! | `certificate` | what a new certificate says, by whom it is issued, and the one that follows another |
//! | `keys` | private keys and their passwords: reading them, making them, and finding the one of a certificate |
//! | `node` | questions to a node |
//! | `files`, `clock`, `shell` | bounded reading and careful writing, PEM and DER, what a file is; the time; commands to be pasted |
//!
//! Every request goes the same way. With the key here:
//!
//! ```text
//! allod id hold ca.pem --certificate child.pem --key ca.key
//! ```
//!
//! With the key elsewhere, in a hardware module or behind an air gap: what is to be signed goes out,
//! the signature comes in, and the first half prints what to type for the second.
//!
//! ```text
//! allod id hold ca.pem --certificate child.pem --payload p
//! openssl pkeyutl -sign -rawin -in p -inkey ca.key -out p.sig
//! allod id hold ca.pem --certificate child.pem --signature p.sig --valid-until 1380 --nonce 4 --genesis 0x…
//! ```
//!
//! Keys never leave the process: the node gets signatures. What is signed is put together here and
//! not taken from the node.
//!
//! Exit status: 0 if it was done or holds, 1 if an identity does not hold, 2 on an error, 141 if nobody reads what is
//! printed.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod certificate;
mod clock;
mod files;
mod keys;
mod node;
mod request;
mod shell;
#[cfg(test)]
mod test_golden;
mod verbs;

pub use files::{PemBlock, PemError, pem_blocks};
pub use node::node_url;
pub use request::{
    outcome::{Outcome, identity_outcome, revocation_outcome},
    runtime::{CallError, ChainRuntime, ExecutionError, RuntimeVersion, TransactionContext},
};
pub use verbs::data::signature_file::SignatureFile;
pub use verbs::error::Error;

use std::process::ExitCode;
use verbs::{
    assemble, consent, control, crl, csr, data, extrinsic, issue, new, recover, register, renew,
    reparent, resolve, revoke, verify,
};

/// `allod id …`.
#[derive(Debug, clap::Args)]
pub struct IdCmd {
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

/// Subcommands of `allod id`.
#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a key and a self-issued certificate for it.
    ///
    /// Files that are there are never overwritten. Only its owner may read the key's file.
    New(new::NewArgs),
    /// Ask an issuer for a certificate: make a key, and a request (PKCS #10) that it signs.
    ///
    /// Whether the subject is a CA and what its key is for, an issuer may take over or not; `allod id issue` does not,
    /// and has the same options for the issuer.
    Csr(csr::CsrArgs),
    /// Issue a certificate for a request.
    ///
    /// Name, key and alternative names come from the request, once its signature is checked. Whether the subject is
    /// a CA, what the key is for and which names it may issue for, arguments say, and never the request.
    Issue(issue::IssueArgs),
    /// Put a certificate or a request together that a key elsewhere has signed.
    Assemble(assemble::AssembleArgs),
    /// Sign data in an identity's name: writes a file that says who vouches for which data.
    Sign(data::SignArgs),
    /// Say whether a signature over data counts, and whether its identity holds.
    ///
    /// Exit status 0 if both, 1 if not.
    VerifyData(data::VerifyDataArgs),
    /// Show the DID document of an identity. Exit status 0 if it holds, 1 if not.
    Resolve(resolve::ResolveArgs),
    /// Make an identity of a certificate: a self-issued one, or one of a registered issuer.
    ///
    /// The certificate's key signs the request. It is looked for in the certificate's file, then
    /// beside it under the same name with `.key`, then in `key.pem`; or `--key` names it. A key that
    /// is elsewhere signs what `allod id payload` gives, and `--signature` brings that here.
    Register(register::RegisterArgs),
    /// Say whether an identity holds, and under whom.
    ///
    /// It has to hold at the best and at the finalized block; one that was registered a moment ago is
    /// waited for. Exit status 0 if it holds, 1 if not. A root is trusted by nobody unless
    /// `--accept-root` says so.
    Verify(verify::VerifyArgs),
    /// Show what the chain stores about an identity.
    Show(verify::ShowArgs),
    /// Give the bytes that a certificate's key must sign, for a key that is not on this machine.
    Payload(register::PayloadArgs),
    /// Sign a call that a node gave over JSON-RPC, as a transaction for `author_submitExtrinsic`.
    ///
    /// Only calls about identities are signed.
    Extrinsic(extrinsic::ExtrinsicArgs),
    /// Consent to a certificate as its co-issuer.
    Consent(consent::ConsentCmd),
    /// Give an identity its next certificate, once or always before the old one ends.
    Renew(Box<renew::RenewArgs>),
    /// Move an identity whose issuer failed under another issuer.
    #[command(name = "re-parent", visible_alias = "reparent")]
    Reparent(reparent::ReparentArgs),
    /// Revoke a certificate, for ever; its issuer signs.
    Revoke(revoke::RevokeArgs),
    /// Put a certificate on hold; its issuer signs.
    Hold(revoke::CertificateArgs),
    /// End a hold; the issuer signs.
    Release(revoke::CertificateArgs),
    /// Revocation lists: publish, export, and sign elsewhere.
    Crl(crl::CrlCmd),
    /// Name the identity whose key decides in this one's place, or take it away.
    Controller(control::ControllerArgs),
    /// Name those who may give an identity a new key, or take them away.
    Guardians(control::GuardiansArgs),
    /// Give an identity a new key by its guardians.
    Recover(recover::RecoverCmd),
    /// End an identity, for ever.
    Deactivate(control::DeactivateArgs),
    /// Say where an identity can be reached.
    Services(control::ServicesArgs),
}

/// Runs a subcommand. `chain` is the runtime of the chain for which transactions are made.
pub fn run(command: &IdCmd, chain: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run_action(&command.action, chain))
}

async fn run_action(action: &Action, chain: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    match action {
        Action::New(args) => new::new(args),
        Action::Csr(args) => csr::csr(args),
        Action::Issue(args) => issue::issue(args).await,
        Action::Assemble(args) => assemble::assemble(args).await,
        Action::Sign(args) => data::sign(args).await,
        Action::VerifyData(args) => data::verify_data(args).await,
        Action::Resolve(args) => resolve::resolve(args).await,
        Action::Register(args) => register::register(args, chain).await,
        Action::Verify(args) => verify::verify(args).await,
        Action::Show(args) => verify::show(args).await,
        Action::Payload(args) => register::payload(args).await,
        Action::Extrinsic(args) => extrinsic::extrinsic(args, chain).await,
        Action::Consent(args) => consent::consent(args).await,
        Action::Renew(args) => renew::renew(args, chain).await,
        Action::Reparent(args) => reparent::reparent(args, chain).await,
        Action::Revoke(args) => revoke::revoke(args, chain).await,
        Action::Hold(args) => revoke::hold(args, chain).await,
        Action::Release(args) => revoke::release(args, chain).await,
        Action::Crl(args) => crl::crl(args, chain).await,
        Action::Controller(args) => control::controller(args, chain).await,
        Action::Guardians(args) => control::guardians(args, chain).await,
        Action::Recover(args) => recover::recover(args, chain).await,
        Action::Deactivate(args) => control::deactivate(args, chain).await,
        Action::Services(args) => control::services(args, chain).await,
    }
}
