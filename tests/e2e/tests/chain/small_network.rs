//! A network of one's own, as small as a development chain, so that it plots and farms at once; upgraded as a network on
//! the internet is, by Alice and Bob.

use allod_e2e::{binary, run};
use serde_json::Value;
use std::{fs, path::Path};

/// Addresses of those who are stewards.
const STEWARDS: [&str; 2] = [
    "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
    "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
];

/// What tests have otherwise.
pub struct SmallNetwork {
    pub name: &'static str,
    pub id: &'static str,
    /// Blocks between the stewards' decision and its effect.
    pub delay: u64,
    /// How many of the stewards have something at the start, and how many ALD each.
    pub endowed: (usize, u64),
}

impl SmallNetwork {
    /// What `allod spec new` reads.
    pub fn description(&self) -> String {
        let Self {
            name,
            id,
            delay,
            endowed: (count, ald),
        } = self;
        let [alice, bob] = STEWARDS;
        let endowed: String = STEWARDS
            .iter()
            .take(*count)
            .map(|account| format!("[[endowed]]\naccount = \"{account}\"\nald = {ald}\n\n"))
            .collect();
        format!(
            r#"
name = "{name}"
id = "{id}"
sectors = 2
kind = "local"

[stewards]
members = ["{alice}", "{bob}"]
threshold = 2
delay = {delay}

{endowed}[parameters]
slotProbability = [1, 2]
rawRecordsPerSegment = 8
piecesPerSector = 64
confirmationDepth = 6
eraLength = 64
blockAuthoringDelay = 1
entropyInterval = 10
entropyLookback = 1
entropyDelay = 5
initialIterations = 65536
"#
        )
    }

    /// Its specification, made in a folder.
    pub async fn specification(&self, folder: &Path) -> Value {
        fs::write(folder.join("network.toml"), self.description()).unwrap();
        let arguments = ["spec", "new", "--from", "network.toml"];
        let made = run(binary(), &arguments, folder).await;
        assert_eq!(made.code, 0, "{}", made.err);
        serde_json::from_str(&made.out).unwrap()
    }
}
