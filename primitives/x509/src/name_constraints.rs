//! Name constraints (RFC 5280, 4.2.1.10): their form, and whether a certificate's names satisfy them.
//!
//! | form | base | a name satisfies it if |
//! |---|---|---|
//! | dNSName | `host.example`, empty for all | it is the base or ends with a period and the base |
//! | rfc822Name | `user@host.example` | it is that mailbox; the part before the @ is compared exactly |
//! | | `host.example` | it is a mailbox at just that host |
//! | | `.host.example` | it is a mailbox at a host below |
//! | URI | `host.example`, `.host.example` | the host of its authority is that one, or one below |
//! | iPAddress | address and mask | the masked addresses are equal; another family never is |
//! | directoryName | relative names | its first relative names are those |
//!
//! - Host names are compared without regard to case. A DNS base with a leading period, which RFC 5280 does not
//!   define, a mask with holes, and whatever else is not in the table, is refused when the certificate is parsed.
//! - `*.example.com` stands for every name with one more label: it is permitted only if all of them are, and
//!   excluded if one of them is.
//! - The subject is a directoryName. Its `emailAddress` attributes count as rfc822Names where there is no
//!   alternative name at all.
//! - Where a form is constrained, a name of that form that cannot be understood (an address literal, a URI
//!   without a host name) is refused, and so is every name of a form that is not in the table.
//! - Constraints are applied whether they are marked critical or not.
//!
//! # Bounded work
//!
//! Every comparison of a name with a base is paid for from a [`Budget`]: one unit, and one more for every
//! [`BYTES_PER_UNIT`] bytes of the name; bytes of a directoryName count four times, since they take as long. With the
//! limits of §11.1 the names of one certificate have fewer than 4,096 bytes in all, so that a pair of certificates takes
//! at most 16 × (33 + 128) = 2,576 units, or 16 × (33 + 512) = 8,720 if all are directoryNames. [`Budget::CHAIN`]
//! covers seven or two such worst pairs, and hundreds of ordinary ones.

use alloc::vec::Vec;

use der::{Tag, TagNumber};

use crate::{
    Limits, ParsedCertificate,
    error::{CertificateError, Field},
    general_name::{GeneralName, NameForm},
    host_name::{Mailbox, is_host_name, is_within, uri_host},
    name::Name,
    path::PathError,
    reader::{Cursor, context},
};

/// Bytes of a name whose comparison costs one unit of a [`Budget`].
pub const BYTES_PER_UNIT: usize = 32;

/// What one verification may still spend on comparing names with constraints.
///
/// Made once for a verification and handed from rule to rule, so that the bound is on the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(u32);

impl Budget {
    /// What a verification on chain may spend: some milliseconds at most.
    pub const CHAIN: Self = Self(20_000);

    /// A budget of so many units.
    pub const fn new(units: u32) -> Self {
        Self(units)
    }

    /// Units that are left.
    pub const fn left(&self) -> u32 {
        self.0
    }

    /// Pays for one comparison of a name of so many bytes.
    ///
    /// # Errors
    /// [`PathError::BudgetExhausted`].
    fn spend(&mut self, bytes: usize) -> Result<(), PathError> {
        let more = u32::try_from(bytes.div_euclid(BYTES_PER_UNIT)).unwrap_or(u32::MAX);
        let units = more.saturating_add(1);
        self.0 = self
            .0
            .checked_sub(units)
            .ok_or(PathError::BudgetExhausted)?;
        Ok(())
    }
}

/// The extension name constraints: bases of subtrees, well formed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameConstraints<'a> {
    /// Names must lie in one of these, if one has their form.
    pub permitted: Vec<GeneralName<'a>>,
    /// Names must lie in none of these.
    pub excluded: Vec<GeneralName<'a>>,
}

impl<'a> NameConstraints<'a> {
    pub(crate) fn parse(value: &'a [u8], limits: &Limits) -> Result<Self, CertificateError> {
        let field = Field::NameConstraints;
        let mut outer = Cursor::new(value, field);
        let mut lists = outer.sequence()?;
        outer.finish()?;
        if lists.at_end() {
            return Err(CertificateError::Malformed(field));
        }
        let mut left = limits.name_constraints;
        let mut found = Self::default();
        for (number, list) in [
            (TagNumber::N0, &mut found.permitted),
            (TagNumber::N1, &mut found.excluded),
        ] {
            let Some(subtrees) = lists.optional(context(number, true))? else {
                continue;
            };
            let mut subtrees = Cursor::new(subtrees.value, field);
            if subtrees.at_end() {
                return Err(CertificateError::Malformed(field));
            }
            while !subtrees.at_end() {
                left = left
                    .checked_sub(1)
                    .ok_or(CertificateError::TooManyNameConstraints(
                        limits.name_constraints,
                    ))?;
                // Minimum is 0, its default, and maximum absent, so that only the base stays.
                let mut subtree = subtrees.sequence()?;
                let base = subtree.next()?;
                subtree.finish()?;
                list.push(parse_base(base.tag, base.value)?);
            }
        }
        lists.finish()?;
        Ok(found)
    }

    /// Checks one name.
    fn check(&self, name: &PresentedName<'_>, budget: &mut Budget) -> Result<(), PathError> {
        let form = name.form();
        // Understood once, and only if there is something to compare it with.
        let mut understood = None;
        let mut lies_within = |base: &GeneralName<'_>, wildcard| {
            if base.form() != form {
                budget.spend(0)?;
                return Ok(None);
            }
            budget.spend(name.length())?;
            let name = match understood {
                Some(name) => name,
                None => *understood.insert(name.understand()?),
            };
            name.lies_within(base, wildcard).map(Some)
        };
        let mut is_constrained = false;
        let mut is_permitted = false;
        for base in &self.permitted {
            let lies_within = lies_within(base, Wildcard::All)?;
            is_constrained |= lies_within.is_some();
            is_permitted |= lies_within == Some(true);
        }
        if is_constrained && !is_permitted {
            return Err(PathError::NameNotPermitted(form));
        }
        for base in &self.excluded {
            if lies_within(base, Wildcard::Any)? == Some(true) {
                return Err(PathError::NameExcluded(form));
            }
        }
        Ok(())
    }

    /// Checks every name of a certificate.
    ///
    /// # Errors
    /// [`PathError::NameNotPermitted`], [`PathError::NameExcluded`], [`PathError::MalformedName`],
    /// [`PathError::UnsupportedConstraint`], [`PathError::BudgetExhausted`].
    pub fn check_names(
        &self,
        certificate: &ParsedCertificate<'_>,
        budget: &mut Budget,
    ) -> Result<(), PathError> {
        let subject = certificate.subject_name();
        if !subject.is_empty() {
            self.check(
                &PresentedName::General(GeneralName::Directory(subject)),
                budget,
            )?;
        }
        match certificate.subject_alternative_names() {
            Some(names) => names
                .iter()
                .try_for_each(|name| self.check(&PresentedName::General(*name), budget)),
            None => subject
                .email_addresses()
                .try_for_each(|address| self.check(&PresentedName::Email(address), budget)),
        }
    }
}

/// Reads the base of a subtree and checks that it is one of the table at the top.
fn parse_base(tag: Tag, contents: &[u8]) -> Result<GeneralName<'_>, CertificateError> {
    let base = GeneralName::parse(tag, contents, Field::NameConstraints, [8, 32])?;
    let is_valid = match base {
        GeneralName::Dns(text) => text.is_empty() || is_host_name(text),
        GeneralName::Email(text) => is_domain(text) || Mailbox::parse(text).is_some(),
        GeneralName::Uri(text) => is_domain(text),
        GeneralName::Ip(octets) => has_whole_mask(octets),
        GeneralName::Other
        | GeneralName::X400
        | GeneralName::Directory(_)
        | GeneralName::EdiParty
        | GeneralName::RegisteredId => true,
    };
    if is_valid {
        Ok(base)
    } else {
        Err(CertificateError::ConstraintForm(base.form()))
    }
}

/// A host name, or one with a period in front.
fn is_domain(text: &str) -> bool {
    is_host_name(text.strip_prefix('.').unwrap_or(text))
}

/// Whether the second half is a mask as prefixes have it: ones, then zeros (RFC 4632).
fn has_whole_mask(octets: &[u8]) -> bool {
    let (_, mask) = halves(octets);
    let mut has_ended = false;
    for octet in mask {
        if has_ended && *octet != 0 || octet.leading_ones() != octet.count_ones() {
            return false;
        }
        has_ended |= *octet != 0xff;
    }
    true
}

fn halves(octets: &[u8]) -> (&[u8], &[u8]) {
    octets
        .split_at_checked(octets.len().div_euclid(2))
        .unwrap_or_default()
}

/// Whether it takes all names that a wildcard stands for, or any.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wildcard {
    All,
    Any,
}

/// A name of a certificate.
enum PresentedName<'a> {
    General(GeneralName<'a>),
    /// The attribute `emailAddress` of a subject: any bytes.
    Email(&'a [u8]),
}

impl PresentedName<'_> {
    fn form(&self) -> NameForm {
        match self {
            Self::General(name) => name.form(),
            Self::Email(_) => NameForm::Email,
        }
    }

    /// Bytes that a comparison is paid by.
    fn length(&self) -> usize {
        match self {
            Self::General(
                GeneralName::Dns(text) | GeneralName::Email(text) | GeneralName::Uri(text),
            ) => text.len(),
            Self::General(GeneralName::Directory(name)) => name.contents().len().saturating_mul(4),
            Self::Email(bytes) => bytes.len(),
            Self::General(
                GeneralName::Other
                | GeneralName::X400
                | GeneralName::EdiParty
                | GeneralName::Ip(_)
                | GeneralName::RegisteredId,
            ) => 0,
        }
    }

    /// What there is to compare.
    fn understand(&self) -> Result<Understood<'_>, PathError> {
        let form = self.form();
        let understood = match self {
            Self::General(GeneralName::Dns(name)) => Understood::dns(name),
            Self::General(GeneralName::Ip(address)) => Some(Understood::Ip(address)),
            Self::General(GeneralName::Directory(name)) => Some(Understood::Directory(*name)),
            Self::General(GeneralName::Uri(uri)) => uri_host(uri).map(Understood::Uri),
            Self::General(GeneralName::Email(address)) => {
                Mailbox::parse(address).map(Understood::Email)
            }
            Self::Email(bytes) => core::str::from_utf8(bytes)
                .ok()
                .and_then(Mailbox::parse)
                .map(Understood::Email),
            Self::General(
                GeneralName::Other
                | GeneralName::X400
                | GeneralName::EdiParty
                | GeneralName::RegisteredId,
            ) => return Err(PathError::UnsupportedConstraint(form)),
        };
        understood.ok_or(PathError::MalformedName(form))
    }
}

/// A name, taken apart as far as its form's comparison needs.
#[derive(Clone, Copy)]
enum Understood<'a> {
    Dns(&'a str),
    /// Everything one label below this.
    Wildcard(&'a str),
    Ip(&'a [u8]),
    Directory(Name<'a>),
    /// The host.
    Uri(&'a str),
    Email(Mailbox<'a>),
}

impl<'a> Understood<'a> {
    fn dns(name: &'a str) -> Option<Self> {
        match name.strip_prefix("*.") {
            // A wildcard over a whole top-level domain is nothing that one could permit.
            Some(parent) => {
                (is_host_name(parent) && parent.contains('.')).then_some(Self::Wildcard(parent))
            }
            None => is_host_name(name).then_some(Self::Dns(name)),
        }
    }

    /// Whether it lies in the subtree of a base of its own form.
    fn lies_within(&self, base: &GeneralName<'_>, wildcard: Wildcard) -> Result<bool, PathError> {
        match (self, base) {
            (Self::Dns(name), GeneralName::Dns(base)) => Ok(is_within(name, base)),
            (Self::Wildcard(parent), GeneralName::Dns(base)) => {
                // Everything below the parent, or just the base among it.
                let parent_of_base = base.split_once('.').map_or("", |(_, parent)| parent);
                let covers_base = !base.is_empty() && parent_of_base.eq_ignore_ascii_case(parent);
                Ok(is_within(parent, base) || wildcard == Wildcard::Any && covers_base)
            }
            (Self::Ip(address), GeneralName::Ip(base)) => Ok(ip_lies_within(address, base)),
            (Self::Directory(name), GeneralName::Directory(base)) => Ok(base.is_prefix_of(name)),
            (Self::Uri(host), GeneralName::Uri(base)) => Ok(host_lies_within(host, base)),
            (Self::Email(address), GeneralName::Email(base)) => Ok(match Mailbox::parse(base) {
                Some(base) => address.is(&base),
                None => host_lies_within(address.host, base),
            }),
            (
                Self::Dns(_)
                | Self::Wildcard(_)
                | Self::Ip(_)
                | Self::Directory(_)
                | Self::Uri(_)
                | Self::Email(_),
                _,
            ) => Err(PathError::UnsupportedConstraint(base.form())),
        }
    }
}

fn ip_lies_within(address: &[u8], base: &[u8]) -> bool {
    let (network, mask) = halves(base);
    let octets = address.iter().zip(network).zip(mask);
    let mut differences = octets.map(|((one, other), mask)| (one ^ other) & mask);
    address.len() == network.len() && differences.all(|difference| difference == 0)
}

/// A base of URIs and e-mail addresses: one host, or with a period in front all below.
fn host_lies_within(host: &str, base: &str) -> bool {
    match base.strip_prefix('.') {
        Some(parent) => is_within(host, parent) && !host.eq_ignore_ascii_case(parent),
        None => host.eq_ignore_ascii_case(base),
    }
}
