//! The command line of `allod id renew`.

use crate::{
    keys::password::PasswordArgs,
    request::args::{ActorArgs, ConsentArgs, IdentityRef, NewKeyArgs, RequestArgs},
};
use std::path::{Path, PathBuf};

/// Arguments of `allod id renew`.
#[derive(Debug, Clone, clap::Args)]
pub struct RenewArgs {
    /// The identity: 64 hex digits, or its certificate's file.
    pub identity: IdentityRef,

    /// The new certificate: same subject, by the same issuer; for a root by its own key.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present_any = ["out", "watch"],
        conflicts_with_all = ["out", "watch", "before", "days", "issuer_key", "rotate_key"]
    )]
    pub certificate: Option<PathBuf>,

    /// Make the new certificate here and write it to this file, which must not be there yet.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["payload", "signature", "watch", "before"])]
    pub out: Option<PathBuf>,

    /// The key of the identity's issuer, if the new certificate is made here.
    #[arg(long, value_name = "FILE")]
    pub issuer_key: Option<PathBuf>,

    /// Days for which a certificate that is made here counts; as many as the old one's unless said
    /// otherwise.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub days: Option<u32>,

    /// Make a new key of the same kind and size for the new certificate, too: beside it, with `.key`.
    /// Watching keeps it where `--key` names the old one.
    #[arg(long, conflicts_with_all = ["new_key", "payload", "signature"])]
    pub rotate_key: bool,

    /// Encrypt that new key with a password.
    #[arg(long, requires = "rotate_key")]
    pub encrypt: bool,

    /// The old key is given up as compromised: the last block in which it was still good. What was
    /// registered under it later fails, and it never returns.
    #[arg(long, value_name = "BLOCK", conflicts_with = "watch")]
    pub compromised_after: Option<u32>,

    #[command(flatten)]
    pub actor: ActorArgs,

    #[command(flatten)]
    pub consents: ConsentArgs,

    #[command(flatten)]
    pub new_key: NewKeyArgs,

    #[command(flatten)]
    pub watch: WatchArgs,

    #[command(flatten)]
    pub request: RequestArgs,
}

impl RenewArgs {
    /// How a new key is encrypted, if it is.
    pub fn encryption(&self) -> Option<&PasswordArgs> {
        self.encrypt.then_some(&self.request.password)
    }

    /// The file of the identity's own key, if the command line names one.
    pub fn own_key_file(&self) -> Option<&Path> {
        match self.actor.actor {
            Some(_) => self.new_key.new_key.as_deref(),
            None => self
                .new_key
                .new_key
                .as_deref()
                .or(self.request.key.as_deref()),
        }
    }
}

/// When to renew.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct WatchArgs {
    /// Go on running, and renew before the certificate ends. The identity is named by its
    /// certificate's file, which the next one replaces.
    #[arg(
        long,
        conflicts_with_all = ["payload", "signature", "new_signature", "valid_until", "nonce"]
    )]
    pub watch: bool,

    /// Days before the end at which to renew; a third of the certificate's time unless said
    /// otherwise, and never in its first half.
    #[arg(long, value_name = "DAYS", requires = "watch",
          value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub before: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: RenewArgs,
    }

    fn parse(arguments: &[&str]) -> Result<RenewArgs, String> {
        Cli::try_parse_from([&["renew"], arguments].concat())
            .map(|cli| cli.args)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn certificates_are_given_or_made() {
        for good in [
            &["a.pem", "--certificate", "b.pem"][..],
            &["a.pem", "--certificate", "b.pem", "--payload", "p"],
            &[
                "a.pem",
                "--certificate",
                "b.pem",
                "--compromised-after",
                "7",
            ],
            &["a.pem", "--out", "b.pem", "--days", "30", "--rotate-key"],
            &["a.pem", "--out", "b.pem", "--issuer-key", "ca.key"],
            &["a.pem", "--watch", "--rotate-key", "--key", "a.key"],
        ] {
            assert!(parse(good).is_ok(), "{good:?}");
        }
        for wrong in [
            &["a.pem"][..],
            &["a.pem", "--certificate", "b.pem", "--out", "c.pem"],
            &["a.pem", "--certificate", "b.pem", "--watch"],
            &["a.pem", "--certificate", "b.pem", "--days", "3"],
            &["a.pem", "--out", "b.pem", "--payload", "p"],
            &["a.pem", "--out", "b.pem", "--watch"],
            &["a.pem", "--out", "b.pem", "--days", "0"],
            &["a.pem", "--watch", "--compromised-after", "7"],
            &["a.pem", "--watch", "--payload", "p"],
            &["a.pem", "--watch", "--nonce", "1"],
            &["a.pem", "--out", "b.pem", "--rotate-key", "--new-key", "k"],
            &["a.pem", "--certificate", "b.pem", "--before", "3"],
            &["a.pem", "--out", "b.pem", "--before", "3"],
            &["a.pem", "--out", "b.pem", "--encrypt"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
