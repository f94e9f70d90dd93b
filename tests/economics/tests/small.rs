//! The small form of the simulation: a few runs of two years, long enough for every shock.

use allod_economics::{
    attack,
    model::{Run, Setting, Shock, YEAR, run},
    rules::Allod,
    statistics::both,
};

const SETTING: Setting = Setting {
    shock: Shock::None,
    elasticity: 0.8,
    copies: 32,
    days: 2 * YEAR,
    seed: 1,
    junk_share: 0.0,
};

#[test]
fn no_shock_moves_the_price_faster_than_its_step() {
    for shock in Shock::ALL {
        let (subspace, allod) = both(Setting { shock, ..SETTING }, 4);
        // Seven eras of at most 9/8, and the rounding of each.
        assert!(
            allod.worst_day < 1.125_f64.powi(7) * 1.000_1,
            "{shock:?}: {allod:?}"
        );
        assert!(
            allod.deviation < subspace.deviation,
            "{shock:?}: {allod:?}, {subspace:?}"
        );
    }
}

/// Nothing that is written goes away again. So where half of the space leaves, or everybody writes, the history takes
/// more than its share until space has come; but not much more.
#[test]
fn the_history_hardly_outgrows_its_space() {
    for shock in Shock::ALL {
        let (_, allod) = both(Setting { shock, ..SETTING }, 4);
        assert!(allod.most_used < 1.5, "{shock:?}: {allod:?}");
    }
}

#[test]
fn the_schedule_is_never_exceeded() {
    let Run {
        minted, authors, ..
    } = run(SETTING, Allod::new);
    let scheduled = 10.0 * 2_016.0 * f64::from(SETTING.days * 7);
    assert!(minted <= scheduled * 1.000_001, "{minted}");
    assert!(authors >= scheduled * 0.999_999, "{authors}");
}

#[test]
fn junk_costs_its_author_all_but_his_share() {
    for junk_share in [0.01, 0.1, 0.33, 0.5] {
        let setting = Setting {
            junk_share,
            ..SETTING
        };
        let (subspace, allod) = attack::costs(setting);
        assert!(
            allod.lost >= (1.0 - junk_share) * 0.999,
            "{junk_share}: {allod:?}"
        );
        assert!(allod.lost <= 1.001, "{junk_share}: {allod:?}");
        assert!(subspace.lost < allod.lost, "{junk_share}: {subspace:?}");
    }
}

#[test]
fn the_same_chances_give_the_same_run() {
    let prices = |seed| run(Setting { seed, ..SETTING }, Allod::new).prices;
    assert_eq!(prices(5), prices(5));
    assert_ne!(prices(5), prices(6));
}
