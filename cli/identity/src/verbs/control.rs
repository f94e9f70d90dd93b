//! `allod id controller`, `guardians`, `services` and `deactivate`.

use crate::{
    node::Node,
    request::{
        args::{ActorArgs, IdentityRef, RequestArgs},
        carry_out::carry_out,
        registered::{self, RegisteredIdentity},
        runtime::ChainRuntime,
        unsigned::UnsignedRequest,
    },
    verbs::error::Error,
};
use allod_identity::{
    GuardianSet, Identifier, MAX_SERVICES, Service,
    api::PayloadQuery,
    check_services,
    control::{MAX_SERVICE_URI, MAX_SERVICE_WORD},
};
use clap::ArgGroup;
use std::{process::ExitCode, str::FromStr};

/// Arguments of `allod id controller`.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("controller_change").required(true).args(["set", "remove"]))]
pub struct ControllerArgs {
    #[command(flatten)]
    subject: Subject,

    /// The new controller: its key alone will renew, set guardians, veto and deactivate.
    #[arg(long, value_name = "IDENTIFIER", conflicts_with = "remove")]
    set: Option<Identifier>,

    /// Take the controller away.
    #[arg(long)]
    remove: bool,

    #[command(flatten)]
    request: RequestArgs,
}

/// Arguments of `allod id guardians`.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("guardians_change").required(true).args(["members", "remove"]).multiple(true))]
pub struct GuardiansArgs {
    #[command(flatten)]
    subject: Subject,

    /// A guardian; up to eight, each by an option of its own.
    #[arg(
        long = "guardian",
        value_name = "IDENTIFIER",
        conflicts_with = "remove",
        requires = "delay",
        requires = "threshold"
    )]
    members: Vec<Identifier>,

    /// How many of them must approve a recovery: from 1 to all.
    #[arg(long, value_name = "NUMBER", requires = "members")]
    threshold: Option<u8>,

    /// Blocks between the opening of a recovery and its execution, and before a change of guardians
    /// counts: from 1 to two years.
    #[arg(long, value_name = "BLOCKS", requires = "members")]
    delay: Option<u32>,

    /// Take the guardians away.
    #[arg(long)]
    remove: bool,

    #[command(flatten)]
    request: RequestArgs,
}

/// Arguments of `allod id services`.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("services_change").required(true).args(["services", "remove"]).multiple(true))]
pub struct ServicesArgs {
    /// The identity, whose own key signs: 64 hex digits, or its certificate's file.
    identity: IdentityRef,

    /// A service: name, type and address; up to eight, which replace those there were.
    #[arg(
        long = "service",
        value_name = "NAME,TYPE,URI",
        conflicts_with = "remove"
    )]
    services: Vec<ServiceWord>,

    /// Take all services away.
    #[arg(long)]
    remove: bool,

    #[command(flatten)]
    request: RequestArgs,
}

/// Arguments of `allod id deactivate`.
#[derive(Debug, clap::Args)]
pub struct DeactivateArgs {
    #[command(flatten)]
    subject: Subject,

    #[command(flatten)]
    request: RequestArgs,
}

/// Which identity, and who signs for it.
#[derive(Debug, clap::Args)]
struct Subject {
    /// The identity: 64 hex digits, or its certificate's file.
    identity: IdentityRef,

    #[command(flatten)]
    actor: ActorArgs,
}

/// A service, as the command line says it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ServiceWord(Service);

impl FromStr for ServiceWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, ',');
        let (Some(name), Some(kind), Some(uri)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("a name, a type and an address, with commas between them".into());
        };
        let bytes = |text: &str| text.as_bytes().to_vec();
        Ok(Self(Service {
            name: bytes(name)
                .try_into()
                .map_err(|_| format!("the name has more than {MAX_SERVICE_WORD} bytes"))?,
            kind: bytes(kind)
                .try_into()
                .map_err(|_| format!("the type has more than {MAX_SERVICE_WORD} bytes"))?,
            uri: bytes(uri)
                .try_into()
                .map_err(|_| format!("the address has more than {MAX_SERVICE_URI} bytes"))?,
        }))
    }
}

/// Names an identity's controller, or takes it away.
pub async fn controller(
    args: &ControllerArgs,
    runtime: &dyn ChainRuntime,
) -> Result<ExitCode, Error> {
    by_authority(&args.subject, runtime, &args.request, |subject| {
        args.query(subject.identifier)
    })
    .await
}

/// Names an identity's guardians, or takes them away.
pub async fn guardians(
    args: &GuardiansArgs,
    runtime: &dyn ChainRuntime,
) -> Result<ExitCode, Error> {
    // What is wrong with them is found before a node is asked.
    let guardians = args.set()?;
    by_authority(&args.subject, runtime, &args.request, |subject| {
        PayloadQuery::SetGuardians {
            identifier: subject.identifier,
            guardians,
        }
    })
    .await
}

/// Says where an identity can be reached.
pub async fn services(args: &ServicesArgs, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    let services = args.list()?;
    let node = Node::connect(&args.request.node).await?;
    let subject = RegisteredIdentity::load(&node, &args.identity).await?;
    let query = PayloadQuery::SetServices {
        identifier: subject.identifier,
        services,
    };
    let unsigned = UnsignedRequest::by(&subject, query);
    Ok(carry_out(&node, runtime, &args.request, unsigned).await?)
}

/// Ends an identity, for ever.
pub async fn deactivate(
    args: &DeactivateArgs,
    runtime: &dyn ChainRuntime,
) -> Result<ExitCode, Error> {
    by_authority(&args.subject, runtime, &args.request, |subject| {
        PayloadQuery::Deactivate {
            identifier: subject.identifier,
        }
    })
    .await
}

async fn by_authority(
    subject: &Subject,
    runtime: &dyn ChainRuntime,
    request: &RequestArgs,
    query: impl FnOnce(&RegisteredIdentity) -> PayloadQuery,
) -> Result<ExitCode, Error> {
    let node = Node::connect(&request.node).await?;
    let identity = RegisteredIdentity::load(&node, &subject.identity).await?;
    let actor = registered::authority(&node, &identity, subject.actor.actor.as_ref()).await?;
    let unsigned = UnsignedRequest::by(&actor, query(&identity));
    Ok(carry_out(&node, runtime, request, unsigned).await?)
}

impl ControllerArgs {
    fn query(&self, identifier: Identifier) -> PayloadQuery {
        PayloadQuery::SetController {
            identifier,
            controller: self.set,
        }
    }
}

impl GuardiansArgs {
    fn set(&self) -> Result<Option<GuardianSet>, Error> {
        let (Some(threshold), Some(delay)) = (self.threshold, self.delay) else {
            return Ok(None);
        };
        let set = GuardianSet {
            members: self
                .members
                .clone()
                .try_into()
                .map_err(|_| Error::TooManyGuardians)?,
            threshold,
            delay,
        };
        set.check()?;
        Ok(Some(set))
    }
}

impl ServicesArgs {
    fn list(&self) -> Result<Vec<Service>, Error> {
        let services: Vec<_> = self.services.iter().map(|word| word.0.clone()).collect();
        if u32::try_from(services.len()).is_ok_and(|count| count > MAX_SERVICES) {
            return Err(Error::TooManyServices);
        }
        check_services(&services)?;
        Ok(services)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    enum Cli {
        Controller(ControllerArgs),
        Guardians(GuardiansArgs),
        Services(ServicesArgs),
        Deactivate(DeactivateArgs),
    }

    const ID: Identifier = Identifier([0xab; 32]);

    fn parse(arguments: &[&str]) -> Result<Cli, String> {
        Cli::try_parse_from([&["id"], arguments].concat()).map_err(|error| error.to_string())
    }

    #[test]
    fn controllers_are_set_or_removed() {
        let id = ID.to_string();
        let Cli::Controller(args) = parse(&["controller", "a.pem", "--set", &id]).unwrap() else {
            panic!("it is");
        };
        assert_eq!(
            args.query(Identifier([1; 32])),
            PayloadQuery::SetController {
                identifier: Identifier([1; 32]),
                controller: Some(ID),
            }
        );
        let removed = parse(&["controller", "a.pem", "--remove", "--as", &id]).unwrap();
        let Cli::Controller(args) = removed else {
            panic!("it is");
        };
        assert_eq!(args.subject.actor.actor, Some(IdentityRef::Identifier(ID)));
        assert_eq!(args.set, None);
        assert!(parse(&["controller", "a.pem"]).is_err());
        assert!(parse(&["controller", "a.pem", "--set", &id, "--remove"]).is_err());
    }

    #[test]
    fn guardians_are_checked_before_anybody_pays() {
        let ids = [1, 2, 3].map(|byte| Identifier([byte; 32]).to_string());
        let arguments = |members: &[usize], threshold: &str, delay: &str| {
            let mut words = vec!["guardians".to_owned(), "a.pem".to_owned()];
            for member in members {
                words.extend(["--guardian".to_owned(), ids[*member].clone()]);
            }
            words.extend(["--threshold", threshold, "--delay", delay].map(Into::into));
            words
        };
        let set = |words: Vec<String>| {
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            match parse(&words)? {
                Cli::Guardians(args) => args.set().map_err(|error| error.to_string()),
                other => panic!("{other:?}"),
            }
        };
        let good = set(arguments(&[0, 1, 2], "2", "9")).unwrap().unwrap();
        assert_eq!((good.members.len(), good.threshold, good.delay), (3, 2, 9));
        for (wrong, why) in [
            (arguments(&[0, 0], "1", "9"), "occurs twice"),
            (arguments(&[0], "2", "9"), "threshold 2"),
            (arguments(&[0], "1", "0"), "delay of 0 blocks"),
            (arguments(&[0; 9], "1", "9"), "at most 8"),
            (arguments(&[0], "256", "9"), "256"),
        ] {
            let error = set(wrong).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let removed = ["guardians", "a.pem", "--remove"].map(String::from);
        assert_eq!(set(removed.into()), Ok(None));
        for wrong in [
            &["guardians", "a.pem"][..],
            &["guardians", "a.pem", "--guardian", &ids[0], "--delay", "9"],
            &["guardians", "a.pem", "--remove", "--threshold", "1"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn services_are_checked_before_anybody_pays() {
        let list = |words: &[&str]| {
            let words = words.iter().flat_map(|word| ["--service", *word]);
            let words: Vec<_> = ["services", "a.pem"].into_iter().chain(words).collect();
            match parse(&words)? {
                Cli::Services(args) => args.list().map_err(|error| error.to_string()),
                other => panic!("{other:?}"),
            }
        };
        let services = list(&["agent,A2A,https://example.org/a?x=1,2"]).unwrap();
        assert_eq!(services[0].uri.as_slice(), b"https://example.org/a?x=1,2");
        for (wrong, why) in [
            (&["agent,A2A"][..], "with commas"),
            (&["a b,A2A,c:d"], "letters, digits"),
            (&["a,b,nowhere"], "is a URI"),
            (&["a,b,c:d", "a,b,c:e"], "occurs twice"),
            (&["a,b,c:d"; 9], "at most 8"),
        ] {
            let error = list(wrong).unwrap_err();
            assert!(error.contains(why), "{wrong:?}: {error}");
        }
        let long = format!("{},b,c:d", "n".repeat(65));
        assert!(list(&[&long]).unwrap_err().contains("64 bytes"));
        let Cli::Services(args) = parse(&["services", "a.pem", "--remove"]).unwrap() else {
            panic!("it is");
        };
        assert_eq!(args.list().unwrap(), Vec::new());
        assert!(parse(&["services", "a.pem"]).is_err());
        assert!(parse(&["deactivate"]).is_err());
        assert!(matches!(
            parse(&["deactivate", "a.pem"]),
            Ok(Cli::Deactivate(_))
        ));
    }
}
