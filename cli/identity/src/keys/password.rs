//! Passwords of encrypted keys: from a file, from the environment, or from the terminal, without an echo.
//!
//! Never from an argument, which every process on the machine can read.

use crate::files::{self, FileError};
use p256::elliptic_curve::zeroize::Zeroizing;
use std::{env, ffi::OsString, io, path::PathBuf};

/// The environment variable that may hold a password.
pub const VARIABLE: &str = "ALLOD_KEY_PASSWORD";
/// Most bytes of a password.
const MAX_BYTES: usize = 1024;

/// Where a password is.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct PasswordArgs {
    /// A file with the password of encrypted keys, in its first line. Without it the environment
    /// variable ALLOD_KEY_PASSWORD is taken, and if that is not set the terminal asks for each key.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// Nobody sits at the terminal.
    #[arg(skip)]
    is_unattended: bool,
}

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error(transparent)]
    File(#[from] FileError),
    /// Nothing in it.
    #[error("the password is empty")]
    Empty,
    /// Too much in it.
    #[error("the password is too long: at most {MAX_BYTES} bytes")]
    TooLong,
    /// Not text.
    #[error("the password is not UTF-8")]
    NotText,
    /// Typed differently the second time.
    #[error("the two passwords differ")]
    Differ,
    /// Nobody to ask.
    #[error("no terminal to ask for the password ({0}): give --password-file or set {VARIABLE}")]
    NoTerminal(io::Error),
    /// Nobody may be asked.
    #[error("nobody is asked for it here: give --password-file or set {VARIABLE}")]
    Unattended,
}

impl PasswordArgs {
    /// Whether a file is named.
    pub fn names_a_file(&self) -> bool {
        self.password_file.is_some()
    }

    /// The same for a process that nobody watches: it must not stop and wait at a terminal.
    pub fn unattended(&self) -> Self {
        Self {
            is_unattended: true,
            ..self.clone()
        }
    }

    /// The password of what is named.
    pub fn ask(&self, of: &str) -> Result<Zeroizing<String>, PasswordError> {
        match self.given(env::var_os(VARIABLE))? {
            Some(password) => Ok(password),
            None => self.prompt(&format!("Password of {of}: ")),
        }
    }

    /// A password for something new: at the terminal it has to be typed twice.
    pub fn choose(&self, of: &str) -> Result<Zeroizing<String>, PasswordError> {
        if let Some(password) = self.given(env::var_os(VARIABLE))? {
            return Ok(password);
        }
        let password = self.prompt(&format!("New password of {of}: "))?;
        if self.prompt("The same again: ")? == password {
            Ok(password)
        } else {
            Err(PasswordError::Differ)
        }
    }

    /// From the file, else from the variable.
    fn given(
        &self,
        variable: Option<OsString>,
    ) -> Result<Option<Zeroizing<String>>, PasswordError> {
        if let Some(path) = &self.password_file {
            let bytes = files::read(path)?;
            let line = bytes
                .split(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let text = std::str::from_utf8(line).map_err(|_| PasswordError::NotText)?;
            return check(Zeroizing::new(text.into())).map(Some);
        }
        variable
            .map(|text| text.into_string().map_err(|_| PasswordError::NotText))
            .transpose()?
            .map(|text| check(Zeroizing::new(text)))
            .transpose()
    }

    fn prompt(&self, text: &str) -> Result<Zeroizing<String>, PasswordError> {
        if self.is_unattended {
            return Err(PasswordError::Unattended);
        }
        rpassword::prompt_password(text)
            .map_err(PasswordError::NoTerminal)
            .and_then(|password| check(Zeroizing::new(password)))
    }
}

fn check(password: Zeroizing<String>) -> Result<Zeroizing<String>, PasswordError> {
    match password.len() {
        0 => Err(PasswordError::Empty),
        1..=MAX_BYTES => Ok(password),
        _ => Err(PasswordError::TooLong),
    }
}

#[cfg(test)]
impl PasswordArgs {
    /// A password in a file.
    pub fn file(path: PathBuf) -> Self {
        Self {
            password_file: Some(path),
            is_unattended: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_test_support::Folder;

    #[test]
    fn the_file_comes_before_the_variable() {
        let folder = Folder::new();
        let variable = || Some(OsString::from("from the variable"));
        let given = |contents: &[u8], variable| {
            let path = folder.write("password", contents);
            PasswordArgs::file(path).given(variable)
        };
        for contents in [&b"a word"[..], b"a word\n", b"a word\r\nmore\n"] {
            let password = given(contents, variable()).unwrap().unwrap();
            assert_eq!(*password, "a word");
        }
        let none = PasswordArgs::default();
        assert_eq!(
            *none.given(variable()).unwrap().unwrap(),
            "from the variable"
        );
        assert!(none.given(None).unwrap().is_none());

        for (contents, expected) in [
            (&b""[..], "empty"),
            (b"\nword", "empty"),
            (b"\xff\xfe", "not UTF-8"),
            (&[b'x'; 1025], "too long"),
        ] {
            let error = given(contents, None).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let error = none.unattended().prompt("?").unwrap_err();
        assert!(matches!(&error, PasswordError::Unattended), "{error}");
        let missing = PasswordArgs::file(folder.path("none"));
        assert!(missing.given(variable()).is_err());
        assert!(none.given(Some("".into())).is_err());
    }
}
