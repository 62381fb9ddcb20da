//! Puts the originals back into the answer as it streams.

use crate::placeholder::{LONGEST, Vault};

/// What becomes of the text so far.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Restored {
    /// Bytes of the text that are done with. The rest may be the beginning of a placeholder.
    pub(crate) consumed: usize,
    /// What stands for them; `None` if they are fine as they are.
    pub(crate) output: Option<String>,
}

/// Replaces the placeholders of this request by their originals, which are not read again.
/// Anything else in brackets stays as it is. Unless the text is the last of its block, an
/// unfinished placeholder at its end is left for the next call.
pub(crate) fn restore(text: &str, last: bool, vault: &Vault) -> Restored {
    let consumed = if last { text.len() } else { beginning_at_end(text, vault).unwrap_or(text.len()) };
    let mut output = String::new();
    let mut copied = 0;
    for (at, _) in text.match_indices('[') {
        if let Some((length, original)) = placeholder_at(text, at, vault) {
            output.push_str(text.get(copied..at).unwrap_or_default());
            output.push_str(original);
            copied = at + length;
        }
    }
    if copied == 0 {
        return Restored { consumed, output: None };
    }
    output.push_str(text.get(copied..consumed).unwrap_or_default());
    Restored { consumed, output: Some(output) }
}

/// The length of the placeholder at `at`, with its original.
fn placeholder_at<'vault>(text: &str, at: usize, vault: &'vault Vault) -> Option<(usize, &'vault str)> {
    let rest = text.as_bytes().get(at..)?;
    let length = rest.iter().take(LONGEST).position(|byte| *byte == b']')? + 1;
    Some((length, vault.original(text.get(at..at + length)?)?))
}

/// Where a placeholder starts that the text's end cuts off. Only its last `[` can start one.
fn beginning_at_end(text: &str, vault: &Vault) -> Option<usize> {
    let start = text.rfind('[')?;
    vault.is_beginning(text.get(start..)?).then_some(start)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::detect::Kind;

    fn vault() -> (Vault, String) {
        let mut vault = Vault::new("seed");
        let placeholder = vault.placeholder(Kind::Email, "EMAIL", "a@b.org").to_string();
        (vault, placeholder)
    }

    #[test]
    fn holds_back_nothing_but_the_beginning_of_a_placeholder() {
        let (vault, placeholder) = vault();
        let consumed = |text: &str| restore(text, false, &vault).consumed;
        assert_eq!(consumed("so [E"), 3);
        assert_eq!(consumed(&placeholder[..placeholder.len() - 1]), 0);
        assert_eq!(consumed("so [Ex"), 6);
        assert_eq!(consumed("a list: [1, 2"), 13);
        assert_eq!(consumed("é["), 2);
    }

    #[test]
    fn consumes_everything_at_the_end_of_a_block() {
        let (vault, _) = vault();
        assert_eq!(restore("so [EMAIL_", true, &vault), Restored { consumed: 10, output: None });
    }

    #[test]
    fn restores_placeholders_that_touch_and_ones_in_brackets() {
        let (vault, placeholder) = vault();
        let text = format!("{placeholder}{placeholder} [[{placeholder}]([EMAIL]) [");
        let restored = restore(&text, false, &vault);
        assert_eq!(restored.output.unwrap(), "a@b.orga@b.org [[a@b.org]([EMAIL]) ");
        assert_eq!(restored.consumed, text.len() - 1);
    }

    #[test]
    fn leaves_a_placeholder_of_nobody_alone() {
        let (vault, _) = vault();
        let text = "[EMAIL_abcdefghij] is what I typed";
        assert_eq!(restore(text, false, &vault), Restored { consumed: text.len(), output: None });
    }
}
