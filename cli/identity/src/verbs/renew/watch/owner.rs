//! The files, the node and the clock of a real owner.

use super::{
    super::{
        args::RenewArgs,
        next::{issuers_turn, make},
        request::{acts_itself, renewal},
    },
    certificate_files::CertificateFiles,
    decide::{Chain, Local},
    run::{Environment, Made},
};
use crate::{
    clock, files,
    node::{At, Node, NodeError},
    request::{
        args::{IdentityRef, NewKeyArgs, RequestArgs},
        carry_out,
        registered::{self, IdentityError, RegisteredIdentity, find_key},
        runtime::ChainRuntime,
    },
    verbs::error::Error,
};
use allod_identity::Identifier;
use allod_x509::{ParsedCertificate, format_time};
use std::{io, time::Duration};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time,
};

/// An identity's owner.
pub struct Owner<'a> {
    args: RenewArgs,
    runtime: &'a dyn ChainRuntime,
    files: CertificateFiles,
    /// Learned at the first look.
    identifier: Option<Identifier>,
    ends: Option<Ends>,
}

/// The arguments for a process that nobody watches.
fn unattended(args: &RenewArgs) -> Result<RenewArgs, Error> {
    let mut args = args.clone();
    args.request.password = args.request.password.unattended();
    if let Some(password) = args.encryption() {
        // That there is one shows now, and not in a month.
        password.choose("the next key")?;
    }
    Ok(args)
}

/// What ends a process in an orderly way. It is kept from the start, so that a signal which comes while
/// something is done counts when that is done.
struct Ends {
    interrupt: Signal,
    terminate: Signal,
}

impl Ends {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

impl<'a> Owner<'a> {
    /// Checks at once what can be checked without a node.
    pub fn new(args: &RenewArgs, runtime: &'a dyn ChainRuntime) -> Result<Self, Error> {
        let args = unattended(args)?;
        Ok(Self {
            files: CertificateFiles::new(&args)?,
            args,
            runtime,
            identifier: None,
            ends: None,
        })
    }

    /// From now on Ctrl-C and SIGTERM end the watching when it waits the next time.
    pub fn listen(&mut self) -> Result<(), Error> {
        self.ends = Some(Ends::new().map_err(Error::Signals)?);
        Ok(())
    }

    fn request(&self) -> &RequestArgs {
        &self.args.request
    }

    async fn node(&self) -> Result<Node, NodeError> {
        Node::connect(&self.request().node).await
    }

    /// Where the key of the next certificate is.
    fn key_of_next(&self, subject: &RegisteredIdentity, actor: &RegisteredIdentity) -> NewKeyArgs {
        let mut args = self.args.new_key.clone();
        if let Some(key) = self.files.next_key().filter(|key| key.exists()) {
            args.new_key = Some(key);
        } else if acts_itself(subject, actor) && args.new_key.is_none() {
            args.new_key.clone_from(&self.request().key);
        }
        args
    }

    /// The identity that this is about: by its file, as long as the chain knows that certificate.
    async fn identifier(&mut self, node: &Node) -> Result<Identifier, Error> {
        if let Some(identifier) = self.identifier {
            return Ok(identifier);
        }
        // After a crash the file may be one certificate behind.
        let subject = match RegisteredIdentity::load(node, &self.args.identity).await {
            Err(error) if self.files.next.exists() => {
                let named = IdentityRef::File(self.files.next.clone());
                RegisteredIdentity::load(node, &named)
                    .await
                    .map_err(|_| error)?
            }
            other => other?,
        };
        let actor = self.args.actor.actor.as_ref();
        let actor = registered::authority(node, &subject, actor).await?;
        if self.identifier.is_none() && acts_itself(&subject, &actor) && !self.files.next.exists() {
            // That the key is here shows now, and not in a month.
            let (file, named) = (
                Some(self.files.current.as_path()),
                self.request().key.as_deref(),
            );
            let password = &self.request().password;
            find_key(&subject.certificate, file, named, "--key", password)?;
        }
        self.identifier = Some(subject.identifier);
        Ok(subject.identifier)
    }

    /// The current certificate's fingerprint at a block.
    async fn current(
        node: &Node,
        identifier: Identifier,
        at: At,
    ) -> Result<Option<[u8; 32]>, IdentityError> {
        let hash = node.hash_at(Some(at)).await?;
        let answer = node.find_identity(identifier, hash).await?;
        let der = answer.map(|answer| answer.certificate.into_inner());
        let Some(der) = der.filter(|der| !der.is_empty()) else {
            return Ok(None);
        };
        match ParsedCertificate::parse(&der) {
            Ok(parsed) => Ok(Some(parsed.fingerprint())),
            Err(error) => Err(IdentityError::NodesCertificate { identifier, error }),
        }
    }
}

impl Environment for Owner<'_> {
    fn now(&self) -> u64 {
        // Before 1970 nothing is due.
        clock::now().unwrap_or(0)
    }

    async fn sleep(&mut self, seconds: u64) -> bool {
        let end = time::sleep(Duration::from_secs(seconds));
        let Some(ends) = &mut self.ends else {
            end.await;
            return true;
        };
        tokio::select! {
            () = ends.next() => false,
            () = end => true,
        }
    }

    fn say(&mut self, text: &str) {
        // What became of a renewal goes to the other output.
        allod_output::note_line(format_args!("{}: {text}", format_time(self.now())));
    }

    fn files(&mut self) -> Result<Local, Error> {
        self.files.read()
    }

    async fn look(&mut self) -> Result<Chain, Error> {
        let node = self.node().await?;
        let identifier = self.identifier(&node).await?;
        Ok(Chain {
            best: Self::current(&node, identifier, At::Best).await?,
            finalized: Self::current(&node, identifier, At::Finalized).await?,
        })
    }

    async fn make(&mut self) -> Result<Made, Error> {
        let node = self.node().await?;
        let identifier = self.identifier(&node).await?;
        let subject = RegisteredIdentity {
            file: Some(self.files.current.clone()),
            ..RegisteredIdentity::by_identifier(&node, identifier).await?
        };
        if !subject.issuance.is_root() && self.args.issuer_key.is_none() {
            let next = self.files.next.display();
            let what = issuers_turn(&subject);
            return Ok(Made::No(format!("{what}, or save it as {next}")));
        }
        self.files.remove_next_key()?;
        let made = make(&node, &self.args, &subject, self.files.next_key()).await?;
        self.files.write_next(&made, self.args.encryption())?;
        Ok(Made::Yes)
    }

    async fn submit(&mut self) -> Result<(), Error> {
        let node = self.node().await?;
        let identifier = self.identifier(&node).await?;
        let subject = RegisteredIdentity {
            file: Some(self.files.current.clone()),
            ..RegisteredIdentity::by_identifier(&node, identifier).await?
        };
        let actor = self.args.actor.actor.as_ref();
        let actor = registered::authority(&node, &subject, actor).await?;
        let next = files::certificate(&self.files.next)?;
        let new_key = self.key_of_next(&subject, &actor);
        let subject_and_actor = (&subject, &actor);
        let path = &self.files.next;
        let unsigned = renewal(&node, &self.args, subject_and_actor, next, path, new_key).await?;
        let request = self.request();
        let terms = carry_out::terms(&node, request, unsigned.nonce).await?;
        let signatures = unsigned.sign(request, terms)?;
        let payer = request.payer.pair(&node).await?;
        let (outcome, block) =
            carry_out::submit(&node, self.runtime, &payer, unsigned.query, signatures).await?;
        // The watch goes on whether or not anybody reads.
        let _ = outcome.print(block, request.json);
        Ok(())
    }

    fn adopt(&mut self) -> Result<(), Error> {
        self.files.adopt()?;
        let file = self.files.current.display().to_string();
        self.say(&format!("{file} is the new certificate"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_test_support::Folder;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: RenewArgs,
    }

    /// Nobody will be there to type it.
    #[test]
    fn the_next_key_s_password_is_there_from_the_start() {
        let folder = Folder::new();
        let password = folder.write("empty", b"");
        let words = [
            "renew",
            "a.pem",
            "--watch",
            "--rotate-key",
            "--key",
            "a.key",
            "--encrypt",
            "--password-file",
            password.to_str().unwrap(),
        ];
        let args = Cli::try_parse_from(words).unwrap().args;
        let error = unattended(&args).unwrap_err().to_string();
        assert!(error.contains("password is empty"), "{error}");
    }
}
