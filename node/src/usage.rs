//! Errors of the command line: what the parser says, and the cause last, in the one line that every error ends with.

use crate::cli::Cli;
use clap::{Parser, error::ErrorKind};
use std::process::ExitCode;

/// Exit status of a command line that is none, as of every other error.
pub const EXIT_STATUS: u8 = 2;

/// Reads the command line; what is to be printed instead, such as help, is.
pub fn parse() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|error| {
        // A closed pipe has no reader who could miss it.
        let _ = error.print();
        if !error.use_stderr() {
            return ExitCode::SUCCESS;
        }
        eprintln!("allod: {}", cause(&error));
        ExitCode::from(EXIT_STATUS)
    })
}

/// The cause of a usage error in one line.
pub fn cause(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a subcommand is missing".into();
    }
    let text = error.render().to_string();
    // Usage and tips follow after an empty line.
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let cause = one_line(paragraph);
    cause.strip_prefix("error: ").unwrap_or(&cause).to_owned()
}

/// A text with its line breaks taken out.
pub fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}
