//! Who lied. One report to the network lasts about a minute, so it is made again and again.

use sc_network::{PeerId, ReputationChange};
use schnellru::{ByLength, LruMap};
use std::time::{Duration, Instant};

/// How long a liar is kept off.
pub const BAN: Duration = Duration::from_secs(24 * 60 * 60);
/// How often it is reported meanwhile.
pub const REPORT_INTERVAL: Duration = Duration::from_secs(60);
/// Liars that are remembered; past that the one banned first is forgotten.
pub const MAX_BANS: u32 = 4096;

/// What the network is told of a liar.
pub const REPORT: ReputationChange = ReputationChange::new_fatal("lied about its chain");

struct Ban {
    until: Instant,
    report_at: Instant,
}

/// The liars.
pub struct Bans {
    peers: LruMap<PeerId, Ban>,
}

impl Default for Bans {
    fn default() -> Self {
        Self {
            peers: LruMap::new(ByLength::new(MAX_BANS)),
        }
    }
}

impl Bans {
    /// Bans a peer from now on; it is due to be reported.
    pub fn ban(&mut self, peer: PeerId, now: Instant) {
        let ban = Ban {
            until: now + BAN,
            report_at: now,
        };
        self.peers.insert(peer, ban);
    }

    /// Whether a peer is banned.
    pub fn is_banned(&self, peer: &PeerId, now: Instant) -> bool {
        self.peers.peek(peer).is_some_and(|ban| ban.until > now)
    }

    /// The peers to be reported now.
    pub fn due(&mut self, now: Instant) -> Vec<PeerId> {
        let mut due = Vec::new();
        for (peer, ban) in self.peers.iter_mut() {
            if ban.report_at <= now && ban.until > now {
                ban.report_at = now + REPORT_INTERVAL;
                due.push(*peer);
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_liar_is_reported_each_minute_of_a_day() {
        let (mut bans, peer, start) = (Bans::default(), PeerId::random(), Instant::now());
        assert!(!bans.is_banned(&peer, start));
        bans.ban(peer, start);
        let reports = (0..BAN.as_secs() + 1000)
            .filter(|second| !bans.due(start + Duration::from_secs(*second)).is_empty())
            .count();
        assert_eq!(reports, 24 * 60);
        assert!(bans.is_banned(&peer, start + BAN - Duration::from_secs(1)));
        assert!(!bans.is_banned(&peer, start + BAN));
    }

    #[test]
    fn a_flood_of_liars_takes_bounded_memory() {
        let (mut bans, start) = (Bans::default(), Instant::now());
        for _ in 0..2 * MAX_BANS {
            bans.ban(PeerId::random(), start);
        }
        assert_eq!(bans.due(start).len(), MAX_BANS as usize);
    }
}
