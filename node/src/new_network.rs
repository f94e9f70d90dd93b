//! `allod spec new`: a network of one's own, from a file or from answers on the terminal.
//!
//! What is asked is what most networks differ in; everything else is in a file. Questions go to stderr, so that stdout
//! is the specification and nothing else.

use crate::{chain_spec, commands::Error};
use allod_chain_spec::network::{
    MAX_NETWORK_BYTES, Network, NetworkError, NetworkFile, NetworkKind, StewardsFile, check_id,
    check_name,
};
use std::{
    fs::File,
    io::{self, BufRead, IsTerminal, Read, Write},
    path::Path,
};

/// Blocks that stewards wait for if nothing else is answered: a day, at a block in six seconds.
const DAY_IN_BLOCKS: u32 = 14_400;
/// Longest answer that is read, in bytes: sixteen addresses and more.
const MAX_ANSWER_BYTES: u64 = 4_096;

/// The network of this file, or of answers on the terminal.
pub fn network(file: Option<&Path>) -> Result<Network, Error> {
    let testnet = chain_spec::TESTNET.genesis();
    let Some(path) = file else {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return Err(
                "there is no terminal to ask: describe the network in a file, --from FILE".into(),
            );
        }
        let described = ask(&mut stdin.lock(), &mut io::stderr())?;
        return Ok(described.check(&testnet)?);
    };
    let shown = path.display();
    let file = File::open(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let mut bytes = Vec::new();
    file.take(MAX_NETWORK_BYTES.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot read {shown}: {error}"))?;
    let network = NetworkFile::read(&bytes).and_then(|file| file.check(&testnet));
    Ok(network.map_err(|error| format!("{shown}: {}", in_one_line(&error)))?)
}

/// TOML's errors show the place in lines below one another.
fn in_one_line(error: &NetworkError) -> String {
    let text = error.to_string();
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join(" | ")
}

/// Asks for one network. A wrong answer is asked for again.
fn ask(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<NetworkFile> {
    let mut terminal = Terminal { input, output };
    let name = terminal.ask("Name of the network", None, |answer| {
        check_name(answer)
            .map(|()| answer.to_owned())
            .map_err(|error| error.to_string())
    })?;
    let proposed = proposed_id(&name);
    let id = terminal.ask(
        "Its id, which folders are called by",
        Some(&proposed),
        |answer| {
            check_id(answer)
                .map(|()| answer.to_owned())
                .map_err(|error| error.to_string())
        },
    )?;
    let sectors = terminal.ask(
        "Sectors that farm from the start, about 125 MiB each",
        Some(&allod_runtime::TESTNET_SECTORS.to_string()),
        |answer| match answer.parse() {
            Ok(sectors) if sectors > 0 => Ok(sectors),
            Ok(_) | Err(_) => Err("must be a whole number above 0".into()),
        },
    )?;
    let stewards = terminal.stewards()?;
    Ok(NetworkFile {
        name,
        id,
        sectors,
        kind: NetworkKind::Live,
        boot_nodes: Vec::new(),
        entropy: None,
        fixed_price: None,
        stewards,
        endowed: Vec::new(),
        parameters: serde_json::Map::new(),
    })
}

/// An id that a name suggests.
fn proposed_id(name: &str) -> String {
    let id: String = name
        .to_lowercase()
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    id.trim_matches('-').to_owned()
}

struct Terminal<'a, Input, Output> {
    input: &'a mut Input,
    output: &'a mut Output,
}

impl<Input: BufRead, Output: Write> Terminal<'_, Input, Output> {
    fn stewards(&mut self) -> io::Result<Option<StewardsFile>> {
        let question = "Addresses of the stewards, who upgrade the network together, with spaces between them; none for no root";
        let members = self.ask(question, Some("none"), |answer| {
            let members: Vec<String> = answer.split_whitespace().map(str::to_owned).collect();
            if answer == "none" {
                return Ok(Vec::new());
            }
            match (StewardsFile {
                members,
                threshold: 2,
                delay: 1,
            })
            .checked()
            {
                Ok(stewards) => Ok(stewards.members),
                Err(error) => Err(error.to_string()),
            }
        })?;
        if members.is_empty() {
            return Ok(None);
        }
        let count = u16::try_from(members.len()).unwrap_or(u16::MAX);
        let threshold = self.ask(
            "How many of them it takes",
            Some("2"),
            |answer| match answer.parse() {
                Ok(threshold) if (2..=count).contains(&threshold) => Ok(threshold),
                Ok(_) | Err(_) => Err(format!("must be from 2 to {count}")),
            },
        )?;
        let delay = self.ask(
            "Blocks that pass before what they scheduled is done, 14,400 a day",
            Some(&DAY_IN_BLOCKS.to_string()),
            |answer| match answer.parse() {
                Ok(delay) if delay > 0 => Ok(delay),
                Ok(_) | Err(_) => Err("must be a whole number above 0".into()),
            },
        )?;
        Ok(Some(StewardsFile {
            members,
            threshold,
            delay,
        }))
    }

    /// Asks until the answer is right. An empty one is the default, where there is one.
    fn ask<Answer>(
        &mut self,
        question: &str,
        default: Option<&str>,
        read: impl Fn(&str) -> Result<Answer, String>,
    ) -> io::Result<Answer> {
        loop {
            match default {
                Some(default) => write!(self.output, "{question} [{default}]: ")?,
                None => write!(self.output, "{question}: ")?,
            }
            self.output.flush()?;
            let mut line = String::new();
            let read_bytes = self
                .input
                .by_ref()
                .take(MAX_ANSWER_BYTES)
                .read_line(&mut line)?;
            if read_bytes == 0 {
                let error = format!("the answer to \"{question}\" is missing");
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, error));
            }
            let answer = match (line.trim(), default) {
                ("", Some(default)) => default,
                (answer, Some(_) | None) => answer,
            };
            match read(answer) {
                Ok(answer) => return Ok(answer),
                Err(expected) => writeln!(self.output, "  {expected}")?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    const BOB: &str = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

    fn answered(answers: &str) -> (io::Result<NetworkFile>, String) {
        let mut output = Vec::new();
        let network = ask(&mut answers.as_bytes(), &mut output);
        (network, String::from_utf8(output).unwrap())
    }

    #[test]
    fn empty_answers_are_the_defaults() {
        let (network, _) = answered("My Network\n\n\n\n");
        let network = network.unwrap();
        assert_eq!(
            (network.name.as_str(), network.id.as_str()),
            ("My Network", "my-network")
        );
        assert_eq!(network.sectors, u64::from(allod_runtime::TESTNET_SECTORS));
        assert_eq!(network.stewards, None);
        let genesis = network
            .check(&chain_spec::TESTNET.genesis())
            .unwrap()
            .genesis;
        let built_in = chain_spec::TESTNET.genesis();
        assert_eq!(
            genesis["farming"]["parameters"]["initialSolutionRange"],
            built_in["farming"]["parameters"]["initialSolutionRange"]
        );
    }

    #[test]
    fn a_wrong_answer_is_asked_for_again() {
        let answers =
            format!("\nN\nMy Net/1\nn\nmany\n0\n7\n{ALICE}\n{ALICE} {BOB}\n3\n2\n0\n99\n");
        let (network, output) = answered(&answers);
        let network = network.unwrap();
        assert_eq!((network.id.as_str(), network.sectors), ("n", 7));
        let stewards = network.stewards.unwrap();
        assert_eq!(stewards.members.len(), 2);
        assert_eq!((stewards.threshold, stewards.delay), (2, 99));
        for expected in [
            "field `name`: must be a line",
            "field `id`: must be 1 to 64",
            "must be a whole number above 0",
            "field `stewards.members`: must be from 2 to 16 accounts",
            "must be from 2 to 2",
        ] {
            assert!(output.contains(expected), "{expected}: {output}");
        }
    }

    #[test]
    fn answers_that_end_are_told() {
        let (network, _) = answered("My Network\n");
        let error = network.unwrap_err().to_string();
        assert_eq!(
            error,
            "the answer to \"Its id, which folders are called by\" is missing"
        );
    }
}
