//! Where in a request something is, in the three spellings that the service's messages use.

/// The way from the body's root to a value.
#[derive(Debug, Default)]
pub(super) struct Path<'a>(Vec<Step<'a>>);

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Member(&'a str),
    Index(usize),
    /// The value at a key of a map, whose keys are the caller's own and stay out of messages.
    Value,
}

impl<'a> Path<'a> {
    /// Runs `inside` one member further down.
    pub(super) fn member<T>(&mut self, name: &'a str, inside: impl FnOnce(&mut Self) -> T) -> T {
        self.step(Step::Member(name), inside)
    }

    /// Runs `inside` at an element of a list, counted from 0.
    pub(super) fn index<T>(&mut self, index: usize, inside: impl FnOnce(&mut Self) -> T) -> T {
        self.step(Step::Index(index), inside)
    }

    /// Runs `inside` at a value of a map.
    pub(super) fn value<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        self.step(Step::Value, inside)
    }

    fn step<T>(&mut self, step: Step<'a>, inside: impl FnOnce(&mut Self) -> T) -> T {
        self.0.push(step);
        let result = inside(self);
        self.0.pop();
        result
    }

    /// Whether the value belongs to the conversation, whose contents are not repeated in messages.
    pub(super) fn is_in_messages(&self) -> bool {
        matches!(self.0.first(), Some(Step::Member("messages")))
    }

    /// `messages.1.member.content`: constraints, counted from 1.
    pub(super) fn constraint(&self) -> String {
        self.join(".", |step| match step {
            Step::Member(name) => (*name).to_owned(),
            Step::Index(index) => format!("{}.member", index + 1),
            Step::Value => "value".to_owned(),
        })
    }

    /// `messages.0.content`: the service's own rules, counted from 0.
    pub(super) fn dotted(&self) -> String {
        self.join(".", plain)
    }

    /// `#/messages/0/content`: a JSON pointer.
    pub(super) fn pointer(&self) -> String {
        if self.0.is_empty() { "#".to_owned() } else { format!("#/{}", self.join("/", plain)) }
    }

    fn join(&self, separator: &str, spell: impl Fn(&Step<'_>) -> String) -> String {
        self.0.iter().map(spell).collect::<Vec<_>>().join(separator)
    }
}

fn plain(step: &Step<'_>) -> String {
    match step {
        Step::Member(name) => (*name).to_owned(),
        Step::Index(index) => index.to_string(),
        Step::Value => "value".to_owned(),
    }
}
