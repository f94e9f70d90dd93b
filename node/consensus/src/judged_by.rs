//! By which rules the blocks of a database were judged (§8): beside them, in the client's auxiliary store, so it is gone
//! with them.
//!
//! | key | value |
//! |---|---|
//! | `allod/judged-by` | the versions of the rules, each with the first block that it holds for: a SCALE list of pairs |
//!
//! A node that followed its network beyond a change of the rules by a specification that did not name it has blocks in its
//! database that others refuse, and nothing in them shows it.

use allod_block_rules::{Activation, Disagreement, RuleSchedule};
use parity_scale_codec::{DecodeAll, Encode};
use sc_client_api::AuxStore;
use sp_blockchain::Error as ClientError;

const KEY: &[u8] = b"allod/judged-by";

/// Why a database cannot be gone on with by the rules of a specification.
#[derive(Debug, thiserror::Error)]
pub enum JudgedByError {
    /// Some of its blocks were judged by others.
    #[error(
        "the blocks from {} on in the database, up to {best}, were judged by version {} of the rules of blocks, and by \
         the specification version {} holds for them; if the specification is right, `allod node --resync` drops this \
         copy of the chain",
        .at.from, .at.other, .at.own
    )]
    Otherwise {
        /// Where, and by which versions.
        at: Disagreement,
        /// Number of the best block.
        best: u32,
    },
    /// What is kept cannot be read.
    #[error(
        "by which rules the blocks in the database were judged is damaged there; `allod node --resync` drops this copy of \
         the chain"
    )]
    Damaged,
    /// The database failed.
    #[error("database: {0}")]
    Client(#[from] ClientError),
}

/// Goes on by these rules with a database whose best block has number `best`, and writes them down for the blocks to come. A
/// database of a release that wrote nothing down is taken at its word.
///
/// # Errors
/// [`JudgedByError`]; what is written down stays then.
pub fn go_on_by(
    store: &impl AuxStore,
    rules: &RuleSchedule,
    best: u32,
) -> Result<(), JudgedByError> {
    let kept = store.get_aux(KEY)?.map(|bytes| read(&bytes)).transpose()?;
    let disagreement = kept.as_ref().and_then(|kept| rules.disagreement(kept));
    if let Some(at) = disagreement.filter(|at| at.from <= best) {
        return Err(JudgedByError::Otherwise { at, best });
    }
    if kept.as_ref() != Some(rules) {
        store.insert_aux(&[(KEY, &write(rules)[..])], &[])?;
    }
    Ok(())
}

fn write(rules: &RuleSchedule) -> Vec<u8> {
    let activations = rules.activations().iter();
    let pairs: Vec<(u32, u32)> = activations
        .map(|activation| (activation.version, activation.from))
        .collect();
    pairs.encode()
}

fn read(bytes: &[u8]) -> Result<RuleSchedule, JudgedByError> {
    let pairs = Vec::<(u32, u32)>::decode_all(&mut &bytes[..]);
    let pairs = pairs.map_err(|_| JudgedByError::Damaged)?.into_iter();
    let activations = pairs.map(|(version, from)| Activation { version, from });
    RuleSchedule::new(activations.collect()).map_err(|_| JudgedByError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::AuxEntries;

    fn rules(entries: &[(u32, u32)]) -> RuleSchedule {
        let entries = entries.iter();
        let activations = entries.map(|&(version, from)| Activation { version, from });
        RuleSchedule::new(activations.collect()).unwrap()
    }

    /// A database that was begun by these rules.
    fn begun_by(begun: &RuleSchedule) -> AuxEntries {
        let store = AuxEntries::default();
        go_on_by(&store, begun, 0).unwrap();
        store
    }

    #[test]
    fn a_change_ahead_of_the_best_block_is_taken_up_and_one_behind_it_stops_the_node() {
        let (old, new) = (rules(&[(1, 0)]), rules(&[(1, 0), (2, 700)]));
        let store = begun_by(&old);
        go_on_by(&store, &new, 699).unwrap();
        // From now on 700 is judged by version 2, so the old specification is the wrong one.
        go_on_by(&store, &new, 900).unwrap();
        let error = go_on_by(&store, &old, 900).unwrap_err();
        assert!(matches!(
            error,
            JudgedByError::Otherwise {
                at: Disagreement {
                    from: 700,
                    own: 1,
                    other: 2
                },
                best: 900
            }
        ));

        let error = go_on_by(&begun_by(&old), &new, 700)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(
                "the blocks from 700 on in the database, up to 700, were judged by version 1 of"
            ),
            "{error}"
        );
        assert!(
            error.contains("by the specification version 2 holds"),
            "{error}"
        );
        assert!(error.contains("`allod node --resync`"), "{error}");
        assert_eq!(error.lines().count(), 1);
    }

    #[test]
    fn a_refusal_changes_nothing_and_the_right_specification_goes_on() {
        let (right, wrong) = (rules(&[(1, 0), (2, 5)]), rules(&[(1, 0), (2, 6)]));
        let store = begun_by(&right);
        for _ in 0..2 {
            assert!(go_on_by(&store, &wrong, 9).is_err());
        }
        go_on_by(&store, &right, 9).unwrap();
    }

    #[test]
    fn a_database_that_says_nothing_goes_on_and_one_that_says_nonsense_does_not() {
        let rules = rules(&[(1, 0), (2, 5)]);
        let silent = AuxEntries::default();
        go_on_by(&silent, &rules, 9).unwrap();
        assert!(silent.get_aux(KEY).unwrap().is_some());
        for nonsense in [&[][..], &[1], &[0]] {
            silent.insert_aux(&[(KEY, nonsense)], &[]).unwrap();
            let error = go_on_by(&silent, &rules, 9).unwrap_err();
            assert!(matches!(error, JudgedByError::Damaged), "{error}");
        }
    }
}
