//! What a node tells Prometheus of itself, beside what the SDK tells: every metric of this chain, and nothing that
//! measures. Their names begin with `allod_`; `monitoring/` draws them and watches over them.
//!
//! | metric | kind | tells |
//! |---|---|---|
//! | `allod_reorganisation_depth_blocks` | histogram | blocks that left the best chain, for each reorganisation |
//! | `allod_import_seconds` | histogram by `stage` | time of a block's import: `check`, `execute`, `store`, `finalize` |
//! | `allod_blocks_refused` | counter by `rule` | blocks that were not imported, by the rule that they break or the fault |
//! | `allod_time_lead_slots` | gauge | slots by which the node's own time is ahead of the best block |
//! | `allod_time_lag_slots` | gauge | slot durations since the newest slot: time stands still, or runs slow |
//! | `allod_archiver_lag_blocks` | gauge | final blocks that are not archived yet |
//! | `allod_history_segments` | gauge | segments of the history on the disk |
//! | `allod_disk_free_bytes` | gauge | room on the disk of the database |
//! | `allod_rules_left_blocks` | gauge | blocks until this release's rules of blocks end; 2^64 - 1 where no end is known |
//! | `allod_sectors` | gauge by `state` | sectors of the farmer: `pledged`, `plotted` |
//! | `allod_sectors_lost` | counter by `cause` | sectors that have to be plotted again: `expired`, `damaged` |
//! | `allod_plotting_failures` | counter | sectors that could not be made |
//! | `allod_audits` | counter | slots that were audited |
//! | `allod_audits_missed` | counter | slots that went by unaudited |
//! | `allod_solutions` | counter by `outcome` | solutions that the farmer found: `found`, `refused` |
//! | `allod_wins` | counter | blocks that the farmer sealed |
//! | `allod_slots_unfarmed` | counter by `cause` | slots that farmers were not told of, and solutions that became no block, by why: `syncing`, `state_unreadable`, `too_busy`, `from_the_future`, `too_many_solutions`, `taken`, `other_time`, `out_of_reach`, `not_sealed`, `not_imported`, `refused` |
//!
//! A node that serves no metrics keeps them all the same: there is one way to count.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};
use substrate_prometheus_endpoint::{
    Counter, CounterVec, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, Opts,
    PrometheusError, Registry, U64, exponential_buckets, register,
};

/// Shortest import stage that has a bucket of its own, in seconds.
const SHORTEST_STAGE: f64 = 0.000_25;
/// How many buckets follow it, each for twice the time: up to four seconds.
const STAGE_BUCKETS: usize = 15;
/// Buckets of reorganisations: 1, 2, 4, … 512 blocks.
const DEPTH_BUCKETS: usize = 10;

/// The values of a label: an enum, the word for each, and the list of all of them.
macro_rules! label_values {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident {
            $( $(#[$documentation:meta])* $variant:ident => $word:literal, )+
        }
    )+) => {$(
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $visibility enum $name {
            $( $(#[$documentation])* $variant, )+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its word.
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    )+};
}

label_values! {
    /// Parts of a block's import.
    pub enum ImportStage {
        /// Every rule that is checked before the block is executed.
        Check => "check",
        /// Execution.
        Execute => "execute",
        /// The commit to the database.
        Store => "store",
        /// Finality of the block at confirmation depth.
        Finalize => "finalize",
    }

    /// Why a sector has to be plotted again.
    pub enum SectorLoss {
        /// Its time is over.
        Expired => "expired",
        /// It is not what was written.
        Damaged => "damaged",
    }

    /// Why a slot is not farmed.
    pub enum Unfarmed {
        /// The node is syncing.
        Syncing => "syncing",
        /// The best block's state cannot be read.
        StateUnreadable => "state_unreadable",
        /// The node did not come to it in time.
        TooBusy => "too_busy",
        /// A solution for a slot whose output is not known here.
        FromTheFuture => "from_the_future",
        /// As many solutions wait as the slot may have.
        TooManySolutions => "too_many_solutions",
        /// Another block of this or a later slot came first.
        Taken => "taken",
        /// The node's own time does not follow from the best block.
        OtherTime => "other_time",
        /// The best block is longer ago than a block can prove.
        OutOfReach => "out_of_reach",
        /// The farmer did not answer in time.
        NotSealed => "not_sealed",
        /// The import did not take the sealed block.
        NotImported => "not_imported",
        /// The solution breaks a rule, or this node cannot go on.
        Refused => "refused",
    }

    /// Which sectors are counted.
    enum Sectors {
        /// Those that there are to be.
        Pledged => "pledged",
        /// Those that are farmed.
        Plotted => "plotted",
    }

    /// What became of a solution.
    enum Outcome {
        /// The farmer has it.
        Found => "found",
        /// The node did not take it.
        Refused => "refused",
    }
}

/// Every metric; cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    reorganisation_depth: Histogram,
    import_seconds: HistogramVec,
    blocks_refused: CounterVec<U64>,
    time_lead: Gauge<U64>,
    time_lag: Gauge<U64>,
    archiver_lag: Gauge<U64>,
    history_segments: Gauge<U64>,
    disk_free: Gauge<U64>,
    rules_left: Gauge<U64>,
    sectors: GaugeVec<U64>,
    sectors_lost: CounterVec<U64>,
    plotting_failures: Counter<U64>,
    audits: Counter<U64>,
    audits_missed: Counter<U64>,
    solutions: CounterVec<U64>,
    wins: Counter<U64>,
    slots_unfarmed: CounterVec<U64>,
}

/// What is looked at every few seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sample {
    /// Slots by which the node's own time is ahead of the best block.
    pub time_lead: u64,
    /// Slot durations since its newest slot.
    pub time_lag: u64,
    /// Final blocks that are not archived yet.
    pub archiver_lag: u64,
    /// Segments of the history on the disk.
    pub history_segments: u64,
    /// Bytes of room on the disk of the database, where the system says so.
    pub disk_free: Option<u64>,
    /// Blocks until the rules of blocks end that this release knows, where an end is known.
    pub rules_left: Option<u64>,
}

impl Metrics {
    /// Registers them, where there is a registry.
    ///
    /// # Errors
    /// If one of them is registered already.
    pub fn new(registry: Option<&Registry>) -> Result<Self, PrometheusError> {
        let unserved = Registry::new();
        let registry = registry.unwrap_or(&unserved);
        let counter = |name: &str, help: &str| register(Counter::new(name, help)?, registry);
        let counters = |name: &str, help: &str, label: &str| {
            register(CounterVec::new(Opts::new(name, help), &[label])?, registry)
        };
        let gauge = |name: &str, help: &str| register(Gauge::new(name, help)?, registry);
        let depth = HistogramOpts::new(
            "allod_reorganisation_depth_blocks",
            "Blocks that left the best chain, for each reorganisation",
        );
        let depth = depth.buckets(exponential_buckets(1.0, 2.0, DEPTH_BUCKETS)?);
        let stage = HistogramOpts::new("allod_import_seconds", "Time of a block's import by stage");
        let stage = stage.buckets(exponential_buckets(SHORTEST_STAGE, 2.0, STAGE_BUCKETS)?);
        let sectors = Opts::new("allod_sectors", "Sectors of the farmer");
        let metrics = Self {
            reorganisation_depth: register(Histogram::with_opts(depth)?, registry)?,
            import_seconds: register(HistogramVec::new(stage, &["stage"])?, registry)?,
            blocks_refused: counters(
                "allod_blocks_refused",
                "Blocks that were not imported",
                "rule",
            )?,
            time_lead: gauge(
                "allod_time_lead_slots",
                "Slots by which the node's own time is ahead of the best block",
            )?,
            time_lag: gauge(
                "allod_time_lag_slots",
                "Slot durations since the newest slot of the node's own time",
            )?,
            archiver_lag: gauge(
                "allod_archiver_lag_blocks",
                "Final blocks that are not archived yet",
            )?,
            history_segments: gauge(
                "allod_history_segments",
                "Segments of the history on the disk",
            )?,
            disk_free: gauge("allod_disk_free_bytes", "Room on the disk of the database")?,
            rules_left: gauge(
                "allod_rules_left_blocks",
                "Blocks until the rules of blocks end that this release knows",
            )?,
            sectors: register(GaugeVec::new(sectors, &["state"])?, registry)?,
            sectors_lost: counters(
                "allod_sectors_lost",
                "Sectors that have to be plotted again",
                "cause",
            )?,
            plotting_failures: counter(
                "allod_plotting_failures",
                "Sectors that could not be made",
            )?,
            audits: counter("allod_audits", "Slots that were audited")?,
            audits_missed: counter("allod_audits_missed", "Slots that went by unaudited")?,
            solutions: counters(
                "allod_solutions",
                "Solutions that the farmer found",
                "outcome",
            )?,
            wins: counter("allod_wins", "Blocks that the farmer sealed")?,
            slots_unfarmed: counters(
                "allod_slots_unfarmed",
                "Slots that farmers were not told of, and solutions that became no block",
                "cause",
            )?,
        };
        metrics.begin_at_zero();
        Ok(metrics)
    }

    /// A series that does not exist yet has no rate, and no alert sees its first step: so those whose labels are
    /// known begin at zero.
    fn begin_at_zero(&self) {
        for stage in ImportStage::ALL {
            self.import_seconds.with_label_values(&[stage.label()]);
        }
        for state in Sectors::ALL {
            self.sectors.with_label_values(&[state.label()]);
        }
        for cause in SectorLoss::ALL {
            self.sectors_lost.with_label_values(&[cause.label()]);
        }
        for cause in Unfarmed::ALL {
            self.slots_unfarmed.with_label_values(&[cause.label()]);
        }
        for outcome in Outcome::ALL {
            self.solutions.with_label_values(&[outcome.label()]);
        }
    }

    /// Begins at zero, for each of these rules, the count of blocks that are refused by it.
    pub fn refuse_by(&self, rules: impl IntoIterator<Item = &'static str>) {
        for rule in rules {
            self.blocks_refused.with_label_values(&[rule]);
        }
    }

    /// This many blocks left the best chain for others.
    pub fn reorganised(&self, depth: usize) {
        // A chain has fewer blocks than a float counts exactly.
        self.reorganisation_depth.observe(depth as f64);
    }

    /// A stage of an import is over that began then.
    pub fn imported(&self, stage: ImportStage, begun: Instant) {
        self.import_took(stage, begun.elapsed());
    }

    fn import_took(&self, stage: ImportStage, took: Duration) {
        let stage = self.import_seconds.with_label_values(&[stage.label()]);
        stage.observe(took.as_secs_f64());
    }

    /// A block was not imported, by a rule whose name is that of an error's variant.
    pub fn refused(&self, rule: &'static str) {
        self.blocks_refused.with_label_values(&[rule]).inc();
    }

    /// Sets what is looked at every few seconds.
    pub fn set(&self, sample: Sample) {
        let Sample {
            time_lead,
            time_lag,
            archiver_lag,
            history_segments,
            disk_free,
            rules_left,
        } = sample;
        self.time_lead.set(time_lead);
        self.time_lag.set(time_lag);
        self.archiver_lag.set(archiver_lag);
        self.history_segments.set(history_segments);
        if let Some(free) = disk_free {
            self.disk_free.set(free);
        }
        self.rules_left.set(rules_left.unwrap_or(u64::MAX));
    }

    /// The farmer begins with so many sectors of so many.
    pub fn farming(&self, plotted: u32, pledged: u32) {
        self.sectors(Sectors::Plotted).set(plotted.into());
        self.sectors(Sectors::Pledged).set(pledged.into());
    }

    fn sectors(&self, state: Sectors) -> Gauge<U64> {
        self.sectors.with_label_values(&[state.label()])
    }

    fn solutions(&self, outcome: Outcome) -> Counter<U64> {
        self.solutions.with_label_values(&[outcome.label()])
    }

    /// A sector is farmed from now on that was not.
    pub fn sector_plotted(&self) {
        self.sectors(Sectors::Plotted).inc();
    }

    /// A sector has to be plotted again; one that is damaged is not farmed any more.
    pub fn sector_lost(&self, cause: SectorLoss) {
        self.sectors_lost.with_label_values(&[cause.label()]).inc();
        if cause == SectorLoss::Damaged {
            self.sectors(Sectors::Plotted).dec();
        }
    }

    /// A sector could not be made.
    pub fn plotting_failed(&self) {
        self.plotting_failures.inc();
    }

    /// A slot was audited.
    pub fn audited(&self) {
        self.audits.inc();
    }

    /// Slots went by unaudited.
    pub fn audits_missed(&self, count: u64) {
        self.audits_missed.inc_by(count);
    }

    /// The farmer found a solution.
    pub fn solution_found(&self) {
        self.solutions(Outcome::Found).inc();
    }

    /// The node did not take a solution.
    pub fn solution_refused(&self) {
        self.solutions(Outcome::Refused).inc();
    }

    /// The farmer sealed a block.
    pub fn won(&self) {
        self.wins.inc();
    }

    /// So many slots or solutions are lost to farmers.
    pub fn unfarmed(&self, cause: Unfarmed, count: u64) {
        let of_cause = self.slots_unfarmed.with_label_values(&[cause.label()]);
        of_cause.inc_by(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The names of this module's table.
    fn documented() -> Vec<&'static str> {
        let rows = include_str!("lib.rs").lines();
        let rows = rows.filter_map(|line| line.strip_prefix("//! | `"));
        rows.filter_map(|row| row.split('`').next()).collect()
    }

    #[test]
    fn what_is_served_is_what_the_table_says() {
        let registry = Registry::new();
        let metrics = Metrics::new(Some(&registry)).unwrap();
        metrics.reorganised(3);
        metrics.refuse_by(["BelowFinal"]);
        metrics.import_took(ImportStage::Check, Duration::from_millis(2));
        let families = registry.gather();
        let mut served: Vec<&str> = families.iter().map(|family| family.get_name()).collect();
        let mut documented = documented();
        served.sort_unstable();
        documented.sort_unstable();
        assert_eq!(served, documented);
        // Twice in one registry is an error, and no panic.
        assert!(Metrics::new(Some(&registry)).is_err());
        assert!(Metrics::new(None).is_ok());
    }

    #[test]
    fn sectors_are_counted_as_they_come_and_go() {
        let metrics = Metrics::new(None).unwrap();
        metrics.farming(2, 4);
        metrics.sector_plotted();
        metrics.sector_lost(SectorLoss::Damaged);
        metrics.sector_lost(SectorLoss::Expired);
        let sectors = |state| metrics.sectors(state).get();
        assert_eq!(
            (sectors(Sectors::Plotted), sectors(Sectors::Pledged)),
            (2, 4)
        );
        let lost = |cause| metrics.sectors_lost.with_label_values(&[cause]).get();
        assert_eq!((lost("damaged"), lost("expired")), (1, 1));
    }
    /// The table names the label of each metric that has one, and lists its values, where this crate knows them; and all
    /// of these are there from the start.
    #[test]
    fn the_table_tells_every_label_with_its_values() {
        let registry = Registry::new();
        let metrics = Metrics::new(Some(&registry)).unwrap();
        metrics.refuse_by(["BelowFinal"]);
        for family in registry.gather() {
            let start = format!("//! | `{}` | ", family.get_name());
            let row = include_str!("lib.rs")
                .lines()
                .find_map(|row| row.strip_prefix(&start));
            let (kind, told) = row.expect("a row").split_once(" | ").unwrap();
            let label = kind
                .split_once(" by ")
                .map(|(_, label)| label.trim_matches('`'));
            let listed = told.split_once(": ").map(|(_, list)| list);
            let listed = listed
                .into_iter()
                .flat_map(|list| list.split('`').skip(1).step_by(2));
            let listed: BTreeSet<_> = listed.collect();
            let mut served = BTreeSet::new();
            for pair in family.get_metric().iter().flat_map(|one| one.get_label()) {
                assert_eq!(Some(pair.get_name()), label, "{}", family.get_name());
                served.insert(pair.get_value());
            }
            assert_eq!(label.is_some(), !served.is_empty(), "{}", family.get_name());
            // Which rules there are, import says.
            if label != Some("rule") {
                assert_eq!(listed, served, "{}", family.get_name());
            }
        }
    }
}
