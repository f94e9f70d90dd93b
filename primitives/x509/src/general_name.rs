//! General names (RFC 5280, 4.2.1.6): what alternative names and name constraints are made of.

use core::fmt;

use der::{Tag, TagNumber};
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
    error::{CertificateError, Field},
    name::Name,
    reader::{Cursor, context, is_object_identifier},
};

/// One general name, of the forms that mean something here; the others are only told apart.
///
/// As the base of a name constraint, [`Ip`](Self::Ip) holds address and mask, and the texts are patterns
/// (RFC 5280, 4.2.1.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeneralName<'a> {
    /// `otherName`.
    Other,
    /// `rfc822Name`: an e-mail address. ASCII.
    Email(&'a str),
    /// `dNSName`. ASCII.
    Dns(&'a str),
    /// `x400Address`.
    X400,
    /// `directoryName`.
    Directory(Name<'a>),
    /// `ediPartyName`.
    EdiParty,
    /// `uniformResourceIdentifier`. ASCII.
    Uri(&'a str),
    /// `iPAddress`: 4 or 16 octets; in constraints 8 or 32.
    Ip(&'a [u8]),
    /// `registeredID`.
    RegisteredId,
}

/// The form of a general name, without the name.
///
/// SCALE: one byte, the number of the form in RFC 5280, 4.2.1.6.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum NameForm {
    /// `otherName`.
    #[codec(index = 0)]
    Other,
    /// `rfc822Name`.
    #[codec(index = 1)]
    Email,
    /// `dNSName`.
    #[codec(index = 2)]
    Dns,
    /// `x400Address`.
    #[codec(index = 3)]
    X400,
    /// `directoryName`.
    #[codec(index = 4)]
    Directory,
    /// `ediPartyName`.
    #[codec(index = 5)]
    EdiParty,
    /// `uniformResourceIdentifier`.
    #[codec(index = 6)]
    Uri,
    /// `iPAddress`.
    #[codec(index = 7)]
    Ip,
    /// `registeredID`.
    #[codec(index = 8)]
    RegisteredId,
}

impl fmt::Display for NameForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Other => "otherName",
            Self::Email => "rfc822Name",
            Self::Dns => "dNSName",
            Self::X400 => "x400Address",
            Self::Directory => "directoryName",
            Self::EdiParty => "ediPartyName",
            Self::Uri => "uniformResourceIdentifier",
            Self::Ip => "iPAddress",
            Self::RegisteredId => "registeredID",
        })
    }
}

impl<'a> GeneralName<'a> {
    pub const fn form(&self) -> NameForm {
        match self {
            Self::Other => NameForm::Other,
            Self::Email(_) => NameForm::Email,
            Self::Dns(_) => NameForm::Dns,
            Self::X400 => NameForm::X400,
            Self::Directory(_) => NameForm::Directory,
            Self::EdiParty => NameForm::EdiParty,
            Self::Uri(_) => NameForm::Uri,
            Self::Ip(_) => NameForm::Ip,
            Self::RegisteredId => NameForm::RegisteredId,
        }
    }

    /// Checks the form of one `GeneralName` whose tag and contents are given. `address_octets` are the
    /// lengths that an IP address may have: 4 or 16, in constraints twice that.
    pub(crate) fn parse(
        tag: Tag,
        contents: &'a [u8],
        field: Field,
        address_octets: [usize; 2],
    ) -> Result<Self, CertificateError> {
        let malformed = CertificateError::Malformed(field);
        let Tag::ContextSpecific {
            constructed,
            number,
        } = tag
        else {
            return Err(malformed);
        };
        // E-mail, DNS and URI are ASCII.
        let text = || match core::str::from_utf8(contents) {
            Ok(text) if text.is_ascii() => Ok(text),
            _ => Err(malformed.clone()),
        };
        match (number.value(), constructed) {
            (0, true) => {
                let mut other = Cursor::new(contents, field);
                other.object_identifier()?;
                // An identifier and an explicitly tagged value that means nothing here.
                let value = other.expect(context(TagNumber::N0, true))?.value;
                other.finish()?;
                let mut value = Cursor::new(value, field);
                value.next()?;
                value.finish()?;
                Ok(Self::Other)
            }
            (1, false) => text().map(Self::Email),
            (2, false) => text().map(Self::Dns),
            (3, true) => Ok(Self::X400),
            (4, true) => {
                let mut outer = Cursor::new(contents, field);
                let name = Name::parse(outer.expect(Tag::Sequence)?.value, field)?;
                outer.finish()?;
                Ok(Self::Directory(name))
            }
            (5, true) => Ok(Self::EdiParty),
            (6, false) => text().map(Self::Uri),
            (7, false) if address_octets.contains(&contents.len()) => Ok(Self::Ip(contents)),
            (8, false) if is_object_identifier(contents) => Ok(Self::RegisteredId),
            _ => Err(malformed),
        }
    }
}
