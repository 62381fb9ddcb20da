//! Names of tools and ids of calls, as Bedrock takes them.
//!
//! Both are changed only where they break Bedrock's rule, always in the same way: what a client sends
//! again is written again as before, so that the prompt cache knows it. Names come back as the client
//! has them; ids need no way back, because those in an answer are Bedrock's own.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::chat::{Part, Request, ToolChoice};

/// The longest name and the longest id, in characters (API reference, `ToolSpecification`, `ToolUseBlock`).
const LONGEST: usize = 64;

/// What is left of a text that is changed, before `_` and 16 digits of its hash.
const KEPT: usize = LONGEST - 17;

/// The tools whose names Bedrock does not take.
#[derive(Debug, Clone, Default)]
pub(in crate::bedrock) struct Names {
    by_client: HashMap<String, String>,
    by_bedrock: HashMap<String, String>,
}

impl Names {
    /// Of all tools that a request speaks of. No two have the same name at Bedrock.
    pub(in crate::bedrock) fn of(request: &Request) -> Self {
        let mut names = Self::default();
        let taken: HashSet<&str> = mentioned(request).collect();
        for name in mentioned(request).filter(|name| !is_name(name)) {
            if names.by_client.contains_key(name) {
                continue;
            }
            let mut bedrock = shortened(name, is_name_byte);
            while taken.contains(bedrock.as_str()) || names.by_bedrock.contains_key(&bedrock) {
                bedrock = shortened(&bedrock, is_name_byte);
            }
            names.by_client.insert(name.to_owned(), bedrock.clone());
            names.by_bedrock.insert(bedrock, name.to_owned());
        }
        names
    }

    /// Bedrock's name of a client's tool.
    pub(in crate::bedrock) fn bedrock<'a>(&'a self, client: &'a str) -> &'a str {
        self.by_client.get(client).map_or(client, String::as_str)
    }

    /// The client's name of a tool that Bedrock speaks of.
    pub(in crate::bedrock) fn client(&self, bedrock: String) -> String {
        self.by_bedrock.get(&bedrock).cloned().unwrap_or(bedrock)
    }
}

/// A name for a tool of our own that is unlike all others.
pub(super) fn unlike_others(wish: &'static str, request: &Request) -> String {
    let taken: HashSet<&str> = mentioned(request).collect();
    let mut name = wish.to_owned();
    while taken.contains(name.as_str()) {
        name.push('_');
    }
    name
}

/// The id of a call, the same in the call and in its result (API reference, `ToolUseBlock`).
pub(super) fn id(client: &str) -> Cow<'_, str> {
    let is_id = |byte: u8| is_name_byte(byte) || matches!(byte, b'.' | b':');
    if (1..=LONGEST).contains(&client.len()) && client.bytes().all(is_id) {
        Cow::Borrowed(client)
    } else {
        Cow::Owned(shortened(client, is_id))
    }
}

fn mentioned(request: &Request) -> impl Iterator<Item = &str> {
    let chosen = match &request.tool_choice {
        Some(ToolChoice::Named(name)) => Some(name.as_str()),
        _ => None,
    };
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    let called = parts.filter_map(|part| match part {
        Part::ToolUse(call) => Some(call.name.as_str()),
        _ => None,
    });
    request.tools.iter().map(|tool| tool.name.as_str()).chain(chosen).chain(called)
}

fn is_name(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(is_name_byte)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// The beginning of a text, in the bytes that are allowed, and its hash.
fn shortened(text: &str, is_allowed: impl Fn(u8) -> bool) -> String {
    let kept = text.bytes().take(KEPT).map(|byte| if is_allowed(byte) { char::from(byte) } else { '_' });
    format!("{}_{:016x}", kept.collect::<String>(), hash(text))
}

/// FNV-1a: the same in every build and process, unlike the standard library's.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use crate::chat::{Json, Message, Role, ToolUse};

    use super::*;

    fn calling(names: &[&str]) -> Request {
        let parts = names.iter().map(|name| {
            let input = Json::empty_object();
            Part::ToolUse(ToolUse { id: "c".to_owned(), name: (*name).to_owned(), input })
        });
        Request::new("m", vec![Message { role: Role::Assistant, parts: parts.collect() }])
    }

    #[test]
    fn names_that_bedrock_takes_are_left_alone() {
        let names = Names::of(&calling(&["get_weather", "A-1"]));
        assert_eq!((names.bedrock("A-1"), names.by_client.len()), ("A-1", 0));
    }

    #[test]
    fn every_name_comes_back_and_no_two_are_the_same() {
        let long = "a".repeat(100);
        let longer = "a".repeat(101);
        let all = ["a.b", "a/b", "a b", "", "weather", &long, &longer];
        let names = Names::of(&calling(&all));
        let mut seen = Vec::new();
        for name in all {
            let bedrock = names.bedrock(name).to_owned();
            assert!(is_name(&bedrock), "{bedrock}");
            assert!(!seen.contains(&bedrock), "{bedrock}");
            assert_eq!(names.client(bedrock.clone()), name);
            seen.push(bedrock);
        }
        // Nothing but the name itself decides.
        assert_eq!(Names::of(&calling(&["a.b"])).bedrock("a.b"), names.bedrock("a.b"));
    }

    #[test]
    fn a_name_that_a_client_has_is_never_given_to_another_tool() {
        let taken = shortened("a.b", is_name_byte);
        let names = Names::of(&calling(&["a.b", &taken]));
        assert_ne!(names.bedrock("a.b"), taken);
        assert_eq!(names.client(taken.clone()), taken);
        assert_eq!(unlike_others("answer", &calling(&["answer", "answer_"])), "answer__");
    }

    #[test]
    fn very_many_names_take_no_time() {
        // By comparing each with all others this would take minutes.
        let all: Vec<String> = (0..200_000).map(|number| format!("a.{number}")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let names = Names::of(&calling(&all));
        assert!(all.iter().all(|name| names.client(names.bedrock(name).to_owned()) == *name));
    }

    #[test]
    fn ids_are_changed_only_where_bedrock_would_refuse_them() {
        for kept in ["call_1", "functions.get_temperature:0", &"x".repeat(64)] {
            assert_eq!(id(kept), kept);
        }
        for foreign in ["", "a b", "call/1", "ä", &"x".repeat(65)] {
            let written = id(foreign);
            assert!((1..=64).contains(&written.len()), "{written}");
            assert!(written.is_ascii() && !written.contains([' ', '/']), "{written}");
            assert_eq!(written, id(foreign));
        }
        assert_ne!(id("a b"), id("a/b"));
    }
}
