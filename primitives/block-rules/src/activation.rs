//! Which version of the rules of blocks holds from which block on, and up to which block a release can judge (§8).
//!
//! A rule that the node checks cannot be changed by a runtime. Whoever changes one makes a new version of them, and each
//! network says in its specification from which block on it holds: below, the versions before it go on.

/// A version of the rules that is known here. A rule that differs between them matches on the one in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RulesVersion {
    /// Those of the first networks.
    V1,
}

impl RulesVersion {
    /// The newest one.
    pub const NEWEST: Self = Self::V1;

    /// Its number in specifications.
    pub const fn number(self) -> u32 {
        match self {
            Self::V1 => 1,
        }
    }

    /// The version with this number; none if it is not known here.
    pub const fn known(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::V1),
            _ => None,
        }
    }
}

/// Number of the newest version of the rules that is known here, as are all before it.
pub const NEWEST_RULES: u32 = RulesVersion::NEWEST.number();
/// Versions that the specification of a network can name.
pub const MAX_ACTIVATIONS: usize = 64;

/// From which block on a version of the rules holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activation {
    /// Above 0.
    pub version: u32,
    /// Number of the first block that is judged by it.
    pub from: u32,
}

/// Why versions and blocks are no schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// There is none.
    #[error("must name at least the version that holds from block 0 on")]
    Empty,
    /// There are more than a specification can name.
    #[error("must name at most {MAX_ACTIVATIONS} versions, not {0}")]
    TooMany(usize),
    /// Some blocks would have no rules.
    #[error("must be 0 in the first entry, not {0}")]
    NotFromGenesis(u32),
    /// There is no version 0.
    #[error("must be above 0")]
    VersionZero,
    /// Versions do not rise.
    #[error("must be above {previous}, the version before it, not {version}")]
    Version {
        /// Place in the list.
        index: usize,
        /// The version there.
        version: u32,
        /// The one before it.
        previous: u32,
    },
    /// Blocks do not rise.
    #[error(
        "must be above {previous}, the block that the version before it holds from, not {from}"
    )]
    From {
        /// Place in the list.
        index: usize,
        /// The block there.
        from: u32,
        /// The one before it.
        previous: u32,
    },
}

impl ScheduleError {
    /// Which part of the list is wrong: a place and a field of it, or the whole.
    pub fn place(&self) -> Option<(usize, &'static str)> {
        match self {
            Self::Empty | Self::TooMany(_) => None,
            Self::NotFromGenesis(_) => Some((0, "from")),
            Self::VersionZero => Some((0, "version")),
            Self::Version { index, .. } => Some((*index, "version")),
            Self::From { index, .. } => Some((*index, "from")),
        }
    }
}

/// This release is too old for the blocks from some block on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "from block {from} on this network needs version {version} of the rules of blocks, and this release knows \
     version {NEWEST_RULES}: install a newer one"
)]
pub struct UnknownRules {
    /// The first version that is not known here.
    pub version: u32,
    /// The first block that is judged by it.
    pub from: u32,
}

/// Two schedules judge some block by different versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disagreement {
    /// The first such block.
    pub from: u32,
    /// Its version by the schedule that was asked.
    pub own: u32,
    /// Its version by the one that it was compared with.
    pub other: u32,
}

/// The versions of the rules of a network, the oldest first: never empty, the first from block 0 on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSchedule(Vec<Activation>);

impl Default for RuleSchedule {
    /// Version 1 for all blocks: that of networks whose specification says nothing.
    fn default() -> Self {
        let first = Activation {
            version: 1,
            from: 0,
        };
        Self(vec![first])
    }
}

impl RuleSchedule {
    /// Both versions and blocks must rise, blocks from 0.
    ///
    /// # Errors
    /// [`ScheduleError`] with the first entry that is wrong.
    pub fn new(activations: Vec<Activation>) -> Result<Self, ScheduleError> {
        let first = activations.first().ok_or(ScheduleError::Empty)?;
        if activations.len() > MAX_ACTIVATIONS {
            return Err(ScheduleError::TooMany(activations.len()));
        }
        if first.version == 0 {
            return Err(ScheduleError::VersionZero);
        }
        if first.from != 0 {
            return Err(ScheduleError::NotFromGenesis(first.from));
        }
        for (index, (before, after)) in
            (1..).zip(activations.iter().zip(activations.iter().skip(1)))
        {
            let (version, from) = (after.version, after.from);
            if version <= before.version {
                let previous = before.version;
                return Err(ScheduleError::Version {
                    index,
                    version,
                    previous,
                });
            }
            if from <= before.from {
                let previous = before.from;
                return Err(ScheduleError::From {
                    index,
                    from,
                    previous,
                });
            }
        }
        Ok(Self(activations))
    }

    /// The versions, the oldest first.
    pub fn activations(&self) -> &[Activation] {
        &self.0
    }

    /// The first version that this release lacks; none if it knows all of them.
    pub fn first_unknown(&self) -> Option<UnknownRules> {
        let unknown = |activation: &&Activation| activation.version > NEWEST_RULES;
        self.0.iter().find(unknown).map(|activation| UnknownRules {
            version: activation.version,
            from: activation.from,
        })
    }

    /// Where another schedule begins to judge blocks otherwise; none if it judges all of them by the same versions.
    pub fn disagreement(&self, other: &Self) -> Option<Disagreement> {
        let changes = self.0.iter().chain(&other.0);
        let disagreements = changes.filter_map(|change| {
            let (own, other) = (
                self.in_force(change.from)?.version,
                other.in_force(change.from)?.version,
            );
            let from = change.from;
            (own != other).then_some(Disagreement { from, own, other })
        });
        disagreements.min_by_key(|disagreement| disagreement.from)
    }

    /// The entry that holds for block `number`. There is one: the first holds from block 0.
    fn in_force(&self, number: u32) -> Option<&Activation> {
        let mut newest_first = self.0.iter().rev();
        newest_first.find(|activation| activation.from <= number)
    }

    /// The version by which block `number` is judged. Asked before any other rule: a version that is not known here may
    /// change each of them.
    ///
    /// # Errors
    /// [`UnknownRules`] if this release is too old to judge the block.
    pub fn version_of(&self, number: u32) -> Result<RulesVersion, UnknownRules> {
        if let Some(unknown) = self
            .first_unknown()
            .filter(|unknown| number >= unknown.from)
        {
            return Err(unknown);
        }
        // All that are not known here lie further on.
        let version = self
            .in_force(number)
            .and_then(|activation| RulesVersion::known(activation.version));
        Ok(version.unwrap_or(RulesVersion::NEWEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(entries: &[(u32, u32)]) -> Result<RuleSchedule, ScheduleError> {
        let activations = entries.iter();
        RuleSchedule::new(
            activations
                .map(|(version, from)| Activation {
                    version: *version,
                    from: *from,
                })
                .collect(),
        )
    }

    #[test]
    fn every_known_version_has_its_number() {
        for number in 1..=NEWEST_RULES {
            let version = RulesVersion::known(number).unwrap();
            assert_eq!(version.number(), number);
            assert!(version <= RulesVersion::NEWEST);
        }
        assert_eq!(RulesVersion::known(0), None);
        assert_eq!(RulesVersion::known(NEWEST_RULES + 1), None);
    }

    #[test]
    fn a_release_judges_up_to_the_block_before_the_first_version_that_it_lacks() {
        let lacked = NEWEST_RULES + 1;
        let rules = schedule(&[(1, 0), (lacked, 10), (lacked + 1, 20)]).unwrap();
        let unknown = UnknownRules {
            version: lacked,
            from: 10,
        };
        assert_eq!(rules.first_unknown(), Some(unknown));
        assert_eq!(rules.version_of(9), Ok(RulesVersion::V1));
        assert_eq!(rules.version_of(10), Err(unknown));
        assert_eq!(rules.version_of(u32::MAX), Err(unknown));
        assert_eq!(
            RuleSchedule::default().version_of(u32::MAX),
            Ok(RulesVersion::V1)
        );
        assert_eq!(
            schedule(&[(lacked, 0)])
                .unwrap()
                .version_of(0)
                .unwrap_err()
                .from,
            0
        );
    }

    #[test]
    fn schedules_disagree_from_the_first_block_that_they_judge_otherwise() {
        let of = |one: &[(u32, u32)], two: &[(u32, u32)]| {
            let (one, two) = (schedule(one).unwrap(), schedule(two).unwrap());
            let at = one.disagreement(&two);
            let mirrored = two.disagreement(&one);
            assert_eq!(
                at.map(|at| (at.from, at.own, at.other)),
                mirrored.map(|at| (at.from, at.other, at.own))
            );
            at.map(|at| (at.from, at.own, at.other))
        };
        assert_eq!(of(&[(1, 0)], &[(1, 0)]), None);
        assert_eq!(of(&[(1, 0)], &[(2, 0)]), Some((0, 1, 2)));
        assert_eq!(of(&[(1, 0)], &[(1, 0), (2, 7)]), Some((7, 1, 2)));
        assert_eq!(of(&[(1, 0), (2, 5)], &[(1, 0), (2, 7)]), Some((5, 2, 1)));
        assert_eq!(
            of(&[(1, 0), (3, 7)], &[(1, 0), (2, 7), (3, 9)]),
            Some((7, 3, 2))
        );
        assert_eq!(
            of(&[(1, 0), (2, 5)], &[(1, 0), (2, 5), (3, 6)]),
            Some((6, 2, 3))
        );
    }

    #[test]
    fn versions_and_blocks_rise_from_block_0() {
        let version = |index, version, previous| ScheduleError::Version {
            index,
            version,
            previous,
        };
        let from = |index, from, previous| ScheduleError::From {
            index,
            from,
            previous,
        };
        for (entries, error, place) in [
            (&[][..], ScheduleError::Empty, None),
            (&[(0, 0)], ScheduleError::VersionZero, Some((0, "version"))),
            (
                &[(1, 3)],
                ScheduleError::NotFromGenesis(3),
                Some((0, "from")),
            ),
            (&[(1, 0), (1, 5)], version(1, 1, 1), Some((1, "version"))),
            (
                &[(1, 0), (3, 5), (2, 6)],
                version(2, 2, 3),
                Some((2, "version")),
            ),
            (&[(1, 0), (2, 0)], from(1, 0, 0), Some((1, "from"))),
            (&[(1, 0), (2, 7), (3, 6)], from(2, 6, 7), Some((2, "from"))),
        ] {
            let refused = schedule(entries).unwrap_err();
            assert_eq!((refused, refused.place()), (error, place));
        }
        let many: Vec<_> = (0..65).map(|number| (number + 1, number)).collect();
        assert_eq!(schedule(&many), Err(ScheduleError::TooMany(65)));
        assert!(schedule(&many[..64]).is_ok());
    }
}
