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
//! What to do is decided by [`decide`] alone, anew every time, from the files, the chain and the clock.
//! A node that is away is asked again after a pause, which grows from a quarter of a minute to ten
//! minutes. A renewal that fails costs a fee, so the pauses after that grow to six hours.

mod owner;

use crate::{Error, verbs::renew::RenewArgs};
use allod_x509::{Validity, format_time};
use owner::Owner;
use std::process::ExitCode;

/// Most seconds between two looks at the chain.
const LOOK: u64 = 3_600;
/// Seconds between two looks while a block is awaited.
const POLL: u64 = 6;
/// Seconds to the first attempt after a failure; each further one takes twice as long.
const FIRST_PAUSE: u64 = 15;
/// Most seconds between two attempts that cost nothing.
const LONGEST_PAUSE: u64 = 600;
/// Most seconds between two attempts that may cost a fee.
const LONGEST_PAUSE_PAID: u64 = 21_600;
/// Seconds after which the same is said again.
const REPEAT: u64 = 86_400;

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

/// A certificate, as far as it matters when to renew it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    fingerprint: [u8; 32],
    validity: Validity,
}

/// What the files say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Local {
    /// The certificate in the file.
    current: Held,
    /// The one that is to follow, if it was made already.
    next: Option<[u8; 32]>,
}

/// What the chain says: the current certificate, none if the identity has none (any more).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Chain {
    best: Option<[u8; 32]>,
    finalized: Option<[u8; 32]>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Nothing before this time.
    Wait(u64),
    /// The next certificate is to be made.
    Make,
    /// It is to be sent.
    Submit,
    /// It is in a block that is not final yet.
    AwaitFinality,
    /// It is final and takes the old one's place.
    Adopt,
    /// The chain has a certificate that is in no file here.
    Replaced,
    /// There is nothing to renew any more.
    Over,
}

/// The first second at which a certificate is to be renewed, `lead` seconds before its end. In the first
/// half of its time it never is: one renewal would follow the other.
fn due(validity: Validity, lead: Option<u64>) -> u64 {
    let length = validity.not_after.saturating_sub(validity.not_before);
    let at = validity
        .not_after
        .saturating_sub(lead.unwrap_or(length / 3));
    at.max(validity.not_before.saturating_add(length / 2))
}

/// What is to be done at the time `now`.
fn decide(local: &Local, chain: &Chain, now: u64, lead: Option<u64>) -> Step {
    let Some(best) = chain.best else {
        return Step::Over;
    };
    if let Some(next) = local.next {
        if chain.finalized == Some(next) {
            return Step::Adopt;
        }
        if best == next {
            return Step::AwaitFinality;
        }
    }
    if best != local.current.fingerprint {
        return Step::Replaced;
    }
    let due = due(local.current.validity, lead);
    match local.next {
        _ if now < due => Step::Wait(due),
        Some(_) => Step::Submit,
        None => Step::Make,
    }
}

/// What became of the wish for a next certificate.
enum Made {
    /// It is in its file.
    Yes,
    /// Only the owner can have it made; how.
    No(String),
}

/// All that watching has to do with the world.
trait World {
    /// Seconds since 1970.
    fn now(&self) -> u64;
    /// Waits; `false` if it is time to end.
    async fn sleep(&mut self, seconds: u64) -> bool;
    /// Tells the owner.
    fn say(&mut self, text: &str);
    /// Reads the files.
    fn files(&mut self) -> Result<Local, Error>;
    /// Asks the chain.
    async fn look(&mut self) -> Result<Chain, Error>;
    /// Makes the next certificate.
    async fn make(&mut self) -> Result<Made, Error>;
    /// Sends it, and waits for a block.
    async fn submit(&mut self) -> Result<(), Error>;
    /// Puts it in the old one's place.
    fn adopt(&mut self) -> Result<(), Error>;
}

/// What went wrong, and how long to wait at most before it is tried again.
struct Trouble {
    error: Error,
    longest: u64,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self {
            error,
            longest: LONGEST_PAUSE,
        }
    }
}

/// What follows a step.
enum Next {
    /// Another one, after so many seconds.
    In(u64),
    /// Nothing.
    End,
}

/// Watches over an identity until it ends or the process is told to.
pub async fn watch(args: &RenewArgs) -> Result<ExitCode, Error> {
    let mut owner = Owner::new(args)?;
    owner.listen()?;
    let lead = args.watch.before.map(|days| u64::from(days) * REPEAT);
    run(&mut owner, lead).await;
    Ok(ExitCode::SUCCESS)
}

async fn run(world: &mut impl World, lead: Option<u64>) {
    let mut pause = FIRST_PAUSE;
    let mut said = Said::default();
    loop {
        let wait = match turn(world, &mut said, lead).await {
            Ok(Next::In(seconds)) => {
                pause = FIRST_PAUSE;
                seconds
            }
            Ok(Next::End) => return,
            Err(Trouble { error, longest }) => {
                said.say(world, &format!("{error}; trying again"));
                let wait = pause.min(longest);
                pause = wait.saturating_mul(2);
                wait
            }
        };
        if !world.sleep(wait).await {
            return;
        }
    }
}

/// What was said last, so that it is not said all the time.
#[derive(Default)]
struct Said(Option<(String, u64)>);

impl Said {
    fn say(&mut self, world: &mut impl World, text: &str) {
        let now = world.now();
        let is_known = self
            .0
            .as_ref()
            .is_some_and(|(last, at)| last == text && now < at.saturating_add(REPEAT));
        if !is_known {
            world.say(text);
            self.0 = Some((text.to_owned(), now));
        }
    }
}

/// Looks once, and does what is to be done.
async fn turn(world: &mut impl World, said: &mut Said, lead: Option<u64>) -> Result<Next, Trouble> {
    let local = world.files()?;
    let chain = world.look().await?;
    let now = world.now();
    Ok(Next::In(match decide(&local, &chain, now, lead) {
        Step::Wait(until) => {
            let at = format_time(until);
            said.say(world, &format!("the certificate is renewed on {at}"));
            until.saturating_sub(now).clamp(1, LOOK)
        }
        Step::Make => match world.make().await? {
            Made::Yes => 0,
            Made::No(what_to_do) => {
                said.say(world, &what_to_do);
                LOOK
            }
        },
        Step::Submit => {
            world.submit().await.map_err(|error| Trouble {
                error,
                longest: LONGEST_PAUSE_PAID,
            })?;
            POLL
        }
        Step::AwaitFinality => POLL,
        Step::Adopt => {
            world.adopt()?;
            0
        }
        Step::Replaced => {
            said.say(
                world,
                "the chain has another certificate than the file: save that one there to go on",
            );
            LOOK
        }
        Step::Over => {
            world.say("the identity has no certificate any more: nothing is left to renew");
            return Ok(Next::End);
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::runtime::Builder;

    const DAY: u64 = 86_400;

    fn validity(not_before: u64, not_after: u64) -> Validity {
        Validity {
            not_before,
            not_after,
        }
    }

    #[test]
    fn renewal_is_due_before_the_end_and_never_at_once() {
        let month = validity(0, 30 * DAY);
        assert_eq!(due(month, None), 20 * DAY);
        assert_eq!(due(month, Some(DAY)), 29 * DAY);
        assert_eq!(due(month, Some(29 * DAY)), 15 * DAY);
        assert_eq!(due(month, Some(u64::MAX)), 15 * DAY);
        assert_eq!(due(validity(7, 7), None), 7);
        assert_eq!(due(validity(0, u64::MAX), Some(1)), u64::MAX - 1);
    }

    #[test]
    fn decisions() {
        let (old, new, other) = ([1; 32], [2; 32], [3; 32]);
        let local = |next| Local {
            current: Held {
                fingerprint: old,
                validity: validity(0, 30 * DAY),
            },
            next,
        };
        let chain = |best, finalized| Chain {
            best: Some(best),
            finalized: Some(finalized),
        };
        let (early, late, after) = (DAY, 25 * DAY, 40 * DAY);
        for (next, chain, now, expected) in [
            (None, chain(old, old), early, Step::Wait(20 * DAY)),
            (None, chain(old, old), late, Step::Make),
            (None, chain(old, old), after, Step::Make),
            (Some(new), chain(old, old), late, Step::Submit),
            // What lies there too early waits.
            (Some(new), chain(old, old), early, Step::Wait(20 * DAY)),
            (Some(new), chain(new, old), late, Step::AwaitFinality),
            (Some(new), chain(new, new), late, Step::Adopt),
            // The block of the renewal is on another branch than the best one now.
            (Some(new), chain(old, new), late, Step::Adopt),
            (Some(new), chain(other, old), late, Step::Replaced),
            (None, chain(other, other), late, Step::Replaced),
        ] {
            assert_eq!(decide(&local(next), &chain, now, None), expected);
        }
        let gone = Chain {
            best: None,
            finalized: Some(old),
        };
        assert_eq!(decide(&local(Some(new)), &gone, late, None), Step::Over);
    }

    /// A chain and a clock that cost nothing. A certificate is a number; it counts 30 days.
    struct Simulation {
        now: u64,
        end: u64,
        file: u8,
        next: Option<u8>,
        best: u8,
        finalized: u8,
        /// When each certificate began.
        began: Vec<u64>,
        /// Renewals that took effect: predecessor and successor.
        renewals: Vec<(u8, u8)>,
        attempts: u32,
        /// The node is away from time to time.
        away: Vec<(u64, u64)>,
        /// Every so manyth sending takes effect, and yet reports an error.
        loses_answers: u32,
        /// The chain refuses everything.
        refuses: bool,
        has_key: bool,
        said: Vec<String>,
    }

    impl Simulation {
        fn new() -> Self {
            Self {
                now: 0,
                end: 365 * DAY,
                file: 0,
                next: None,
                best: 0,
                finalized: 0,
                began: vec![0],
                renewals: Vec::new(),
                attempts: 0,
                away: Vec::new(),
                loses_answers: 0,
                refuses: false,
                has_key: true,
                said: Vec::new(),
            }
        }

        fn check_node(&self) -> Result<(), Error> {
            let is_away = |(from, to): &(u64, u64)| (*from..*to).contains(&self.now);
            if self.away.iter().any(is_away) {
                Err("cannot reach a node".into())
            } else {
                Ok(())
            }
        }

        fn run(&mut self) {
            let runtime = Builder::new_current_thread().build().unwrap();
            runtime.block_on(run(self, None));
        }
    }

    impl World for Simulation {
        fn now(&self) -> u64 {
            self.now
        }

        async fn sleep(&mut self, seconds: u64) -> bool {
            self.now += seconds;
            // The end of a minute makes blocks final.
            if seconds > 0 && self.now % 60 < seconds {
                self.finalized = self.best;
            }
            self.now < self.end
        }

        fn say(&mut self, text: &str) {
            self.said.push(text.to_owned());
        }

        fn files(&mut self) -> Result<Local, Error> {
            let began = self.began[usize::from(self.file)];
            Ok(Local {
                current: Held {
                    fingerprint: [self.file; 32],
                    validity: validity(began, began + 30 * DAY),
                },
                next: self.next.map(|next| [next; 32]),
            })
        }

        async fn look(&mut self) -> Result<Chain, Error> {
            self.check_node()?;
            Ok(Chain {
                best: Some([self.best; 32]),
                finalized: Some([self.finalized; 32]),
            })
        }

        async fn make(&mut self) -> Result<Made, Error> {
            self.check_node()?;
            if !self.has_key {
                return Ok(Made::No("have it issued".into()));
            }
            assert_eq!(self.next, None);
            self.next = Some(u8::try_from(self.began.len()).unwrap());
            self.began.push(self.now);
            Ok(Made::Yes)
        }

        async fn submit(&mut self) -> Result<(), Error> {
            self.check_node()?;
            let next = self.next.unwrap();
            self.attempts += 1;
            if self.refuses {
                return Err("AutoId.IssuerRevoked".into());
            }
            assert!(!self.renewals.iter().any(|(_, done)| *done == next));
            self.renewals.push((self.best, next));
            self.best = next;
            if self.loses_answers > 0 && self.attempts.is_multiple_of(self.loses_answers) {
                return Err("the node stopped reporting".into());
            }
            Ok(())
        }

        fn adopt(&mut self) -> Result<(), Error> {
            self.file = self.next.take().unwrap();
            Ok(())
        }
    }

    fn assert_once_each(simulation: &Simulation) {
        for (index, (old, new)) in simulation.renewals.iter().enumerate() {
            assert_eq!(usize::from(*old), index);
            assert_eq!(usize::from(*new), index + 1);
        }
        // Each was renewed while it counted.
        for pair in simulation.began.windows(2) {
            assert!(pair[1] - pair[0] < 30 * DAY, "{pair:?}");
        }
    }

    #[test]
    fn a_year_of_months() {
        let mut simulation = Simulation::new();
        simulation.run();
        // Every 20 days, and some seconds for finality.
        assert_eq!(simulation.renewals.len(), 18);
        assert_once_each(&simulation);
        assert_eq!(simulation.file, simulation.best);
    }

    #[test]
    fn the_node_may_be_away_and_forget_to_answer() {
        let mut simulation = Simulation::new();
        // Away when the first renewal is due, for five days, and in many nights.
        simulation.away = vec![(20 * DAY, 25 * DAY)];
        simulation
            .away
            .extend((30..365).map(|day| (day * DAY, day * DAY + DAY / 3)));
        simulation.loses_answers = 2;
        simulation.run();
        assert_eq!(simulation.renewals[0], (0, 1));
        assert!(simulation.began[1] >= 25 * DAY && simulation.began[1] < 26 * DAY);
        assert!(simulation.renewals.len() >= 16);
        assert_once_each(&simulation);
        let complaints = simulation.said.iter().filter(|text| text.contains("reach"));
        // Said again once a day at most.
        assert!((6..=360).contains(&complaints.count()));
    }

    #[test]
    fn refusals_cost_few_fees() {
        let mut simulation = Simulation::new();
        simulation.refuses = true;
        simulation.end = 30 * DAY;
        simulation.run();
        assert_eq!(simulation.renewals, []);
        // Ten days, four times a day, and more often at first.
        assert!(
            (40..=60).contains(&simulation.attempts),
            "{}",
            simulation.attempts
        );
    }

    #[test]
    fn an_owner_without_the_issuer_s_key_is_told_daily() {
        let mut simulation = Simulation::new();
        simulation.has_key = false;
        simulation.end = 30 * DAY;
        simulation.run();
        assert_eq!(simulation.renewals, []);
        let told = simulation
            .said
            .iter()
            .filter(|text| *text == "have it issued");
        assert_eq!(told.count(), 10);
    }

    #[test]
    fn a_certificate_that_the_owner_had_issued_is_taken() {
        let mut simulation = Simulation::new();
        simulation.has_key = false;
        simulation.began.push(3 * DAY);
        simulation.next = Some(1);
        simulation.end = 25 * DAY;
        simulation.run();
        assert_eq!(simulation.renewals, [(0, 1)]);
        assert_eq!((simulation.file, simulation.next), (1, None));
    }

    #[test]
    fn a_process_that_was_killed_goes_on_where_it_stood() {
        // Sent, in a block, and nothing of it known any more.
        let mut simulation = Simulation::new();
        simulation.began.push(20 * DAY);
        (simulation.next, simulation.best) = (Some(1), 1);
        (simulation.now, simulation.end) = (20 * DAY, 30 * DAY);
        simulation.run();
        assert_eq!(simulation.renewals, []);
        assert_eq!((simulation.file, simulation.next), (1, None));
    }
}
