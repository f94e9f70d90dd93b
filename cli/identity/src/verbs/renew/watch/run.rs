//! The loop that watches over a certificate: looks, does what is to be done, waits, and retries what failed.

use super::decide::{Chain, Local, Step, decide};
use crate::{clock::DAY, verbs::error::Error};
use allod_x509::format_time;

/// Most seconds between two looks at the chain.
const POLL_INTERVAL: u64 = 3_600;
/// Seconds between two looks while a block is awaited.
const FINALITY_POLL_INTERVAL: u64 = 6;
/// Seconds to the first retry after a failure; each further one takes twice as long.
const FIRST_RETRY_DELAY: u64 = 15;
/// Most seconds between two tries that cost nothing.
const MAX_RETRY_DELAY: u64 = 600;
/// Most seconds between two tries that may cost a fee.
const MAX_RETRY_DELAY_PAID: u64 = 21_600;
/// Seconds after which the same is said again.
const NOTICE_INTERVAL: u64 = DAY;

/// Whether there is a next certificate.
pub enum Made {
    /// It is in its file.
    Yes,
    /// Only the owner can have it made; how.
    No(String),
}

/// The files, the chain and the clock that a certificate is watched by.
pub trait Environment {
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

/// What went wrong, and the most seconds before it is retried.
struct Failure {
    error: Error,
    max_retry_delay: u64,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            error,
            max_retry_delay: MAX_RETRY_DELAY,
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

/// Watches until there is nothing left to renew, or the environment ends it. `lead`: seconds before a certificate's end
/// at which it is renewed, if the owner says so.
pub async fn run(environment: &mut impl Environment, lead: Option<u64>) {
    let mut retry_delay = FIRST_RETRY_DELAY;
    let mut notices = Notices::default();
    loop {
        let wait = match turn(environment, &mut notices, lead).await {
            Ok(Next::In(seconds)) => {
                retry_delay = FIRST_RETRY_DELAY;
                seconds
            }
            Ok(Next::End) => return,
            Err(Failure {
                error,
                max_retry_delay,
            }) => {
                notices.say(environment, &format!("{error}; trying again"));
                let wait = retry_delay.min(max_retry_delay);
                retry_delay = wait.saturating_mul(2);
                wait
            }
        };
        if !environment.sleep(wait).await {
            return;
        }
    }
}

/// What was said last, so that it is not said all the time.
#[derive(Default)]
struct Notices(Option<(String, u64)>);

impl Notices {
    fn say(&mut self, environment: &mut impl Environment, text: &str) {
        let now = environment.now();
        let is_known = self
            .0
            .as_ref()
            .is_some_and(|(last, at)| last == text && now < at.saturating_add(NOTICE_INTERVAL));
        if !is_known {
            environment.say(text);
            self.0 = Some((text.to_owned(), now));
        }
    }
}

/// Looks once, and does what is to be done.
async fn turn(
    environment: &mut impl Environment,
    notices: &mut Notices,
    lead: Option<u64>,
) -> Result<Next, Failure> {
    let local = environment.files()?;
    let chain = environment.look().await?;
    let now = environment.now();
    Ok(Next::In(match decide(&local, &chain, now, lead) {
        Step::Wait(until) => {
            let at = format_time(until);
            notices.say(environment, &format!("the certificate is renewed on {at}"));
            until.saturating_sub(now).clamp(1, POLL_INTERVAL)
        }
        Step::Make => match environment.make().await? {
            Made::Yes => 0,
            Made::No(what_to_do) => {
                notices.say(environment, &what_to_do);
                POLL_INTERVAL
            }
        },
        Step::Submit => {
            environment.submit().await.map_err(|error| Failure {
                error,
                max_retry_delay: MAX_RETRY_DELAY_PAID,
            })?;
            FINALITY_POLL_INTERVAL
        }
        Step::AwaitFinality => FINALITY_POLL_INTERVAL,
        Step::Adopt => {
            environment.adopt()?;
            0
        }
        Step::Replaced => {
            notices.say(
                environment,
                "the chain has another certificate than the file: save that one there to go on",
            );
            POLL_INTERVAL
        }
        Step::Over => {
            environment.say("the identity has no certificate any more: nothing is left to renew");
            return Ok(Next::End);
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::{super::decide::Held, *};
    use allod_x509::Validity;
    use std::io;
    use tokio::runtime::Builder;

    fn validity(not_before: u64, not_after: u64) -> Validity {
        Validity {
            not_before,
            not_after,
        }
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
                Err(io::Error::other("cannot reach a node").into())
            } else {
                Ok(())
            }
        }

        fn run(&mut self) {
            let runtime = Builder::new_current_thread().build().unwrap();
            runtime.block_on(run(self, None));
        }
    }

    impl Environment for Simulation {
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
                return Err(io::Error::other("AutoId.IssuerRevoked").into());
            }
            assert!(!self.renewals.iter().any(|(_, done)| *done == next));
            self.renewals.push((self.best, next));
            self.best = next;
            if self.loses_answers > 0 && self.attempts.is_multiple_of(self.loses_answers) {
                return Err(io::Error::other("the node stopped reporting").into());
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
