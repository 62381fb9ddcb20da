//! The placeholders that stand for values, such as `[EMAIL_k3v7q2mzta]`.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::detect::{Finding, Kind};

/// Most bytes of a label: what names the kind in a placeholder.
pub(crate) const LONGEST_LABEL: usize = 24;
/// Most bytes of a placeholder: `[`, label, `_`, the longest tag, `]`.
pub(crate) const LONGEST: usize = LONGEST_LABEL + 53;
/// Characters of a tag. A longer one is taken only when two values would share the shorter.
const TAG_LENGTHS: [usize; 5] = [10, 20, 30, 40, 50];
/// RFC 4648, in lower case.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// With more values than this, `occurrences` does not search: its time is values times text.
const MOST_SEARCHED: usize = 64;

/// The values of one request and their placeholders.
///
/// A tag is a keyed hash of kind and value: the same in every request of a key, so that prompt
/// caches and signed reasoning hold, and without meaning to anybody who lacks the seed.
pub(crate) struct Vault {
    hash: Hmac<Sha256>,
    placeholders: BTreeMap<(Kind, Rc<str>), Rc<str>>,
    originals: BTreeMap<Rc<str>, Rc<str>>,
}

impl Vault {
    /// An empty vault under the request's seed.
    pub(crate) fn new(seed: &str) -> Self {
        // The contract's 64 hexadecimal digits are just a block of the hash.
        let mut key = [0; 64];
        for (slot, byte) in key.iter_mut().zip(seed.bytes()) {
            *slot = byte;
        }
        Self { hash: Hmac::new(&key.into()), placeholders: BTreeMap::new(), originals: BTreeMap::new() }
    }

    /// The placeholder of a value, which can be turned back from now on.
    pub(crate) fn placeholder(&mut self, kind: Kind, label: &str, value: &str) -> Rc<str> {
        let key = (kind, Rc::from(value));
        if let Some(known) = self.placeholders.get(&key) {
            return Rc::clone(known);
        }
        let digest = self.digest(label, value);
        self.assign(key, label, &digest)
    }

    /// The value that a placeholder of this request stands for.
    pub(crate) fn original(&self, placeholder: &str) -> Option<&str> {
        self.originals.get(placeholder).map(AsRef::as_ref)
    }

    /// Whether a placeholder of this request starts with `text` and goes on.
    pub(crate) fn is_beginning(&self, text: &str) -> bool {
        let mut from = self.originals.range::<str, _>((Bound::Included(text), Bound::Unbounded));
        from.next()
            .is_some_and(|(placeholder, _)| placeholder.starts_with(text) && placeholder.len() > text.len())
    }

    /// Whether nothing was replaced, so nothing can come back.
    pub(crate) fn is_empty(&self) -> bool {
        self.originals.is_empty()
    }

    /// Where values of this request stand in a text, whatever stands next to them.
    pub(crate) fn occurrences(&self, text: &str) -> Vec<Finding> {
        let searched = if self.placeholders.len() > MOST_SEARCHED { 0 } else { MOST_SEARCHED };
        let found = |(kind, value): &(Kind, Rc<str>)| {
            let (kind, length) = (*kind, value.len());
            let places: Vec<_> = text.match_indices(&**value).map(|(at, _)| at).collect();
            places.into_iter().map(move |at| Finding { kind, span: at..at + length })
        };
        self.placeholders.keys().take(searched).flat_map(found).collect()
    }

    fn digest(&self, label: &str, value: &str) -> String {
        let mut hash = self.hash.clone();
        hash.update(label.as_bytes());
        hash.update(&[0]);
        hash.update(value.as_bytes());
        base32(&hash.finalize().into_bytes())
    }

    fn assign(&mut self, key: (Kind, Rc<str>), label: &str, digest: &str) -> Rc<str> {
        let (_, value) = &key;
        for length in TAG_LENGTHS {
            let tag = digest.get(..length).unwrap_or(digest);
            let placeholder: Rc<str> = format!("[{label}_{tag}]").into();
            if self.originals.get(&placeholder).is_none_or(|other| other == value) {
                self.originals.insert(Rc::clone(&placeholder), Rc::clone(value));
                self.placeholders.insert(key, Rc::clone(&placeholder));
                return placeholder;
            }
        }
        // 250 equal bits of SHA-256. The value stays hidden and is not turned back.
        unnumbered(label).into()
    }
}

/// A placeholder that nothing can be put back for, such as `[EMAIL]`.
pub(crate) fn unnumbered(label: &str) -> String {
    format!("[{label}]")
}

/// The length of the text at the start that has the form of a placeholder with a tag.
pub(crate) fn length_at_start(text: &[u8]) -> Option<usize> {
    let inside = text.strip_prefix(b"[")?;
    let belongs = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let end = inside.iter().take(LONGEST - 1).take_while(belongs).count();
    let inside = inside.get(..end).filter(|_| inside.get(end) == Some(&b']'))?;
    let (label, tag) = inside.split_at_checked(inside.iter().rposition(|byte| *byte == b'_')?)?;
    let tag = tag.strip_prefix(b"_")?;
    let label_fits = label.first()?.is_ascii_uppercase()
        && label.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_');
    let tag_fits = TAG_LENGTHS.contains(&tag.len()) && tag.iter().all(|byte| BASE32.contains(byte));
    (label_fits && tag_fits).then_some(end + 2)
}

/// Five bits a character; the bits of a last, incomplete group are left out.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5);
    let mut bits = 0_u32;
    let mut count = 0;
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            let index = (bits >> count) & 31;
            text.extend(BASE32.get(index as usize).copied().map(char::from));
        }
        // Only the bits that are still to come.
        bits &= (1 << count) - 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new("seed")
    }

    #[test]
    fn encodes_as_rfc_4648_without_padding() {
        assert_eq!(base32(b"fooba"), "mzxw6ytb");
        assert_eq!(base32(&[0xff; 32]).len(), 51);
    }

    #[test]
    fn the_same_value_has_the_same_placeholder_under_one_seed_alone() {
        let mut first = vault();
        let placeholder = first.placeholder(Kind::Email, "EMAIL", "a@b.org");
        assert_eq!(placeholder, first.placeholder(Kind::Email, "EMAIL", "a@b.org"));
        assert_eq!(placeholder, vault().placeholder(Kind::Email, "EMAIL", "a@b.org"));
        assert_ne!(placeholder, vault().placeholder(Kind::Email, "EMAIL", "A@b.org"));
        assert_ne!(placeholder, Vault::new("other").placeholder(Kind::Email, "EMAIL", "a@b.org"));
    }

    #[test]
    fn a_placeholder_has_the_form_of_one() {
        let placeholder = vault().placeholder(Kind::Custom(0), "ORDER_2", "77");
        assert_eq!(length_at_start(placeholder.as_bytes()), Some(placeholder.len()));
        for other in [
            "[EMAIL]",
            "[EMAIL_abc]",
            "[email_abcdefghij]",
            "[EMAIL_abcdefghi1]",
            "[_abcdefghij]",
            "EMAIL_abcdefghij",
            "[",
        ] {
            assert_eq!(length_at_start(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn values_that_would_share_a_tag_get_longer_ones() {
        let mut vault = vault();
        let digest = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrs";
        let first = vault.assign((Kind::Email, "a@b.org".into()), "EMAIL", digest);
        let second = vault.assign((Kind::Email, "c@d.org".into()), "EMAIL", digest);
        assert_eq!(&*first, "[EMAIL_abcdefghij]");
        assert_eq!(&*second, "[EMAIL_abcdefghijklmnopqrst]");
        assert_eq!(vault.original(&first), Some("a@b.org"));
        assert_eq!(vault.original(&second), Some("c@d.org"));
    }

    #[test]
    fn the_longest_placeholder_fits_the_window() {
        let mut vault = vault();
        let digest = "a".repeat(51);
        let label = "L".repeat(LONGEST_LABEL);
        let lengths: Vec<_> = (0..5)
            .map(|value| vault.assign((Kind::Email, value.to_string().into()), &label, &digest).len())
            .collect();
        assert_eq!(lengths.last(), Some(&LONGEST));
        let sixth = vault.assign((Kind::Email, "5".into()), &label, &digest);
        assert_eq!(*sixth, unnumbered(&label));
    }
}
