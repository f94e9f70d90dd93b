//! Alternative names and name constraints, as one types them: `dns:agent.example`, `email:a@example.org`,
//! `uri:https://agent.example/a2a`, `ip:192.0.2.7`; a constraint on addresses is `ip:192.0.2.0/24`.
//!
//! Whether a text has the syntax of its form is asked of the finished certificate (RFC 5280, 4.2.1.6 and 4.2.1.10).

use allod_x509::builder::tlv;
use std::{net::IpAddr, str::FromStr};

/// Most bytes of one name; longer ones do not fit beside others into a certificate.
const MAX_BYTES: usize = 1024;

/// The DER of a `GeneralName`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlternativeName(pub Vec<u8>);

/// The DER of the base of a name constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint(pub Vec<u8>);

/// Why a text is no general name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// None of the forms.
    #[error("`{0}`: one of dns:NAME, email:ADDRESS, uri:URI, ip:ADDRESS is wanted")]
    Form(String),
    /// Not ASCII, or too long.
    #[error("`{0}`: 1 to {MAX_BYTES} characters of ASCII are wanted")]
    Text(String),
    /// Not an address.
    #[error("`{0}` is no IP address")]
    Address(String),
    /// Not a range of addresses.
    #[error("`{0}` is no range of IP addresses such as 192.0.2.0/24")]
    Range(String),
}

impl FromStr for AlternativeName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (tag, value) = split(text)?;
        if tag != IP {
            return Ok(Self(tlv(tag, value.as_bytes())));
        }
        let address = value
            .parse()
            .map_err(|_| NameError::Address(value.into()))?;
        Ok(Self(tlv(tag, &octets(address))))
    }
}

impl FromStr for Constraint {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (tag, value) = split(text)?;
        if tag != IP {
            return Ok(Self(tlv(tag, value.as_bytes())));
        }
        let range = parse_range(value).ok_or_else(|| NameError::Range(value.into()))?;
        Ok(Self(tlv(tag, &range)))
    }
}

/// `[7] iPAddress`.
const IP: u8 = 0x87;

/// The tag of the form, and the value.
fn split(text: &str) -> Result<(u8, &str), NameError> {
    let (form, value) = text
        .split_once(':')
        .ok_or_else(|| NameError::Form(text.into()))?;
    let tag = match form.to_ascii_lowercase().as_str() {
        "email" => 0x81,
        "dns" => 0x82,
        "uri" => 0x86,
        "ip" => IP,
        _ => return Err(NameError::Form(text.into())),
    };
    if !value.is_ascii() || !(1..=MAX_BYTES).contains(&value.len()) {
        return Err(NameError::Text(value.into()));
    }
    Ok((tag, value))
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// Address and mask. Bits beyond the mask must be zero.
fn parse_range(text: &str) -> Option<Vec<u8>> {
    let (address, length) = text.split_once('/')?;
    let address = octets(address.parse().ok()?);
    let length: usize = length.parse().ok()?;
    if length > address.len() * 8 {
        return None;
    }
    let mask: Vec<_> = (0..address.len())
        .map(|index| match length.saturating_sub(index * 8) {
            0 => 0,
            bits @ 1..=7 => !(u8::MAX >> bits),
            _ => u8::MAX,
        })
        .collect();
    let is_within = address
        .iter()
        .zip(&mask)
        .all(|(byte, mask)| byte & !mask == 0);
    is_within.then(|| [address, mask].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternative_names() {
        for (text, expected) in [
            ("dns:agent.example", tlv(0x82, b"agent.example")),
            ("DNS:agent.example", tlv(0x82, b"agent.example")),
            ("email:a@example.org", tlv(0x81, b"a@example.org")),
            ("uri:https://x.example/a", tlv(0x86, b"https://x.example/a")),
            ("ip:192.0.2.7", tlv(0x87, &[192, 0, 2, 7])),
            ("ip:::1", tlv(0x87, &[&[0; 15][..], &[1]].concat())),
        ] {
            assert_eq!(text.parse(), Ok(AlternativeName(expected)), "{text}");
        }
        let long = format!("dns:{}", "x".repeat(1025));
        for text in [
            "agent.example",
            "dns:",
            "dns:ä.example",
            "ip:192.0.2",
            "ip:192.0.2.0/24",
            "host:x",
            &long,
        ] {
            assert!(text.parse::<AlternativeName>().is_err(), "{text}");
        }
    }

    #[test]
    fn constraints() {
        let ip = |bytes: &[u8]| Ok(Constraint(tlv(0x87, bytes)));
        assert_eq!(
            "ip:192.0.2.0/24".parse(),
            ip(&[192, 0, 2, 0, 255, 255, 255, 0])
        );
        assert_eq!(
            "ip:192.0.2.64/26".parse(),
            ip(&[192, 0, 2, 64, 255, 255, 255, 192])
        );
        assert_eq!("ip:0.0.0.0/0".parse(), ip(&[0; 8]));
        let mut v6 = [0; 32];
        v6[..2].copy_from_slice(&[0x20, 1]);
        v6[16..18].copy_from_slice(&[0xff, 0xff]);
        assert_eq!("ip:2001::/16".parse(), ip(&v6));
        assert_eq!(
            "dns:example.org".parse(),
            Ok(Constraint(tlv(0x82, b"example.org")))
        );
        for text in [
            "ip:192.0.2.0",
            "ip:192.0.2.1/24",
            "ip:192.0.2.0/33",
            "ip:x/8",
            "dns",
        ] {
            assert!(text.parse::<Constraint>().is_err(), "{text}");
        }
    }
}
