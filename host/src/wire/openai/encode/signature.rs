/// The seal of an answer's thoughts.
///
/// The format has one place for thoughts and so one for their seal: several thoughts run together,
/// and no seal would fit what comes of that. So there is a seal only if there was one thought.
#[derive(Debug, Default)]
pub(super) struct Signature {
    thoughts: u32,
    value: String,
}

impl Signature {
    /// Another thought begins.
    pub(super) fn begin_thought(&mut self) {
        self.thoughts += 1;
    }

    /// The seal of a thought comes.
    pub(super) fn seal(&mut self, value: &str) {
        self.value.push_str(value);
    }

    /// The seal, once the answer has ended.
    pub(super) fn of_the_one_thought(self) -> Option<String> {
        (self.thoughts == 1 && !self.value.is_empty()).then_some(self.value)
    }
}
