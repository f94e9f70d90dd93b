//! `allod id renew`: the next certificate of an identity.
//!
//! It was made elsewhere (`--certificate`), or is made here: same subject, names and extensions, new
//! validity. A root's is signed by its own key, another one's by its issuer's, if that is on this
//! machine. With `--watch` the same happens by itself before the old one ends: [`watch`].

mod args;
mod next;
mod request;
mod watch;

pub use args::RenewArgs;

use crate::{
    files,
    keys::own_key::file_of_new_key,
    node::Node,
    request::{
        carry_out::carry_out,
        registered::{self, RegisteredIdentity},
        runtime::ChainRuntime,
    },
    verbs::error::Error,
};
use next::make;
use request::{acts_itself, renewal};
use std::process::ExitCode;

/// Renews an identity, or watches over it.
pub async fn renew(args: &RenewArgs, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    if args.watch.watch {
        return watch::watch(args, runtime).await;
    }
    let given = args
        .certificate
        .as_deref()
        .map(files::certificate)
        .transpose()?;
    let node = Node::connect(&args.request.node).await?;
    let subject = RegisteredIdentity::load(&node, &args.identity).await?;
    let actor = registered::authority(&node, &subject, args.actor.actor.as_ref()).await?;
    let mut new_key = args.new_key.clone();
    let (certificate, path) = match (given, &args.certificate, &args.out) {
        (Some(given), Some(path), _) => (given, path.clone()),
        (_, _, Some(out)) => {
            let key_file = match args.rotate_key {
                true => Some(file_of_new_key(out, None, "--out")?),
                false => None,
            };
            let made = make(&node, args, &subject, key_file).await?;
            made.write(out, args.encryption())?;
            if let Some((_, key_file)) = made.new_key {
                new_key.new_key = Some(key_file);
            } else if acts_itself(&subject, &actor) {
                new_key.new_key.clone_from(&args.request.key);
            }
            (made.certificate, out.clone())
        }
        _ => return Err(Error::NoSuccessor),
    };
    let subject_and_actor = (&subject, &actor);
    let unsigned = renewal(&node, args, subject_and_actor, certificate, &path, new_key).await?;
    Ok(carry_out(&node, runtime, &args.request, unsigned).await?)
}
