//! A farmer who fills the rest of every block that he makes with bytes of his own.

use crate::{
    model::{Run, Setting, run},
    rules::{Allod, Rule, Subspace},
};

/// What a year of it comes to.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Bytes of junk.
    pub bytes: f64,
    /// What he has less than a farmer with as much space who writes nothing, as a share of the fees for his junk.
    pub lost: f64,
    /// Most that was ever used of the space for one copy.
    pub most_used: f64,
}

fn cost(with: &Run, without: &Run, share: f64) -> Cost {
    // Subspace's rule mints less while blocks are full, which its author's junk makes them.
    let less_income = (without.authors - with.authors) * share;
    Cost {
        bytes: with.junk,
        lost: (with.junk_paid + less_income) / with.junk_fees,
        most_used: with.most_used,
    }
}

/// The same market twice: he writes junk, he writes none.
fn compared<R: Rule>(setting: Setting, make: fn(u32, f64, f64, f64) -> R) -> Cost {
    let quiet = Setting {
        junk_share: 0.0,
        ..setting
    };
    cost(&run(setting, make), &run(quiet, make), setting.junk_share)
}

/// Under Subspace's rule, and under the chain's own.
pub fn costs(setting: Setting) -> (Cost, Cost) {
    (
        compared(setting, Subspace::new),
        compared(setting, Allod::new),
    )
}
