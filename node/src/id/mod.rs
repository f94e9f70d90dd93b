//! `allod id`: makes, registers, shows and verifies identities, and signs in their name (§11).
//!
//! | module | holds |
//! |---|---|
//! | [`files`] | bounded reading of files, careful writing of new ones, PEM and DER |
//! | [`keys`] | private keys: reading them, and finding the one that belongs to a certificate |
//! | [`password`] | passwords of encrypted keys |
//! | [`signing`] | signatures by keys that are elsewhere: the two halves |
//! | [`new`], [`csr`], [`issue`], [`assemble`] | `allod id new`, `csr`, `issue` and `assemble`: certificates and requests for them |
//! | [`subject`], [`general_names`], [`contents`], [`own_key`], [`issuer`] | what those four share: what a certificate says, by whose key, under whom |
//! | [`data`] | `allod id sign` and `allod id verify-data` |
//! | [`resolve`] | `allod id resolve` |
//! | [`client`] | questions to a node |
//! | [`transaction`] | a signed extrinsic, and what became of it |
//! | [`payer`] | the account that pays |
//! | [`register`] | `allod id register` and `allod id payload` |
//! | [`extrinsic`] | `allod id extrinsic` |
//! | [`verify`] | `allod id verify` and `allod id show` |
//! | [`report`] | reports in words |
//!
//! Keys never leave the process: the node gets signatures. What is signed is put together here and
//! not taken from the node.
//!
//! Exit status: 0 if it was done or holds, 1 if an identity does not hold, 2 on an error.

mod assemble;
mod client;
mod contents;
mod csr;
mod data;
mod extrinsic;
mod files;
mod general_names;
mod issue;
mod issuer;
#[cfg(test)]
mod issuing_tests;
mod keys;
mod new;
mod own_key;
mod password;
mod payer;
mod register;
mod report;
mod resolve;
mod signing;
mod subject;
#[cfg(test)]
mod test_openssl;
mod transaction;
mod verify;

use crate::commands::Error;
use std::process::ExitCode;

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
    /// Make an identity of a self-issued certificate.
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
}

/// Runs a subcommand.
pub fn run(command: &IdCmd) -> Result<ExitCode, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(act(&command.action))
}

async fn act(action: &Action) -> Result<ExitCode, Error> {
    match action {
        Action::New(args) => new::new(args),
        Action::Csr(args) => csr::csr(args),
        Action::Issue(args) => issue::issue(args).await,
        Action::Assemble(args) => assemble::assemble(args).await,
        Action::Sign(args) => data::sign(args).await,
        Action::VerifyData(args) => data::verify_data(args).await,
        Action::Resolve(args) => resolve::resolve(args).await,
        Action::Register(args) => register::register(args).await,
        Action::Verify(args) => verify::verify(args).await,
        Action::Show(args) => verify::show(args).await,
        Action::Payload(args) => register::payload(args).await,
        Action::Extrinsic(args) => extrinsic::extrinsic(args).await,
    }
}
