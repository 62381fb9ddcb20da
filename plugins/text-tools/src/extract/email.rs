//! E-mail addresses in the form that people write (RFC 5322, without quotes and comments).

/// The longest parts of an address (RFC 5321).
const MAX_LOCAL_BYTES: usize = 64;
const MAX_DOMAIN_BYTES: usize = 255;

pub(super) fn find(text: &str) -> Vec<&str> {
    text.match_indices('@').filter_map(|(at, _)| address(text, at)).collect()
}

/// The address around an `@`.
fn address(text: &str, at: usize) -> Option<&str> {
    let (before, behind) = (text.get(..at)?, text.get(at + 1..)?);
    let local_bytes =
        before.bytes().rev().take(MAX_LOCAL_BYTES + 1).take_while(|byte| is_local(*byte)).count();
    // A longer name is no name; what is left of it would be somebody else's.
    if local_bytes > MAX_LOCAL_BYTES {
        return None;
    }
    let local = before.get(at - local_bytes..)?.trim_start_matches('.');
    let domain_bytes = behind.bytes().take(MAX_DOMAIN_BYTES).take_while(|byte| is_domain(*byte)).count();
    let domain = behind.get(..domain_bytes)?.trim_end_matches(['.', '-']);
    let labels: Vec<&str> = domain.split('.').collect();
    let is_label = |label: &&str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    let top = labels.last()?;
    let is_top =
        top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic()) || top.starts_with("xn--");
    let good = !local.is_empty()
        && !local.ends_with('.')
        && !local.contains("..")
        && labels.len() > 1
        && labels.iter().all(is_label)
        && is_top;
    if good { text.get(at - local.len()..=at + domain.len()) } else { None }
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&byte)
}

fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_addresses_without_what_stands_around_them() {
        for (text, expected) in [
            ("a@b.de", &["a@b.de"][..]),
            (
                "Write to <first.last+tag@mail.example.com>, or x_y@z-1.org.",
                &["first.last+tag@mail.example.com", "x_y@z-1.org"],
            ),
            ("(a@b.io)", &["a@b.io"]),
            ("ünder@example.com", &["nder@example.com"]),
            ("a@b a@b.c @b.de a@ a@.de a..b@c.de a@-b.de a@b.d1", &[]),
            ("", &[]),
        ] {
            assert_eq!(find(text), expected, "{text}");
        }
        assert!(find(&format!("{}@example.com", "x".repeat(65))).is_empty());
    }
}
