//! Entries and connections. Nothing here waits, asks, or calls foreign code.

use super::End;
use crate::{Peer, Policy, Refusal};
use allod_identity::{Identifier, KeyFingerprint};
use std::{collections::HashMap, sync::Arc};

/// What the chain said about an identity: what it has, or why it has nothing.
pub(super) type Known = Result<Arc<Peer>, Refusal>;

#[derive(Default)]
pub(super) struct State {
    entries: HashMap<Identifier, Entry>,
    /// The key that each entry had last.
    by_key: HashMap<KeyFingerprint, Identifier>,
    /// Identities that somebody keeps, and how many do.
    kept: HashMap<Identifier, usize>,
    /// Counts uses, to tell which entry was used least recently.
    uses: u64,
    next_connection: u64,
}

struct Entry {
    known: Known,
    /// Of the heads that were asked.
    sequence: u64,
    last_key: Option<KeyFingerprint>,
    last_use: u64,
    connections: HashMap<u64, Connection>,
}

pub(super) struct Connection {
    shown: [u8; 32],
    policy: Policy,
    end: Arc<dyn End>,
}

/// An open connection with all that it is judged by.
pub(super) struct Open {
    pub known: Known,
    pub shown: [u8; 32],
    pub policy: Policy,
    pub end: Arc<dyn End>,
}

impl State {
    /// What is known about the identity that had this key when it was asked about last.
    pub fn used_by_key(&mut self, key: KeyFingerprint) -> Option<(u64, Known)> {
        let identifier = self.by_key.get(&key).copied()?;
        self.used(identifier)
    }

    /// What is known, with the sequence of the heads that were asked.
    pub fn used(&mut self, identifier: Identifier) -> Option<(u64, Known)> {
        let entry = self.entries.get_mut(&identifier)?;
        self.uses = self.uses.wrapping_add(1);
        entry.last_use = self.uses;
        Some((entry.sequence, entry.known.clone()))
    }

    /// Remembers an answer, unless a newer one is known.
    pub fn store(
        &mut self,
        identifier: Identifier,
        sequence: u64,
        known: Known,
        max: usize,
    ) -> Result<(), Refusal> {
        if !self.entries.contains_key(&identifier) {
            // An identity that does not exist takes no place.
            if known.is_err() {
                return Ok(());
            }
            self.make_room(max)?;
        }
        self.uses = self.uses.wrapping_add(1);
        let last_use = self.uses;
        let entry = self.entries.entry(identifier).or_insert_with(|| Entry {
            known: known.clone(),
            sequence,
            last_key: None,
            last_use,
            connections: HashMap::new(),
        });
        if entry.sequence > sequence {
            return Ok(());
        }
        if let Ok(peer) = &known {
            let key = peer.key();
            if let Some(last) = entry.last_key.replace(key).filter(|last| *last != key) {
                forget_key(&mut self.by_key, last, identifier);
            }
            self.by_key.insert(key, identifier);
        }
        entry.known = known;
        entry.sequence = sequence;
        Ok(())
    }

    /// Drops the entry that was used least recently if there are `max`. Looks at all of them, which
    /// costs less than the questions that came before.
    fn make_room(&mut self, max: usize) -> Result<(), Refusal> {
        if self.entries.len() < max {
            return Ok(());
        }
        let idle = self.entries.iter().filter(|(identifier, entry)| {
            entry.connections.is_empty() && !self.kept.contains_key(identifier)
        });
        let oldest = idle.min_by_key(|(_, entry)| entry.last_use);
        let oldest = oldest.map(|(identifier, _)| *identifier);
        let oldest = oldest.ok_or(Refusal::CacheFull(max))?;
        if let Some(key) = self
            .entries
            .remove(&oldest)
            .and_then(|entry| entry.last_key)
        {
            forget_key(&mut self.by_key, key, oldest);
        }
        Ok(())
    }

    /// Keeps an identity; whether there is room for one more.
    pub fn keep(&mut self, identifier: Identifier, max: usize) -> bool {
        let is_new = !self.kept.contains_key(&identifier);
        if is_new && self.kept.len() >= max {
            return false;
        }
        let times = self.kept.entry(identifier).or_default();
        *times = times.saturating_add(1);
        true
    }

    /// Keeps it once less.
    pub fn let_go(&mut self, identifier: Identifier) {
        if let Some(times) = self.kept.get_mut(&identifier) {
            *times = times.saturating_sub(1);
            if *times == 0 {
                self.kept.remove(&identifier);
            }
        }
    }

    /// Registers a connection to `peer`, and gives it a number. If the entry has been dropped since it
    /// was found, it is put back, with the least sequence, so that it is asked about again at once.
    pub fn connect(
        &mut self,
        peer: &Peer,
        shown: [u8; 32],
        policy: &Policy,
        end: Arc<dyn End>,
        max: usize,
    ) -> Result<u64, Refusal> {
        let identifier = peer.identifier();
        if !self.entries.contains_key(&identifier) {
            self.store(identifier, 0, Ok(Arc::new(peer.clone())), max)?;
        }
        let number = self.next_connection;
        self.next_connection = number.wrapping_add(1);
        if let Some(entry) = self.entries.get_mut(&identifier) {
            let connection = Connection {
                shown,
                policy: policy.clone(),
                end,
            };
            entry.connections.insert(number, connection);
        }
        Ok(number)
    }

    /// Forgets a connection, and hands it over to be dropped.
    pub fn disconnect(&mut self, identifier: Identifier, number: u64) -> Option<Connection> {
        let entry = self.entries.get_mut(&identifier)?;
        entry.connections.remove(&number)
    }

    /// Open connections, of one identity or of all.
    pub fn connections(&self, only: Option<Identifier>) -> Vec<Open> {
        let of = |entry: &Entry| {
            let open = entry.connections.values().map(|connection| Open {
                known: entry.known.clone(),
                shown: connection.shown,
                policy: connection.policy.clone(),
                end: connection.end.clone(),
            });
            open.collect::<Vec<_>>()
        };
        match only {
            Some(identifier) => self.entries.get(&identifier).map(of).unwrap_or_default(),
            None => self.entries.values().flat_map(of).collect(),
        }
    }

    /// Identities in use that were not asked about at the heads of this sequence, with what is known.
    pub fn due(&self, sequence: u64) -> Vec<(Identifier, Option<Arc<Peer>>)> {
        let is_old = |entry: &Entry| entry.sequence < sequence;
        let connected = self.entries.iter().filter(|(identifier, entry)| {
            !entry.connections.is_empty() && !self.kept.contains_key(identifier) && is_old(entry)
        });
        let kept = self.kept.keys().filter_map(|identifier| {
            let entry = self.entries.get(identifier);
            entry.is_none_or(is_old).then_some((identifier, entry))
        });
        connected
            .map(|(identifier, entry)| (identifier, Some(entry)))
            .chain(kept)
            .map(|(identifier, entry)| {
                let known = entry.and_then(|entry| entry.known.clone().ok());
                (*identifier, known)
            })
            .collect()
    }
}

/// A key that has moved to another identity meanwhile stays that one's.
fn forget_key(
    by_key: &mut HashMap<KeyFingerprint, Identifier>,
    key: KeyFingerprint,
    identifier: Identifier,
) {
    if by_key.get(&key) == Some(&identifier) {
        by_key.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Standing;
    use allod_rpc_types::auto_id::{BlockHash, BlockReference};
    use allod_x509::{SigningKey, builder::CertificateBuilder};
    use parking_lot::Mutex;

    const MAX: usize = 3;

    #[derive(Default)]
    struct Ended(Mutex<Vec<Refusal>>);

    impl End for Ended {
        fn end(&self, reason: Refusal) {
            self.0.lock().push(reason);
        }
    }

    fn identifier(byte: u8) -> Identifier {
        Identifier([byte; 32])
    }

    /// The identity of this number, with the key of that one.
    fn peer(number: u8, key: u8) -> Arc<Peer> {
        let key = SigningKey::ed25519([key; 32]);
        let certificate = CertificateBuilder::self_issued("agent").sign(&key.spki(), &key);
        let standing = Standing {
            block: BlockReference {
                number: 1,
                hash: BlockHash([1; 32]),
            },
            time: 0,
            path: vec![identifier(number)],
            root: Some(identifier(number)),
            failure: None,
        };
        let peer = Peer::new(identifier(number), certificate, standing.clone(), standing);
        Arc::new(peer.unwrap())
    }

    impl State {
        fn add(&mut self, number: u8, sequence: u64) -> Result<(), Refusal> {
            let known = Ok(peer(number, number));
            self.store(identifier(number), sequence, known, MAX)
        }

        fn has(&mut self, number: u8) -> bool {
            let by_key = self.used_by_key(peer(number, number).key()).is_some();
            assert_eq!(by_key, self.entries.contains_key(&identifier(number)));
            by_key
        }

        fn open(&mut self, number: u8) -> Result<u64, Refusal> {
            let peer = peer(number, number);
            let policy = Policy::identity(identifier(number));
            let end = Arc::new(Ended::default());
            self.connect(&peer, *peer.fingerprint(), &policy, end, MAX)
        }
    }

    #[test]
    fn the_least_recently_used_makes_room() {
        let mut state = State::default();
        for number in [1, 2, 3] {
            state.add(number, 1).unwrap();
        }
        assert!(state.has(1));
        state.add(4, 1).unwrap();
        assert!(!state.has(2));
        assert!(state.has(1) && state.has(3) && state.has(4));
        assert_eq!((state.entries.len(), state.by_key.len()), (3, 3));
    }

    #[test]
    fn what_is_in_use_stays() {
        let mut state = State::default();
        let connections = [1, 2].map(|number| state.open(number).unwrap());
        assert!(state.keep(identifier(3), MAX));
        state.add(3, 1).unwrap();
        assert_eq!(state.add(4, 1), Err(Refusal::CacheFull(MAX)));
        assert_eq!(state.open(4), Err(Refusal::CacheFull(MAX)));
        assert!(state.has(1) && state.has(2) && state.has(3) && !state.has(4));
        // Kept twice, let go once.
        assert!(state.keep(identifier(3), MAX));
        state.let_go(identifier(3));
        assert_eq!(state.add(4, 1), Err(Refusal::CacheFull(MAX)));
        state.let_go(identifier(3));
        state.add(4, 1).unwrap();
        assert!(!state.has(3));
        state.disconnect(identifier(1), connections[0]);
        state.open(5).unwrap();
        assert!(!state.has(1));
        assert!(state.kept.is_empty());
    }

    #[test]
    fn only_so_many_can_be_kept() {
        let mut state = State::default();
        for number in [1, 2, 3] {
            assert!(state.keep(identifier(number), MAX));
        }
        assert!(!state.keep(identifier(4), MAX));
        assert!(state.keep(identifier(3), MAX));
    }

    #[test]
    fn an_old_answer_does_not_replace_a_new_one() {
        let mut state = State::default();
        state.add(1, 5).unwrap();
        let gone = Refusal::NotRegistered(identifier(1));
        state
            .store(identifier(1), 7, Err(gone.clone()), MAX)
            .unwrap();
        state.add(1, 6).unwrap();
        assert_eq!(state.used(identifier(1)), Some((7, Err(gone))));
        // Also by the key it is known that it is gone.
        assert!(state.used_by_key(peer(1, 1).key()).is_some());
    }

    #[test]
    fn a_new_key_is_found_and_the_old_one_is_not() {
        let mut state = State::default();
        state.add(1, 1).unwrap();
        let renewed = peer(1, 9);
        state
            .store(identifier(1), 2, Ok(renewed.clone()), MAX)
            .unwrap();
        assert!(state.used_by_key(peer(1, 1).key()).is_none());
        assert_eq!(state.used_by_key(renewed.key()), Some((2, Ok(renewed))));
        // A key that another identity has taken over is not lost with the first one's entry.
        state.store(identifier(2), 3, Ok(peer(2, 9)), MAX).unwrap();
        state.store(identifier(1), 4, Ok(peer(1, 1)), MAX).unwrap();
        assert_eq!(
            state.used_by_key(peer(2, 9).key()),
            Some((3, Ok(peer(2, 9))))
        );
    }

    #[test]
    fn only_those_in_use_and_old_are_due() {
        let mut state = State::default();
        state.add(1, 1).unwrap();
        state.open(2).unwrap();
        state.keep(identifier(3), MAX);
        let due = |state: &State| {
            let mut due = state
                .due(2)
                .into_iter()
                .map(|(it, _)| it)
                .collect::<Vec<_>>();
            due.sort();
            due
        };
        assert_eq!(due(&state), [identifier(2), identifier(3)]);
        state.add(2, 2).unwrap();
        state.add(3, 1).unwrap();
        assert_eq!(due(&state), [identifier(3)]);
        state.add(3, 2).unwrap();
        assert_eq!(due(&state), []);
    }

    #[test]
    fn a_connection_puts_a_dropped_entry_back_to_be_asked_about() {
        let mut state = State::default();
        state.open(1).unwrap();
        let (sequence, known) = state.used(identifier(1)).unwrap();
        assert_eq!((sequence, known), (0, Ok(peer(1, 1))));
        assert_eq!(state.connections(None).len(), 1);
        assert_eq!(state.connections(Some(identifier(1))).len(), 1);
        assert_eq!(state.connections(Some(identifier(2))).len(), 0);
    }
}
