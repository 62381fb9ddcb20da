//! Credentials that can be told by how they begin, as their issuers document it, and private keys
//! in PEM (RFC 7468).

use std::ops::Range;

use super::surroundings::byte_before;

/// How a credential looks.
struct Form {
    prefix: &'static str,
    /// Fewest and most bytes after the prefix.
    length: (usize, usize),
    alphabet: Alphabet,
}

enum Alphabet {
    Upper,
    Alphanumeric,
    Underscore,
    /// With `-` and `_`, and at least one digit: else it is a chain of words.
    Hyphen,
}

const fn form(prefix: &'static str, fewest: usize, most: usize, alphabet: Alphabet) -> Form {
    Form { prefix, length: (fewest, most), alphabet }
}

/// A prefix stands before any shorter one that it starts with.
const FORMS: [Form; 25] = [
    form("AKIA", 16, 16, Alphabet::Upper),
    form("ASIA", 16, 16, Alphabet::Upper),
    form("AIza", 35, 35, Alphabet::Hyphen),
    form("adit_", 60, 60, Alphabet::Underscore),
    form("ghp_", 30, 255, Alphabet::Alphanumeric),
    form("gho_", 30, 255, Alphabet::Alphanumeric),
    form("ghu_", 30, 255, Alphabet::Alphanumeric),
    form("ghs_", 30, 255, Alphabet::Alphanumeric),
    form("ghr_", 30, 255, Alphabet::Alphanumeric),
    form("github_pat_", 40, 255, Alphabet::Underscore),
    form("glpat-", 20, 255, Alphabet::Hyphen),
    form("npm_", 30, 255, Alphabet::Alphanumeric),
    form("sk-ant-", 20, 255, Alphabet::Hyphen),
    form("sk-", 20, 255, Alphabet::Hyphen),
    form("sk_live_", 16, 255, Alphabet::Alphanumeric),
    form("sk_test_", 16, 255, Alphabet::Alphanumeric),
    form("rk_live_", 16, 255, Alphabet::Alphanumeric),
    form("rk_test_", 16, 255, Alphabet::Alphanumeric),
    form("xapp-", 16, 255, Alphabet::Hyphen),
    form("xoxa-", 16, 255, Alphabet::Hyphen),
    form("xoxb-", 16, 255, Alphabet::Hyphen),
    form("xoxe-", 16, 255, Alphabet::Hyphen),
    form("xoxp-", 16, 255, Alphabet::Hyphen),
    form("xoxr-", 16, 255, Alphabet::Hyphen),
    form("xoxs-", 16, 255, Alphabet::Hyphen),
];

const PEM_BEGIN: &str = "-----BEGIN ";
const PEM_END: &str = "-----END ";
const PEM_PRIVATE: &str = "PRIVATE KEY";
const LONGEST_PEM_LABEL: usize = 32;
/// Fewest bytes of a key that was cut off before its end line.
const SHORTEST_CUT_KEY: usize = 40;

/// Whether a credential can start with these two bytes: a cheap question before `find`.
pub(crate) fn may_start_with(first: u8, second: u8) -> bool {
    match first {
        b'-' => second == b'-',
        b'A' => matches!(second, b'K' | b'S' | b'I'),
        b'a' => second == b'd',
        b'e' => second == b'y',
        b'g' => matches!(second, b'h' | b'i' | b'l'),
        b'n' => second == b'p',
        b'r' | b's' => second == b'k',
        b'x' => matches!(second, b'a' | b'o'),
        _ => false,
    }
}

/// The bytes of `Alphabet::Hyphen` that were read last. Prefixes such as `sk-` may stand in them
/// over and over, and none has them read again.
#[derive(Default)]
pub(crate) struct Run {
    end: usize,
    last_digit: Option<usize>,
}

impl Run {
    /// How many such bytes stand at `from`, and whether a digit is among them.
    fn measure(&mut self, text: &[u8], from: usize) -> (usize, bool) {
        if from >= self.end {
            let rest = text.iter().skip(from);
            let length = rest.take_while(|byte| Alphabet::Hyphen.has(**byte)).count();
            let run = text.get(from..from + length).unwrap_or_default();
            let digit = run.iter().rposition(u8::is_ascii_digit);
            *self = Self { end: from + length, last_digit: digit.map(|place| from + place) };
        }
        (self.end.saturating_sub(from), self.last_digit.is_some_and(|digit| digit >= from))
    }
}

/// The credential that starts at `at`, with the run that earlier calls for this text have read.
pub(crate) fn find(text: &str, at: usize, run: &mut Run) -> Option<Range<usize>> {
    let rest = text.as_bytes().get(at..)?;
    let length = match rest.first()? {
        b'-' => private_key(text.get(at..)?),
        _ if byte_before(text, at).is_some_and(|byte| byte.is_ascii_alphanumeric()) => None,
        b'e' if byte_before(text, at).is_none_or(|byte| !Alphabet::Hyphen.has(byte)) => json_web_token(rest),
        _ => FORMS.iter().find_map(|form| form.length_at(text.as_bytes(), at, run)),
    }?;
    Some(at..at + length)
}

impl Form {
    fn length_at(&self, text: &[u8], at: usize, run: &mut Run) -> Option<usize> {
        let (fewest, most) = self.length;
        let tail = text.get(at..)?.strip_prefix(self.prefix.as_bytes())?;
        let (length, varied) = match self.alphabet {
            Alphabet::Hyphen => run.measure(text, at + self.prefix.len()),
            _ => (tail.iter().take(most + 1).take_while(|byte| self.alphabet.has(**byte)).count(), true),
        };
        ((fewest..=most).contains(&length) && varied).then_some(self.prefix.len() + length)
    }
}

impl Alphabet {
    fn has(&self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Underscore => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::Hyphen => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
        }
    }
}

/// A signed or bare JSON Web Token (RFC 7519): `{"` in base64url is `eyJ`, in header and claims.
fn json_web_token(text: &[u8]) -> Option<usize> {
    let part = |from: usize| text.iter().skip(from).take_while(|byte| Alphabet::Hyphen.has(**byte)).count();
    let is_object = |from: usize| text.get(from..).is_some_and(|rest| rest.starts_with(b"eyJ"));
    let dot = |at: usize| text.get(at) == Some(&b'.');
    if !is_object(0) {
        return None;
    }
    let header = part(0);
    if header < 12 || !dot(header) || !is_object(header + 1) {
        return None;
    }
    let claims = header + 1 + part(header + 1);
    dot(claims).then(|| claims + 1 + part(claims + 1))
}

/// A private key in PEM, with real or escaped line breaks, whole or cut off.
fn private_key(text: &str) -> Option<usize> {
    let label = text.strip_prefix(PEM_BEGIN)?;
    let label_end = label.find("-----").filter(|length| *length <= LONGEST_PEM_LABEL)?;
    if !label.get(..label_end)?.ends_with(PEM_PRIVATE) {
        return None;
    }
    let head = PEM_BEGIN.len() + label_end + "-----".len();
    let inside = text.get(head..)?;
    let cut = inside.find(|ch| !is_key_data(ch)).unwrap_or(inside.len());
    whole_key(inside).or((cut >= SHORTEST_CUT_KEY).then_some(cut)).map(|length| head + length)
}

/// The length of a key's body with the end line, if no other text stands between.
fn whole_key(inside: &str) -> Option<usize> {
    let body = inside.find("-----")?;
    // Header lines of encrypted keys have blanks, `:`, `,` and `-`; quotes join a program's lines.
    let fits = |ch| is_key_data(ch) || matches!(ch, ' ' | '\t' | ':' | ',' | '-' | '"' | '\'');
    let end_label = inside.get(body..)?.strip_prefix(PEM_END)?;
    let end = end_label.find("-----").filter(|length| *length <= LONGEST_PEM_LABEL)?;
    inside.get(..body)?.chars().all(fits).then(|| body + PEM_END.len() + end + "-----".len())
}

/// Base64, and line breaks as they are or as a string writes them.
fn is_key_data(ch: char) -> bool {
    ch.is_ascii_alphanumeric() || matches!(ch, '+' | '/' | '=' | '\r' | '\n' | '\\')
}
