//! The files, the node and the clock of a real owner.

use super::{Chain, Held, Local, Made, World};
use crate::{
    Error,
    client::{At, Node},
    clock, files,
    request::{
        act,
        options::{Named, NewKeyArgs, RequestArgs},
        party::{self, Party, find_key},
    },
    verbs::renew::{
        RenewArgs, acts_itself, ensure_replaceable, make, own_key_file, renewal, what_to_do,
    },
};
use allod_identity::Identifier;
use allod_rpc_types::auto_id::IdentityAnswer;
use allod_x509::{ParsedCertificate, format_time};
use jsonrpsee::rpc_params;
use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time,
};

/// An identity's owner.
pub(super) struct Owner {
    args: RenewArgs,
    /// The certificate's file.
    file: PathBuf,
    /// The file of the certificate that follows.
    next: PathBuf,
    /// The file of the identity's key, where keys are rotated.
    key: Option<PathBuf>,
    /// Learned at the first look.
    identifier: Option<Identifier>,
    ends: Option<Ends>,
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

impl Owner {
    /// Checks at once what can be checked without a node.
    pub(super) fn new(args: &RenewArgs) -> Result<Self, Error> {
        let mut args = args.clone();
        args.request.password = args.request.password.unattended();
        if let Some(password) = args.encryption() {
            // That there is one shows now, and not in a month.
            password.choose("the next key")?;
        }
        let file = args.identity.file().ok_or(
            "--watch replaces the identity's certificate: name the identity by its certificate's file",
        )?;
        ensure_replaceable(file)?;
        let key = match (args.rotate_key, own_key_file(&args)) {
            (false, _) => None,
            (true, Some(key)) => Some(key.to_owned()),
            (true, None) => {
                return Err(
                    "--rotate-key replaces the identity's key: name its file with --key".into(),
                );
            }
        };
        Ok(Self {
            file: file.to_owned(),
            next: with_ending(file, ".next"),
            args,
            key,
            identifier: None,
            ends: None,
        })
    }

    /// From now on Ctrl-C and SIGTERM end the watching when it waits the next time.
    pub(super) fn listen(&mut self) -> Result<(), Error> {
        let ends = Ends::new().map_err(|error| format!("cannot wait for signals: {error}"))?;
        self.ends = Some(ends);
        Ok(())
    }

    fn request(&self) -> &RequestArgs {
        &self.args.request
    }

    async fn node(&self) -> Result<Node, Error> {
        Node::connect(&self.request().node).await
    }

    fn next_key(&self) -> Option<PathBuf> {
        self.key.as_deref().map(|key| with_ending(key, ".next"))
    }

    /// Where the key of the next certificate is.
    fn key_of_next(&self, subject: &Party, actor: &Party) -> NewKeyArgs {
        let mut args = self.args.new_key.clone();
        if let Some(key) = self.next_key().filter(|key| key.exists()) {
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
        let party = match Party::load(node, &self.args.identity).await {
            Err(error) if self.next.exists() => {
                let named = Named::File(self.next.clone());
                Party::load(node, &named).await.map_err(|_| error)?
            }
            other => other?,
        };
        let actor = self.args.actor.actor.as_ref();
        let actor = party::authority(node, &party, actor).await?;
        if self.identifier.is_none() && acts_itself(&party, &actor) && !self.next.exists() {
            // That the key is here shows now, and not in a month.
            let (file, named) = (Some(self.file.as_path()), self.request().key.as_deref());
            let password = &self.request().password;
            find_key(&party.certificate, file, named, "--key", password)?;
        }
        self.identifier = Some(party.identifier);
        Ok(party.identifier)
    }

    /// The current certificate's fingerprint at a block.
    async fn current(
        node: &Node,
        identifier: Identifier,
        at: At,
    ) -> Result<Option<[u8; 32]>, Error> {
        let hash = node.hash_at(Some(at)).await?;
        let answer: Option<IdentityAnswer> = node
            .ask("autoId_identity", rpc_params![identifier, hash])
            .await?;
        let der = answer.map(|answer| answer.certificate.into_inner());
        let Some(der) = der.filter(|der| !der.is_empty()) else {
            return Ok(None);
        };
        let parsed = ParsedCertificate::parse(&der)
            .map_err(|error| format!("the node's certificate of {identifier}: {error}"))?;
        Ok(Some(parsed.fingerprint()))
    }
}

impl World for Owner {
    fn now(&self) -> u64 {
        // Before 1970 nothing is due.
        clock::now().unwrap_or(0)
    }

    async fn sleep(&mut self, seconds: u64) -> bool {
        let pause = time::sleep(Duration::from_secs(seconds));
        let Some(ends) = &mut self.ends else {
            pause.await;
            return true;
        };
        tokio::select! {
            () = ends.next() => false,
            () = pause => true,
        }
    }

    fn say(&mut self, text: &str) {
        // What became of a renewal goes to the other output.
        eprintln!("{}: {text}", format_time(self.now()));
    }

    fn files(&mut self) -> Result<Local, Error> {
        let current = held(&self.file)?;
        let next = match self.next.exists() {
            true => Some(held(&self.next)?.fingerprint),
            false => None,
        };
        Ok(Local { current, next })
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
        let party = Party::by_identifier(&node, identifier).await?;
        let subject = Party {
            file: Some(self.file.clone()),
            ..party
        };
        if !subject.issuance.is_root() && self.args.issuer_key.is_none() {
            let next = self.next.display();
            let what = what_to_do(&subject);
            return Ok(Made::No(format!("{what}, or save it as {next}")));
        }
        let key = self.next_key();
        if let Some(key) = &key {
            // Of an attempt that came to no certificate, and so never used.
            remove(key)?;
        }
        let made = make(&node, &self.args, &subject, key).await?;
        // Whole or not there: a name for half a file would be taken for the next certificate.
        let draft = with_ending(&self.next, ".draft");
        remove(&draft)?;
        made.write(&draft, self.args.encryption())?;
        rename(&draft, &self.next)?;
        Ok(Made::Yes)
    }

    async fn submit(&mut self) -> Result<(), Error> {
        let node = self.node().await?;
        let identifier = self.identifier(&node).await?;
        let party = Party::by_identifier(&node, identifier).await?;
        let subject = Party {
            file: Some(self.file.clone()),
            ..party
        };
        let actor = self.args.actor.actor.as_ref();
        let actor = party::authority(&node, &subject, actor).await?;
        let next = files::certificate(&self.next)?;
        let new_key = self.key_of_next(&subject, &actor);
        let parties = (&subject, &actor);
        let act = renewal(&node, &self.args, parties, next, &self.next, new_key).await?;
        let request = self.request();
        let terms = act::terms(&node, request, act.nonce).await?;
        let signatures = act.sign(request, terms)?;
        let payer = request.payer.pair(&node).await?;
        let (outcome, block) = act::submit(&node, &payer, act.query, signatures).await?;
        outcome.print(block, request.json);
        Ok(())
    }

    /// First the key, then the certificate: as long as the next certificate is there, this is done again
    /// from the start.
    fn adopt(&mut self) -> Result<(), Error> {
        if let (Some(key), Some(next)) = (&self.key, self.next_key())
            && next.exists()
        {
            if key.exists() {
                let old = held(&self.file)?.fingerprint;
                let short: String = hex::encode(old).chars().take(16).collect();
                rename(key, &with_ending(key, &format!(".{short}")))?;
            }
            rename(&next, key)?;
        }
        rename(&self.next, &self.file)?;
        self.say(&format!("{} is the new certificate", self.file.display()));
        Ok(())
    }
}

fn held(path: &Path) -> Result<Held, Error> {
    let der = files::certificate(path)?;
    let parsed =
        ParsedCertificate::parse(&der).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Held {
        fingerprint: parsed.fingerprint(),
        validity: parsed.validity(),
    })
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Renames a file, and has the folder on disk before anything goes on.
fn rename(from: &Path, to: &Path) -> Result<(), String> {
    let folder = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::rename(from, to)
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|error| {
            format!(
                "cannot rename {} to {}: {error}",
                from.display(),
                to.display()
            )
        })
}

fn remove(path: &Path) -> Result<(), String> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        files::{CERTIFICATE, Form},
        test_openssl::Folder,
    };
    use allod_x509::builder::{CertificateBuilder, SigningKey};
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: RenewArgs,
    }

    fn parse(arguments: &[&str]) -> RenewArgs {
        Cli::try_parse_from([&["renew"], arguments].concat())
            .unwrap()
            .args
    }

    fn certificate(serial: u8) -> String {
        let mut builder = CertificateBuilder::self_issued("agent");
        builder.serial = vec![serial];
        let der = builder.sign_self(&SigningKey::ed25519([serial; 32]));
        let pem = files::encode(CERTIFICATE, &der, Form::Pem).unwrap();
        String::from_utf8(pem.to_vec()).unwrap()
    }

    #[test]
    fn wrong_beginnings_are_named() {
        let id = "ab".repeat(32);
        let args = parse(&[&id, "--watch"]);
        let error = Owner::new(&args).err().unwrap().to_string();
        assert!(error.contains("certificate's file"), "{error}");
        let folder = Folder::new();
        let file = folder.write("a.pem", certificate(1).as_bytes());
        let args = parse(&[file.to_str().unwrap(), "--watch", "--rotate-key"]);
        let error = Owner::new(&args).err().unwrap().to_string();
        assert!(error.contains("--key"), "{error}");
        // Nobody will be there to type it.
        let password = folder.write("empty", b"");
        let args = parse(&[
            file.to_str().unwrap(),
            "--watch",
            "--rotate-key",
            "--key",
            "a.key",
            "--encrypt",
            "--password-file",
            password.to_str().unwrap(),
        ]);
        let error = Owner::new(&args).err().unwrap().to_string();
        assert!(error.contains("password is empty"), "{error}");
    }

    /// At whatever point it is interrupted, adopting again comes to the same end.
    #[test]
    fn adopting_survives_interruptions() {
        for interrupted in 0..3 {
            let folder = Folder::new();
            let [file, key] = ["a.pem", "a.key"].map(|name| folder.path(name));
            folder.write("a.pem", certificate(1).as_bytes());
            folder.write("a.pem.next", certificate(2).as_bytes());
            folder.write("a.key", b"old");
            folder.write("a.key.next", b"new");
            let path = file.to_str().unwrap();
            let args = parse(&[
                path,
                "--watch",
                "--rotate-key",
                "--key",
                key.to_str().unwrap(),
            ]);
            let mut owner = Owner::new(&args).unwrap();
            let old = owner.files().unwrap();
            let short: String = hex::encode(old.current.fingerprint)
                .chars()
                .take(16)
                .collect();
            let kept = folder.path(&format!("a.key.{short}"));
            if interrupted >= 1 {
                fs::rename(&key, &kept).unwrap();
            }
            if interrupted >= 2 {
                fs::rename(folder.path("a.key.next"), &key).unwrap();
            }
            owner.adopt().unwrap();
            assert_eq!(fs::read(&key).unwrap(), b"new");
            assert_eq!(fs::read(&kept).unwrap(), b"old");
            assert_eq!(fs::read_to_string(&file).unwrap(), certificate(2));
            let now = owner.files().unwrap();
            assert_eq!(now.next, None);
            assert_eq!(Some(now.current.fingerprint), old.next);
        }
    }

    #[test]
    fn spoilt_files_are_named() {
        let folder = Folder::new();
        let file = folder.write("a.pem", certificate(1).as_bytes());
        let args = parse(&[file.to_str().unwrap(), "--watch"]);
        let mut owner = Owner::new(&args).unwrap();
        folder.write("a.pem.next", b"\x30\x00");
        let error = owner.files().unwrap_err().to_string();
        assert!(error.contains("a.pem.next"), "{error}");
    }
}
