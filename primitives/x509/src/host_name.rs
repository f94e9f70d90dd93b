//! Host names, mailboxes and the hosts of URIs, as far as name constraints need them.

/// Whether it is a fully qualified host name: labels of letters, digits, hyphens and, as found in the
/// wild, underscores, 63 at most each and 253 together; not an IPv4 address.
pub(crate) fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len())
            && label.bytes().all(is_allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253
        && text.split('.').all(is_label)
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `name` is `base`, or `base` with more labels in front. Everything is within the empty base.
pub(crate) fn is_within(name: &str, base: &str) -> bool {
    if base.is_empty() {
        return true;
    }
    let Some(start) = name.len().checked_sub(base.len()) else {
        return false;
    };
    let Some((front, end)) = name.split_at_checked(start) else {
        return false;
    };
    end.eq_ignore_ascii_case(base) && (front.is_empty() || front.ends_with('.'))
}

/// The host name of a URI's authority (RFC 3986, 3.2); `None` if there is no authority, or its host is
/// an IP address or nothing that is a host name.
pub(crate) fn uri_host(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once(':')?;
    let mut characters = scheme.bytes();
    let is_scheme = characters.next()?.is_ascii_alphabetic()
        && characters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !is_scheme {
        return None;
    }
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    let host_and_port = authority.rsplit('@').next()?;
    let host = match host_and_port.split_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) => return None,
        None => host_and_port,
    };
    is_host_name(host).then_some(host)
}

/// A mailbox: `local@host` (RFC 5321, 4.1.2), the host by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mailbox<'a> {
    local: &'a str,
    pub host: &'a str,
}

impl<'a> Mailbox<'a> {
    /// `None` if it is none, or its host an address literal.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (local, host) = text.rsplit_once('@')?;
        let is_quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
        let is_local = if is_quoted {
            true
        } else {
            let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_atom_text);
            local.split('.').all(is_atom)
        };
        (is_local && is_host_name(host)).then_some(Self { local, host })
    }

    /// Whether it is the same mailbox: the local part exactly, quoted or not, the host in any case
    /// (RFC 5280, 7.5).
    pub fn is(&self, other: &Self) -> bool {
        self.host.eq_ignore_ascii_case(other.host) && self.unquoted().eq(other.unquoted())
    }

    /// The characters of the local part without quotes and escapes.
    fn unquoted(&self) -> impl Iterator<Item = char> {
        let inner = self
            .local
            .strip_prefix('"')
            .and_then(|local| local.strip_suffix('"'));
        let is_quoted = inner.is_some();
        let mut is_escaped = false;
        inner
            .unwrap_or(self.local)
            .chars()
            .filter(move |character| {
                is_escaped = is_quoted && *character == '\\' && !is_escaped;
                !is_escaped
            })
    }
}

/// `atext` (RFC 5322, 3.2.3).
fn is_atom_text(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names() {
        let longest = ["a".repeat(63).as_str(); 4].join(".");
        for good in ["a", "example.org", "A-1.x_y.example", &longest[..253]] {
            assert!(is_host_name(good), "{good}");
        }
        for wrong in [
            "",
            ".",
            ".example.org",
            "example.org.",
            "a..b",
            "-a.org",
            "a-.org",
            "*.example.org",
            "192.0.2.1",
            "a b",
            "ä.org",
            &"a".repeat(64),
            &longest,
        ] {
            assert!(!is_host_name(wrong), "{wrong}");
        }
    }

    #[test]
    fn subtrees() {
        assert!(is_within("example.org", "example.org"));
        assert!(is_within("a.b.Example.org", "eXample.org"));
        assert!(is_within("anything", ""));
        assert!(!is_within("badexample.org", "example.org"));
        assert!(!is_within("example.org", "a.example.org"));
        assert!(!is_within("é.org", "xy.org"));
    }

    #[test]
    fn hosts_of_uris() {
        let host = |uri| uri_host(uri);
        assert_eq!(host("https://example.org"), Some("example.org"));
        assert_eq!(host("spiffe://Trust.example/x?y#z"), Some("Trust.example"));
        assert_eq!(host("http://u:p@h.example:80/@x"), Some("h.example"));
        assert_eq!(host("http://h.example?x=http://y"), Some("h.example"));
        for wrong in [
            "example.org",
            "urn:example:a",
            "mailto:a@example.org",
            "http:///path",
            "http://192.0.2.1/",
            "http://[2001:db8::1]/",
            "http://h.example:port/",
            "1http://h.example/",
            "://h.example/",
            "http://h%2eexample/",
            "",
        ] {
            assert_eq!(host(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn mailboxes() {
        let same = |one, other| {
            Mailbox::parse(one)
                .unwrap()
                .is(&Mailbox::parse(other).unwrap())
        };
        assert!(same("a@example.org", "a@EXAMPLE.org"));
        assert!(same("\"a\"@example.org", "a@example.org"));
        assert!(same("\"a\\b\"@example.org", "ab@example.org"));
        assert!(same("\"a\\\\b\"@example.org", "\"a\\\\b\"@example.org"));
        assert!(!same("\"a\\\\b\"@example.org", "ab@example.org"));
        assert!(!same("A@example.org", "a@example.org"));
        assert!(!same("a@example.org", "a@b.example.org"));
        for wrong in [
            "",
            "@",
            "example.org",
            "@example.org",
            "a@",
            "a@.example.org",
            "a@[192.0.2.1]",
            "a@b@example.org",
            "a b@example.org",
            "a..b@example.org",
            "\"\"@example.org",
        ] {
            assert_eq!(Mailbox::parse(wrong), None, "{wrong}");
        }
    }
}
