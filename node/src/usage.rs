//! The command line read, and its errors: each in one line that says what is wrong and what would be right.

use crate::{cli::Cli, commands::Error};
use allod_output::{OutputError, one_line};
use clap::{Command, CommandFactory, FromArgMatches, error::ErrorKind};
use std::ffi::OsString;

/// What the standard library says of text that is no number, and what would be right.
const NO_NUMBERS: [(&str, &str); 5] = [
    ("invalid digit found in string", "must be a whole number"),
    (
        "cannot parse integer from empty string",
        "must be a whole number",
    ),
    ("number too large to fit in target type", "is too large"),
    ("number too small to fit in target type", "is too small"),
    ("number would be zero for non-zero type", "must be above 0"),
];

/// Reads the command line; none if help or the version was asked for, which is printed then.
pub fn parse() -> Result<Option<Cli>, Error> {
    let error = match read(std::env::args_os()) {
        Ok(cli) => return Ok(Some(cli)),
        Err(error) => error,
    };
    let is_help = !error.use_stderr();
    // Whoever leaves out a subcommand may not know which there are.
    if is_help || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        error.print().map_err(OutputError::from)?;
    }
    match is_help {
        true => Ok(None),
        false => Err(cause(&error).into()),
    }
}

/// Reads a command line, the program's name first.
pub fn read(line: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut command = with_negative_numbers(Cli::command());
    let matches = command.try_get_matches_from_mut(line)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Takes a negative number for the value that it is, so that its error names the option and the range.
fn with_negative_numbers(command: Command) -> Command {
    let subcommands: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    let command = command.mut_args(|argument| match argument.get_action().takes_values() {
        true => argument.allow_negative_numbers(true),
        false => argument,
    });
    subcommands.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, with_negative_numbers)
    })
}

/// The cause of a usage error in one line.
pub fn cause(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a subcommand is missing".into();
    }
    let text = error.render().to_string();
    // Usage follows after an empty line, and before it tips.
    let mut paragraphs = text.split("\n\n").map(one_line);
    let cause = paragraphs.next().unwrap_or_default();
    let mut cause = cause.strip_prefix("error: ").unwrap_or(&cause).to_owned();
    for (said, meant) in NO_NUMBERS {
        cause = cause.replace(said, meant);
    }
    for tip in paragraphs.filter_map(|it| it.strip_prefix("tip: ").map(str::to_owned)) {
        cause.push_str("; ");
        cause.push_str(&tip);
    }
    cause
}
