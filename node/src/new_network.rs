//! `allod spec new`: a network of one's own, from a file or from answers on the terminal.
//!
//! What is asked is what most networks differ in; everything else is in a file. Questions go to stderr, so that stdout
//! is the specification and nothing else.

use crate::{chain_spec, commands::Error};
use allod_chain_spec::network::{
    MAX_LAUNCH_SECTORS, MAX_NETWORK_BYTES, Network, NetworkFile, NetworkKind, StewardsFile,
    check_id, check_name, check_sectors,
};
use allod_output::one_line;
use allod_runtime::genesis_presets::DAY_IN_BLOCKS;
use serde_json::{Map, Value, json};
use std::{
    fs::File,
    io::{self, BufRead, IsTerminal, Read, Write},
    path::Path,
};

/// Longest answer that is read, in bytes: sixteen addresses and more.
const MAX_ANSWER_BYTES: u64 = 4_096;

/// Hands the network of this file, or of answers on the terminal, to `then`. Where that ends in an error, the answers
/// so far are said as a file, so that none was typed in vain.
pub fn with(
    file: Option<&Path>,
    then: impl FnOnce(Network) -> Result<(), Error>,
) -> Result<(), Error> {
    let testnet = chain_spec::TESTNET.genesis();
    if let Some(path) = file {
        return then(from_file(path, &testnet)?);
    }
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(
            "there is no terminal to ask: describe the network in a file, --from FILE".into(),
        );
    }
    let mut answers = Vec::new();
    let described = ask(&mut stdin.lock(), &mut io::stderr(), &mut answers);
    let ended = described
        .map_err(Error::from)
        .and_then(|described| then(described.check(&testnet)?));
    if ended.is_err() && !answers.is_empty() {
        allod_output::note(kept(&answers));
    }
    ended
}

/// Answers as a file that goes on from them.
fn kept(answers: &[String]) -> String {
    format!(
        "\nWhat was answered, for a file that `allod spec new --from FILE` takes:\n\n{}\n\n",
        answers.join("\n")
    )
}

fn from_file(path: &Path, testnet: &Value) -> Result<Network, Error> {
    let shown = path.display();
    let file = File::open(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let mut bytes = Vec::new();
    file.take(MAX_NETWORK_BYTES.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot read {shown}: {error}"))?;
    let network = NetworkFile::read(&bytes).and_then(|file| file.check(testnet));
    Ok(network.map_err(|error| format!("{shown}: {error}"))?)
}

/// Asks for one network; each right answer becomes lines of its file. A wrong one is asked for again.
fn ask(
    input: &mut impl BufRead,
    output: &mut impl Write,
    answers: &mut Vec<String>,
) -> io::Result<NetworkFile> {
    let mut terminal = Terminal { input, output };
    let name = terminal.ask("Name of the network", None, |answer| {
        check_name(answer)?;
        Ok(answer.to_owned())
    })?;
    answers.push(format!("name = {}", json!(name)));
    let proposed = proposed_id(&name);
    let id = terminal.ask(
        "Its id, which folders are called by",
        proposed.as_deref(),
        |answer| {
            check_own_id(answer)?;
            Ok(answer.to_owned())
        },
    )?;
    answers.push(format!("id = {}", json!(id)));
    let sectors = terminal.ask(
        "Sectors that farm from the start, about 125 MiB each",
        Some(&allod_runtime::TESTNET_SECTORS.to_string()),
        |answer| {
            let range = format!("must be a whole number from 1 to {MAX_LAUNCH_SECTORS}");
            let sectors = answer.parse::<u64>().map_err(|_| range)?;
            check_sectors(sectors)?;
            Ok(sectors)
        },
    )?;
    answers.push(format!("sectors = {sectors}"));
    let stewards = terminal.stewards(answers)?;
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
        parameters: Map::new(),
    })
}

fn check_own_id(id: &str) -> Result<(), Error> {
    check_id(id)?;
    Ok(chain_spec::check_is_no_built_in(id)?)
}

/// An id that a name suggests, if it suggests one.
fn proposed_id(name: &str) -> Option<String> {
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
    let id = id.trim_matches('-').to_owned();
    check_own_id(&id).ok().map(|()| id)
}

struct Terminal<'a, Input, Output> {
    input: &'a mut Input,
    output: &'a mut Output,
}

impl<Input: BufRead, Output: Write> Terminal<'_, Input, Output> {
    fn stewards(&mut self, answers: &mut Vec<String>) -> io::Result<Option<StewardsFile>> {
        let question = "Addresses of the stewards, who upgrade the network together, with spaces between them; none for no root";
        let members = self.ask(question, Some("none"), |answer| {
            let members: Vec<String> = answer.split_whitespace().map(str::to_owned).collect();
            if answer == "none" {
                return Ok(Vec::new());
            }
            let stewards = StewardsFile {
                members,
                threshold: 2,
                delay: 1,
            };
            Ok(stewards.checked()?.members)
        })?;
        if members.is_empty() {
            return Ok(None);
        }
        answers.push(format!("[stewards]\nmembers = {}", json!(members)));
        let threshold = self.ask("How many of them it takes", Some("2"), |answer| {
            let range = format!("must be a whole number from 2 to {}", members.len());
            let stewards = StewardsFile {
                members: members.clone(),
                threshold: answer.parse().map_err(|_| range)?,
                delay: 1,
            };
            Ok(stewards.checked()?.threshold)
        })?;
        answers.push(format!("threshold = {threshold}"));
        let stewards = self.ask(
            "Blocks that pass before what they scheduled is done, 14,400 a day",
            Some(&DAY_IN_BLOCKS.to_string()),
            |answer| {
                let stewards = StewardsFile {
                    members: members.clone(),
                    threshold,
                    delay: answer
                        .parse()
                        .map_err(|_| "must be a whole number above 0")?,
                };
                Ok(stewards.checked()?)
            },
        )?;
        answers.push(format!("delay = {}", stewards.delay));
        Ok(Some(stewards))
    }

    /// Asks until the answer is right. An empty one is the default, where there is one.
    fn ask<Answer>(
        &mut self,
        question: &str,
        default: Option<&str>,
        read: impl Fn(&str) -> Result<Answer, Error>,
    ) -> io::Result<Answer> {
        loop {
            match default {
                Some(default) => write!(self.output, "{question} [{default}]: ")?,
                None => write!(self.output, "{question}: ")?,
            }
            self.output.flush()?;
            let Some(line) = self.line()? else {
                let error = format!("the answer to \"{question}\" is missing");
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, error));
            };
            let answer = line.and_then(|line| match (line.trim(), default) {
                ("", Some(default)) => read(default),
                (answer, Some(_) | None) => read(answer),
            });
            match answer {
                Ok(answer) => return Ok(answer),
                Err(expected) => writeln!(self.output, "  {}", one_line(&expected.to_string()))?,
            }
        }
    }

    /// The next line, or what is wrong with it; none at the end.
    fn line(&mut self) -> io::Result<Option<Result<String, Error>>> {
        let mut line = Vec::new();
        let mut input = self.input.by_ref().take(MAX_ANSWER_BYTES);
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if input.limit() == 0 && line.last() != Some(&b'\n') {
            // The rest is no answer to the next question.
            self.input.skip_until(b'\n')?;
            let expected = format!("must have at most {MAX_ANSWER_BYTES} bytes");
            return Ok(Some(Err(expected.into())));
        }
        let line = String::from_utf8(line).map_err(|_| "must be text in UTF-8".into());
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    const BOB: &str = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

    fn answered(answers: &str) -> (io::Result<NetworkFile>, String) {
        let (mut output, mut kept) = (Vec::new(), Vec::new());
        let network = ask(&mut answers.as_bytes(), &mut output, &mut kept);
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
        let long = "1".repeat(5_000);
        let answers = format!(
            "\nN\nMy Net/1\nallod-local\nn\nmany\n0\n16777217\n{long}\n7\n{ALICE}\n{ALICE} {BOB}\n3\n2\n0\n5256001\n99\n"
        );
        let (network, output) = answered(&answers);
        let network = network.unwrap();
        assert_eq!((network.id.as_str(), network.sectors), ("n", 7));
        let stewards = network.stewards.unwrap();
        assert_eq!(stewards.members.len(), 2);
        assert_eq!((stewards.threshold, stewards.delay), (2, 99));
        for expected in [
            "field `name`: must be a line",
            "field `id`: must be 1 to 64",
            "field `id`: `allod-local` is the chain `local` that is built in",
            "must be a whole number from 1 to 16777216",
            "field `sectors`: must be from 1 to 16777216, not 16777217",
            "must have at most 4096 bytes",
            "field `stewards.members`: must be from 2 to 16 accounts",
            "field `stewards.threshold`: must be at least 2",
            "field `stewards.delay`: must be above 0",
            "field `stewards.delay`: must be from 1 to 5256000, not 5256001",
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

    #[test]
    fn answers_that_cannot_be_read_are_asked_for_again() {
        let (mut output, mut kept) = (Vec::new(), Vec::new());
        let answers: &[u8] = b"\xff\nN\n\n\n\n";
        let network = ask(&mut { answers }, &mut output, &mut kept).unwrap();
        assert_eq!((network.name.as_str(), network.id.as_str()), ("N", "n"));
        let output = String::from_utf8(output).unwrap();
        assert!(output.contains("must be text in UTF-8"), "{output}");
    }

    #[test]
    fn what_was_answered_is_the_file_of_the_same_network() {
        let answers = format!("My \"Net\" \\\nmy-net\n7\n{ALICE} {BOB}\n2\n99\n");
        let mut lines = Vec::new();
        let network = ask(&mut answers.as_bytes(), &mut io::sink(), &mut lines).unwrap();
        let said = kept(&lines);
        let (_, file) = said.split_once("takes:\n").unwrap();
        assert_eq!(NetworkFile::read(file.as_bytes()).unwrap(), network);
        // Up to the question that got no answer.
        let (mut lines, answers) = (Vec::new(), "N\n\n8\n");
        ask(&mut answers.as_bytes(), &mut io::sink(), &mut lines).unwrap_err();
        assert_eq!(lines, ["name = \"N\"", "id = \"n\"", "sectors = 8"]);
    }
}
