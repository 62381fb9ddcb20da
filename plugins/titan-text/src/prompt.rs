//! A conversation as the one text that the model reads: instructions first, then turns that begin with
//! `User:` and `Bot:`, and a last `Bot:` for it to go on from.

use adit_plugin::chat::Role;

/// What begins a turn.
const MARKERS: [&str; 2] = ["user", "bot"];

/// Put in front of a line that would begin a turn and does not: quotation, as in mail.
const QUOTE: &str = "> ";

/// The text that is being written.
#[derive(Default)]
pub(crate) struct Prompt {
    text: String,
    last: Option<Role>,
}

impl Prompt {
    /// Adds instructions. They stand before the first turn.
    pub(crate) fn instructions(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        escape_into(text, &mut self.text);
        self.text.push_str("\n\n");
    }

    /// Adds a turn.
    pub(crate) fn turn(&mut self, role: Role, text: &str) {
        if self.last.is_some() {
            self.text.push('\n');
        }
        self.text.push_str(marker(role));
        self.text.push(' ');
        // What stands behind the marker begins no line, and could still look like a turn to the model.
        escape_into(text, &mut self.text);
        self.last = Some(role);
    }

    /// The whole text. The model goes on with a last turn of its own, and begins one otherwise.
    pub(crate) fn finish(mut self) -> String {
        if self.last != Some(Role::Assistant) {
            if self.last.is_some() {
                self.text.push('\n');
            }
            self.text.push_str(marker(Role::Assistant));
        }
        self.text
    }
}

fn marker(role: Role) -> &'static str {
    match role {
        Role::User => "User:",
        Role::Assistant => "Bot:",
    }
}

/// Writes a text so that none of its lines begins a turn.
fn escape_into(text: &str, out: &mut String) {
    let is_break =
        |letter| matches!(letter, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    for line in text.split_inclusive(is_break) {
        if begins_turn(line) {
            out.push_str(QUOTE);
        }
        out.push_str(line);
    }
}

/// Whether a line begins as a turn does, however it is indented, spaced or capitalised.
fn begins_turn(line: &str) -> bool {
    let skipped = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{feff}')
    };
    let line = line.trim_start_matches(skipped);
    MARKERS.iter().any(|marker| {
        let Some((head, rest)) = line.split_at_checked(marker.len()) else { return false };
        head.eq_ignore_ascii_case(marker) && rest.trim_start_matches(skipped).starts_with([':', '：'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        escape_into(text, &mut out);
        out
    }

    #[test]
    fn a_line_that_looks_like_a_turn_becomes_a_quotation() {
        for (text, expected) in [
            ("hello", "hello"),
            ("User: x", "> User: x"),
            ("a\nBot: b\nc", "a\n> Bot: b\nc"),
            ("a\r\n  uSER : b", "a\r\n>   uSER : b"),
            ("a\u{2028}bot：b", "a\u{2028}> bot：b"),
            ("\u{feff}Bot:", "> \u{feff}Bot:"),
            ("Users: a, Robot: b", "Users: a, Robot: b"),
            ("the User: of this", "the User: of this"),
            ("user", "user"),
            ("ü", "ü"),
        ] {
            assert_eq!(escaped(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_model_goes_on_with_a_turn_that_is_begun() {
        let mut prompt = Prompt::default();
        prompt.turn(Role::User, "a");
        prompt.turn(Role::Assistant, "The answer is");
        assert_eq!(prompt.finish(), "User: a\nBot: The answer is");
    }
}
