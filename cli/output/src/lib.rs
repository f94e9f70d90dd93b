//! What a command prints, and how it ends.
//!
//! Rust's own `println!` panics when nobody reads the output any more, or when its disk is full. So every command
//! prints here, and its lints forbid the macros elsewhere.
//!
//! | exit status | says |
//! |---|---|
//! | 0 | it was done, or holds |
//! | 1 | it was done, and what was asked about does not hold |
//! | 2 | an error, the command line's included: [`fail`] says it in one line |
//! | 141 | nobody reads the output any more, as when `head` has seen enough: 128 and the number of SIGPIPE |

#![forbid(unsafe_code)]

use std::{
    error::Error,
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

/// Exit status of an error.
pub const ERROR: u8 = 2;

/// Exit status of a command whose output nobody reads.
pub const UNREAD: u8 = 141;

/// Why something could not be printed.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The reader has gone.
    #[error("nobody reads the output")]
    Unread(#[source] Unread),
    /// A full disk, for instance.
    #[error("cannot write the output: {0}")]
    Failed(io::Error),
}

/// The reader of the output has gone. This is at the end of an error's sources, however the error is wrapped.
#[derive(Debug, thiserror::Error)]
#[error("its reader has gone")]
pub struct Unread;

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread(Unread),
            _ => Self::Failed(error),
        }
    }
}

/// Prints a text as it is.
///
/// # Errors
/// If not all of it could be written.
pub fn text(text: impl Display) -> Result<(), OutputError> {
    let mut stdout = io::stdout().lock();
    write!(stdout, "{text}")?;
    // What waited in a buffer would be lost without a word at the end of the process.
    Ok(stdout.flush()?)
}

/// Prints a line.
///
/// # Errors
/// If not all of it could be written.
pub fn line(line: impl Display) -> Result<(), OutputError> {
    text(format_args!("{line}\n"))
}

/// Says something on the standard error, beside what is printed. Whoever closed that does not want to know.
pub fn note(text: impl Display) {
    let _ = write!(io::stderr().lock(), "{text}");
}

/// Says a line on the standard error.
pub fn note_line(line: impl Display) {
    note(format_args!("{line}\n"));
}

/// Says an error, in one line that begins with the program's name.
pub fn fail(error: impl Display) {
    note_line(format_args!("allod: {}", one_line(&error.to_string())));
}

/// How a program ends after what it was asked for, with its error told.
pub fn exit_code<E: Into<Box<dyn Error + Send + Sync>>>(ended: Result<ExitCode, E>) -> ExitCode {
    let error = match ended {
        Ok(code) => return code,
        Err(error) => error.into(),
    };
    if is_unread(&*error) {
        return ExitCode::from(UNREAD);
    }
    fail(error);
    ExitCode::from(ERROR)
}

fn is_unread(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<Unread>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// A text in one line: its line breaks taken out, and what cannot be seen written out, since an error quotes what
/// others wrote.
pub fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut line = String::new();
    for character in words.join(" ").chars() {
        match is_visible(character) {
            true => line.push(character),
            false => line.extend(character.escape_unicode()),
        }
    }
    line
}

/// Whether a character can be seen, or is a space: no control character, none that turns the direction of what follows,
/// no blank of another kind, none that nobody has assigned.
pub fn is_visible(character: char) -> bool {
    if matches!(character, '\\' | '\'' | '"') {
        return true;
    }
    // Rust's debug form writes out what cannot be seen; after a letter, signs that are put on it can.
    let text: String = ['a', character].iter().collect();
    text.escape_debug().eq(text.chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error(transparent)]
    struct Wrapped(#[from] OutputError);

    #[test]
    fn an_error_is_one_line_in_which_everything_can_be_seen() {
        assert_eq!(
            one_line("a\n  b\t\u{1b}[31mc\u{202e}d"),
            r"a b \u{1b}[31mc\u{202e}d"
        );
        // 10⁻³, é in one sign and in two, Hindi with its vowels, and quotes.
        for visible in ["10⁻³ ×", "é e\u{301}", "हिन्दी", r#"C:\ "it's""#] {
            assert_eq!(one_line(visible), visible);
        }
        for hidden in ['\0', '\u{7f}', '\u{85}', '\u{a0}', '\u{200b}', '\u{202e}'] {
            assert!(!is_visible(hidden), "{hidden:?}");
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_found_in_whatever_error() {
        let closed = || OutputError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        let full = OutputError::from(io::Error::from(io::ErrorKind::StorageFull));
        assert!(is_unread(&closed()));
        assert!(is_unread(&Wrapped(closed())));
        let boxed: Box<dyn Error + Send + Sync> = Wrapped(closed()).into();
        assert!(is_unread(&*boxed));
        assert!(!is_unread(&full));
        // A connection that breaks is another matter.
        assert!(!is_unread(&io::Error::from(io::ErrorKind::BrokenPipe)));
    }
}
