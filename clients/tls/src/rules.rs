//! When a peer is admitted: one pure function, for handshakes and for open connections alike.

use crate::{Limits, Peer, Policy, Refusal};
use allod_rpc_types::auto_id::{BlockReference, BlockRole};
use std::time::SystemTime;
use tokio::time::Instant;

/// The newest blocks, as the source told of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heads {
    pub best: BlockReference,
    pub finalized: BlockReference,
    /// When the best block was heard of.
    pub heard: Instant,
    /// One more with every change of either.
    pub sequence: u64,
}

/// The time, by both clocks: one that nobody can set, and one that other machines share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub instant: Instant,
    /// Seconds since 1970.
    pub unix: u64,
}

impl Now {
    /// The time as of now.
    pub fn read() -> Self {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            instant: Instant::now(),
            // Before 1970 every block is of the future.
            unix: since_1970.map_or(0, |time| time.as_secs()),
        }
    }
}

/// Whether anything may be said about now at all.
pub(crate) fn check_heard(heads: &Heads, now: Now, limits: &Limits) -> Result<(), Refusal> {
    let age = now.instant.saturating_duration_since(heads.heard);
    if age <= limits.max_age {
        return Ok(());
    }
    Err(Refusal::StaleSeconds {
        seconds: age.as_secs(),
        max: limits.max_age.as_secs(),
    })
}

/// Whether the peer, which showed a certificate of this SHA-256, is admitted.
pub(crate) fn check(
    peer: &Peer,
    shown: &[u8; 32],
    policy: &Policy,
    heads: &Heads,
    now: Now,
    limits: &Limits,
) -> Result<(), Refusal> {
    check_heard(heads, now, limits)?;
    check_lag(peer, heads, limits)?;
    check_block_time(peer, now, limits)?;
    if peer.fingerprint() != shown {
        return Err(Refusal::NotCurrent(peer.identifier()));
    }
    for (role, standing) in [
        (BlockRole::Best, peer.best()),
        (BlockRole::Finalized, peer.finalized()),
    ] {
        if let Some(failure) = standing.failure {
            let block = standing.block;
            return Err(Refusal::DoesNotHold {
                role,
                block,
                failure,
            });
        }
    }
    policy.admits(peer)
}

/// A reorganisation may take the best block's number back, so the distance counts in both directions.
fn check_lag(peer: &Peer, heads: &Heads, limits: &Limits) -> Result<(), Refusal> {
    let max = limits.max_blocks;
    for (role, asked, newest) in [
        (BlockRole::Best, peer.best().block, heads.best),
        (
            BlockRole::Finalized,
            peer.finalized().block,
            heads.finalized,
        ),
    ] {
        let (asked_at, newest) = (asked.number, newest.number);
        if asked_at.abs_diff(newest) > max {
            return Err(Refusal::StaleBlocks {
                role,
                asked_at,
                newest,
                max,
            });
        }
    }
    Ok(())
}

fn check_block_time(peer: &Peer, now: Now, limits: &Limits) -> Result<(), Refusal> {
    let (time, max) = (peer.best().time, limits.max_age.as_secs());
    let seconds = time.abs_diff(now.unix);
    if seconds <= max {
        Ok(())
    } else if time < now.unix {
        Err(Refusal::BlockTooOld { seconds, max })
    } else {
        Err(Refusal::BlockOfFuture { seconds, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Standing;
    use allod_identity::{Check, Failure, Identifier, Reason};
    use allod_rpc_types::auto_id::BlockHash;
    use allod_x509::{SigningKey, builder::CertificateBuilder};
    use std::time::Duration;

    const NOW: u64 = 1_800_000_000;
    const ME: Identifier = Identifier([1; 32]);
    const ROOT: Identifier = Identifier([2; 32]);

    fn block(number: u32) -> BlockReference {
        BlockReference {
            number,
            hash: BlockHash([number.to_le_bytes()[0]; 32]),
        }
    }

    struct Case {
        best: Standing,
        finalized: Standing,
        heads: Heads,
        now: Now,
        shown: Option<[u8; 32]>,
        policy: Policy,
    }

    impl Case {
        /// One that is admitted.
        fn new() -> Self {
            let standing = |number| Standing {
                block: block(number),
                time: NOW,
                path: vec![ROOT, ME],
                root: Some(ROOT),
                failure: None,
            };
            let instant = Instant::now();
            Self {
                best: standing(100),
                finalized: standing(50),
                heads: Heads {
                    best: block(100),
                    finalized: block(50),
                    heard: instant,
                    sequence: 1,
                },
                now: Now { instant, unix: NOW },
                shown: None,
                policy: Policy::identity(ME),
            }
        }

        fn check(&self) -> Result<(), Refusal> {
            let key = SigningKey::ed25519([7; 32]);
            let der = CertificateBuilder::self_issued("agent").sign(&key.spki(), &key);
            let (best, finalized) = (self.best.clone(), self.finalized.clone());
            let peer = Peer::new(ME, der, best, finalized).unwrap();
            let shown = self.shown.unwrap_or(*peer.fingerprint());
            let limits = Limits::default();
            check(&peer, &shown, &self.policy, &self.heads, self.now, &limits)
        }

        fn with(change: impl FnOnce(&mut Self)) -> Result<(), Refusal> {
            let mut case = Self::new();
            change(&mut case);
            case.check()
        }
    }

    #[test]
    fn a_named_identity_that_holds_is_admitted() {
        assert_eq!(Case::new().check(), Ok(()));
        for policy in [
            Policy::identities(vec![ROOT, ME]),
            Policy::roots(vec![ME, ROOT]),
            Ok(Policy::predicate(|peer| peer.descends_from(&ROOT))),
        ] {
            assert_eq!(Case::with(|case| case.policy = policy.unwrap()), Ok(()));
        }
    }

    #[test]
    fn policies_refuse_all_others() {
        let with = |policy| Case::with(|case| case.policy = policy);
        let named = with(Policy::identity(ROOT));
        assert_eq!(named, Err(Refusal::NotNamed(ME)));
        let predicate = with(Policy::predicate(|_| false));
        assert_eq!(predicate, Err(Refusal::PredicateFalse(ME)));
        // An ancestor that is no root.
        let (role, root) = (BlockRole::Best, Some(ROOT));
        let below = with(Policy::roots(vec![ME]).unwrap());
        assert_eq!(below, Err(Refusal::RootNotNamed { role, root }));
        for at_best in [true, false] {
            let refused = Case::with(|case| {
                case.policy = Policy::roots(vec![ROOT]).unwrap();
                let standing = if at_best {
                    &mut case.best
                } else {
                    &mut case.finalized
                };
                standing.root = None;
            });
            let role = if at_best {
                BlockRole::Best
            } else {
                BlockRole::Finalized
            };
            assert_eq!(refused, Err(Refusal::RootNotNamed { role, root: None }));
        }
    }

    #[test]
    fn policies_name_somebody() {
        use crate::{MAX_NAMED, PolicyError};
        for build in [Policy::identities, Policy::roots] {
            assert_eq!(build(vec![]).unwrap_err(), PolicyError::Empty);
            assert!(build(vec![ME; MAX_NAMED]).is_ok());
            let error = build(vec![ME; MAX_NAMED + 1]).unwrap_err();
            assert_eq!(error, PolicyError::TooMany(MAX_NAMED + 1));
        }
    }

    #[test]
    fn an_answer_may_lag_two_blocks() {
        let lag = |best, finalized| {
            Case::with(|case| {
                case.heads.best = block(best);
                case.heads.finalized = block(finalized);
            })
        };
        for (best, finalized) in [(100, 50), (102, 52), (98, 48)] {
            assert_eq!(lag(best, finalized), Ok(()));
        }
        for (best, finalized, role, asked_at, newest) in [
            (103, 50, BlockRole::Best, 100, 103),
            // A reorganisation has taken it back.
            (97, 50, BlockRole::Best, 100, 97),
            (100, 53, BlockRole::Finalized, 50, 53),
        ] {
            let expected = Refusal::StaleBlocks {
                role,
                asked_at,
                newest,
                max: 2,
            };
            assert_eq!(lag(best, finalized), Err(expected));
        }
    }

    #[test]
    fn the_newest_block_is_heard_of_lately() {
        let after = |time| Case::with(|case| case.now.instant += time);
        assert_eq!(after(Duration::from_secs(120)), Ok(()));
        let (seconds, max) = (120, 120);
        let stale = Refusal::StaleSeconds { seconds, max };
        assert_eq!(after(Duration::from_millis(120_001)), Err(stale));
    }

    #[test]
    fn the_newest_block_is_made_lately() {
        let at = |unix| Case::with(|case| case.now.unix = unix);
        let (seconds, max) = (121, 120);
        assert_eq!(at(NOW + 120), Ok(()));
        assert_eq!(at(NOW + 121), Err(Refusal::BlockTooOld { seconds, max }));
        assert_eq!(at(NOW - 120), Ok(()));
        assert_eq!(at(NOW - 121), Err(Refusal::BlockOfFuture { seconds, max }));
        let seconds = NOW;
        assert_eq!(at(0), Err(Refusal::BlockOfFuture { seconds, max }));
        // How old the finalized one is depends on the chain.
        assert_eq!(Case::with(|case| case.finalized.time = 0), Ok(()));
    }

    #[test]
    fn the_certificate_is_the_current_one() {
        let other = Case::with(|case| case.shown = Some([0; 32]));
        assert_eq!(other, Err(Refusal::NotCurrent(ME)));
    }

    #[test]
    fn it_holds_at_both_blocks() {
        let failure = Failure {
            identifier: ROOT,
            check: Check::Purpose,
            reason: Reason::NoDigitalSignature,
        };
        let refused = |role, number| {
            Err(Refusal::DoesNotHold {
                role,
                block: block(number),
                failure,
            })
        };
        let at_best = Case::with(|case| case.best.failure = Some(failure));
        assert_eq!(at_best, refused(BlockRole::Best, 100));
        let at_finalized = Case::with(|case| case.finalized.failure = Some(failure));
        assert_eq!(at_finalized, refused(BlockRole::Finalized, 50));
        let said = at_finalized.unwrap_err().to_string();
        assert!(
            said.starts_with("does not hold at the finalized block #50: 0202"),
            "{said}"
        );
    }
}
