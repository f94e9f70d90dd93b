//! `allod id renew --watch`: renews an identity before its certificate ends, again and again.
//!
//! The certificate's file is the memory of it. What is to follow stands beside it with `.next`, and
//! with `--rotate-key` the key that goes with that beside the old one:
//!
//! 1. Before anything is sent, the next certificate is made and written to `FILE.next`. An owner whose
//!    issuer's key is elsewhere puts one there by hand.
//! 2. The renewal is sent. If nobody knows what became of it, because the node went away or this
//!    process was killed, the same certificate is sent again: its serial number counts once, so that a
//!    certificate is never followed by two.
//! 3. When the finalized block has it, it takes the old one's place in `FILE`.
//!
//! Nobody is asked for passwords: a file or the environment has the one of encrypted keys.
//!
//! What to do is decided by [`decide::decide`] alone, anew every time, from the files, the chain and the clock.
//! A node that is away is asked again after a delay, which grows from a quarter of a minute to ten
//! minutes. A renewal that fails costs a fee, so the delays after that grow to six hours.

mod certificate_files;
mod decide;
mod owner;
mod run;

use super::args::RenewArgs;
use crate::{clock::DAY, request::runtime::ChainRuntime, verbs::error::Error};
use owner::Owner;
use std::process::ExitCode;

/// Watches over an identity until it ends or the process is told to.
pub async fn watch(args: &RenewArgs, runtime: &dyn ChainRuntime) -> Result<ExitCode, Error> {
    let mut owner = Owner::new(args, runtime)?;
    owner.listen()?;
    let lead = args.watch.before.map(|days| u64::from(days) * DAY);
    run::run(&mut owner, lead).await;
    Ok(ExitCode::SUCCESS)
}
