//! What is to be done about a certificate, by the files, the chain and the clock alone.

use allod_x509::Validity;

/// A certificate, as far as it matters when to renew it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// SHA-256 of its DER.
    pub fingerprint: [u8; 32],
    pub validity: Validity,
}

/// What the files say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// The certificate in the file.
    pub current: Held,
    /// The one that is to follow, if it was made already.
    pub next: Option<[u8; 32]>,
}

/// What the chain says: the current certificate, none if the identity has none (any more).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    pub best: Option<[u8; 32]>,
    pub finalized: Option<[u8; 32]>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
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
pub fn decide(local: &Local, chain: &Chain, now: u64, lead: Option<u64>) -> Step {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::DAY;

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
}
