//! The market around a rule, one era at a time.

use crate::rules::{ERA_BLOCKS, Paid, Rule};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// Eras that are counted as a day: 2,016 blocks of six seconds are 3.4 hours.
pub const DAY: u32 = 7;
/// Days of a year here.
pub const YEAR: u32 = 365;
/// Bytes of pieces that a byte of a block becomes: one part is the history, one its extension.
pub const PIECES_PER_BYTE: f64 = 2.0 * 131_168.0 / 126_976.0;

/// Space pledged at the start: a petabyte.
const SPACE: f64 = 1e15;
/// Part of the space for one copy that is written at the start.
const WRITTEN: f64 = 0.1;
/// ALD that are there at the start: those of a year of blocks.
const ISSUED: f64 = 52_560_000.0;
/// Part of the space for one copy that is asked for in a day, at the price of the start.
const DEMAND: f64 = 0.000_3;
/// Standard deviation of what a token is worth, from day to day.
const TOKEN_NOISE: f64 = 0.04;
/// Standard deviation of the space that a range tells, from era to era: 2,016 blocks are won by chance.
const ERA_NOISE: f64 = 0.022;
/// The fastest that space comes or goes in a day.
const FASTEST: f64 = 0.03;
/// What a block is to earn in the first four years.
const REWARD: f64 = 10.0;
/// Blocks between halvings.
const HALVING: u32 = 21_000_000;

/// What happens on the way, always in the second year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shock {
    /// Nothing.
    None,
    /// Twenty times as much is written, for 200 days.
    Demand,
    /// Half of the space leaves in a day.
    Exodus,
    /// Demand grows by 0.3 % a day, from the first day to the last.
    Growth,
}

impl Shock {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::None, Self::Demand, Self::Exodus, Self::Growth];

    /// As a table says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Demand => "demand × 20 for 200 days",
            Self::Exodus => "half of the space leaves in a day",
            Self::Growth => "demand + 0.3 % a day",
        }
    }

    fn demand(self, day: f64) -> f64 {
        let second_year = f64::from(YEAR);
        match self {
            Self::Demand if (second_year..second_year + 200.0).contains(&day) => 20.0,
            Self::Growth => 1.003_f64.powf(day),
            Self::None | Self::Demand | Self::Exodus => 1.0,
        }
    }
}

/// What one run is about.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// What happens.
    pub shock: Shock,
    /// By how many per cent demand falls when a byte gets one per cent dearer.
    pub elasticity: f64,
    /// Copies that the space is to hold.
    pub copies: u32,
    /// How long.
    pub days: u32,
    /// Which chances.
    pub seed: u64,
    /// Part of the space that belongs to a farmer who fills his own blocks with junk; 0 for none.
    pub junk_share: f64,
}

/// What a run was like.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Price of a byte after each day.
    pub prices: Vec<f64>,
    /// Most that was ever used of the space for one copy.
    pub most_used: f64,
    /// Minted all in all.
    pub minted: f64,
    /// Bytes of junk.
    pub junk: f64,
    /// What the junk cost at the list price.
    pub junk_fees: f64,
    /// What its farmer paid and did not get back at once.
    pub junk_paid: f64,
    /// What all authors got, without fees of their own blocks.
    pub authors: f64,
}

/// A market, between two eras.
struct Market {
    random: StdRng,
    setting: Setting,
    token: f64,
    space: f64,
    history: f64,
    issued: f64,
    /// What a byte cost at the start, in money.
    first_cost: f64,
    first_demand: f64,
    /// What space for one byte costs its farmer in an era, in money.
    upkeep: f64,
}

impl Market {
    /// A number from the standard normal distribution (Box and Muller).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.random.r#gen::<f64>()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.random.r#gen::<f64>()).cos()
    }

    fn capacity(&self) -> f64 {
        self.space / f64::from(self.setting.copies)
    }

    /// Bytes that people would write in the era at this price.
    fn demand(&self, price: f64, day: f64) -> f64 {
        let dearer = price * self.token / self.first_cost;
        self.first_demand * self.setting.shock.demand(day) * dearer.powf(-self.setting.elasticity)
    }

    fn move_token(&mut self) {
        let day = TOKEN_NOISE * self.normal() / f64::from(DAY).sqrt();
        self.token *= (day - TOKEN_NOISE * TOKEN_NOISE / 2.0 / f64::from(DAY)).exp();
    }

    fn move_space(&mut self, era: u32, paid: Paid) {
        let income = (paid.authors + paid.at_once) * self.token / self.space;
        let wanted = FASTEST * (income / self.upkeep - 1.0);
        self.space *= 1.0 + wanted.clamp(-FASTEST, FASTEST) / f64::from(DAY);
        if self.setting.shock == Shock::Exodus && era == YEAR * DAY {
            self.space /= 2.0;
        }
    }
}

/// What a block is to earn.
fn scheduled(era: u32) -> f64 {
    let halvings = u64::from(era) * u64::from(ERA_BLOCKS) / u64::from(HALVING);
    REWARD / 2_f64.powi(halvings as i32)
}

/// Runs a market with the rule that `make` makes of copies, space, history and issuance.
pub fn run<R: Rule>(setting: Setting, make: impl FnOnce(u32, f64, f64, f64) -> R) -> Run {
    let capacity = SPACE / f64::from(setting.copies);
    let history = capacity * WRITTEN;
    let mut rule = make(setting.copies, SPACE, history, ISSUED);
    let mut market = Market {
        random: StdRng::seed_from_u64(setting.seed),
        setting,
        token: 1.0,
        space: SPACE,
        history,
        issued: ISSUED,
        first_cost: rule.price(),
        first_demand: capacity * DEMAND / f64::from(DAY) / PIECES_PER_BYTE,
        upkeep: REWARD * f64::from(ERA_BLOCKS) / SPACE,
    };
    let mut run = Run::default();
    for era in 0..setting.days * DAY {
        one_era(era, &mut market, &mut rule, &mut run);
        if (era + 1) % DAY == 0 {
            run.prices.push(rule.price());
        }
    }
    run
}

fn one_era(era: u32, market: &mut Market, rule: &mut impl Rule, run: &mut Run) {
    market.move_token();
    let room = rule.block_bytes() * f64::from(ERA_BLOCKS);
    let day = f64::from(era) / f64::from(DAY);
    let written = market.demand(rule.price(), day).min(room);
    // Junk fills what is left of the blocks that its farmer makes.
    let share = market.setting.junk_share;
    let junk = (room - written) * share;
    let fee = rule.price() * PIECES_PER_BYTE;
    let fees = (written + junk) * fee;
    let paid = rule.pay(fees, (written + junk) / room, scheduled(era));
    run.junk += junk;
    run.junk_fees += junk * fee;
    // Where fees go to the author at once, those for his own junk never leave him.
    let back = if paid.at_once > 0.0 { junk * fee } else { 0.0 };
    run.junk_paid += junk * fee - back;
    run.authors += paid.authors;

    market.history += (written + junk) * PIECES_PER_BYTE;
    market.issued += paid.minted;
    run.minted += paid.minted;
    let fees_of_others = Paid {
        at_once: written * fee * f64::from(u8::from(paid.at_once > 0.0)),
        ..paid
    };
    market.move_space(era, fees_of_others);
    run.most_used = run.most_used.max(market.history / market.capacity());
    let noisy = market.space * (ERA_NOISE * market.normal()).exp();
    rule.end_era(noisy, market.history, market.issued);
}
