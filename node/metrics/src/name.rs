//! The name of an error's variant, as a label.

use std::fmt::{self, Debug, Write};

/// Longest name, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// The name of an enum's variant: what a derived [`Debug`] begins with. Nothing behind it is formatted.
pub fn variant_name(value: &impl Debug) -> String {
    let mut name = Name(String::new());
    // Ends with an error at the first sign behind the name.
    let _ = write!(name, "{value:?}");
    name.0
}

struct Name(String);

impl Write for Name {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for sign in text.chars() {
            if !sign.is_ascii_alphanumeric() || self.0.len() >= MAX_NAME_BYTES {
                return Err(fmt::Error);
            }
            self.0.push(sign);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "it is only formatted")]
    enum Rule {
        Unit,
        Tuple(u8),
        Struct { number: u8 },
    }

    #[test]
    fn a_variant_is_called_by_its_name_alone() {
        let names = [
            variant_name(&Rule::Unit),
            variant_name(&Rule::Tuple(7)),
            variant_name(&Rule::Struct { number: 7 }),
        ];
        assert_eq!(names, ["Unit", "Tuple", "Struct"]);
    }
}
