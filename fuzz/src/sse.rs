//! A streamed answer, put together as a client does it.

use serde_json::Value;

use crate::refusal;

/// What a stream said.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Joined {
    pub(crate) content: String,
    pub(crate) reasoning: String,
    pub(crate) calls: Vec<Call>,
    /// Members that are not continued, such as a signature.
    pub(crate) others: Vec<Value>,
    /// Nothing before it is known how it ended.
    pub(crate) end: Option<End>,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Call {
    pub(crate) id: Value,
    name: Value,
    arguments: String,
}

#[derive(Debug, PartialEq)]
pub(crate) enum End {
    /// `[DONE]`, with the finish reason and the usage.
    Done(Value, Value),
    /// The error.
    Failed(Value),
}

impl Joined {
    /// Whether `self` says nothing that `whole` does not.
    pub(crate) fn begins(&self, whole: &Self) -> bool {
        let calls = self.calls.iter().zip(&whole.calls).all(|(part, call)| {
            (&part.id, &part.name) == (&call.id, &call.name) && call.arguments.starts_with(&part.arguments)
        });
        whole.content.starts_with(&self.content)
            && whole.reasoning.starts_with(&self.reasoning)
            && whole.others.starts_with(&self.others)
            && self.calls.len() <= whole.calls.len()
            && calls
    }

    /// Whether both say the same, however much is known of what it cost.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.begins(other) && other.begins(self)
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self.end, Some(End::Done(..)))
    }
}

/// Reads a stream and checks its form: frames of JSON, one role, one finish reason, and at the end
/// either `[DONE]` or an error.
pub(crate) fn joined(text: &str) -> Joined {
    let mut joined = Joined::default();
    let (mut finish_reason, mut usage, mut has_role) = (Value::Null, Value::Null, false);
    let frames = text.strip_suffix("\n\n").expect("a stream ends with a whole frame");
    for frame in frames.split("\n\n") {
        assert!(joined.end.is_none(), "something follows the end: {frame}");
        let data = frame.strip_prefix("data: ").expect("a frame is a line of data");
        assert!(!data.contains(['\n', '\r']), "a frame is one line: {data}");
        if data == "[DONE]" {
            assert!(finish_reason.is_string(), "done without a reason");
            joined.end = Some(End::Done(finish_reason.take(), usage.take()));
            continue;
        }
        let mut chunk: Value = serde_json::from_str(data).expect("a frame is JSON");
        if chunk.get("error").is_some() {
            joined.end = Some(End::Failed(refusal::parse(data)));
            continue;
        }
        assert_eq!(chunk["object"], "chat.completion.chunk");
        let Some(mut choice) = chunk["choices"].as_array_mut().expect("a chunk has choices").pop() else {
            assert!(usage.is_null() && finish_reason.is_string(), "usage comes last, and once");
            usage = chunk["usage"].take();
            continue;
        };
        assert!(finish_reason.is_null(), "a delta follows the finish reason: {choice}");
        finish_reason = choice["finish_reason"].take();
        let delta = choice["delta"].as_object().expect("a choice has a delta");
        assert_ne!(delta.contains_key("role"), has_role, "the first chunk alone says the role");
        has_role = true;
        for (name, value) in delta {
            joined.take(name, value);
        }
    }
    assert!(joined.end.is_some(), "a stream ends with `[DONE]` or an error");
    joined
}

impl Joined {
    fn take(&mut self, name: &str, value: &Value) {
        match (name, value) {
            ("role", role) => assert_eq!(role, "assistant"),
            ("content", Value::String(piece)) => self.content.push_str(piece),
            ("reasoning_content", Value::String(piece)) => self.reasoning.push_str(piece),
            ("tool_calls", Value::Array(pieces)) => pieces.iter().for_each(|piece| self.call(piece)),
            (_, value) => self.others.push(value.clone()),
        }
    }

    fn call(&mut self, piece: &Value) {
        let place = piece["index"].as_u64().and_then(|place| usize::try_from(place).ok());
        let place = place.expect("a call has its place");
        let function = &piece["function"];
        if place == self.calls.len() {
            assert_eq!(piece["type"], "function");
            let call = Call { id: piece["id"].clone(), name: function["name"].clone(), ..Call::default() };
            assert!(call.id.is_string() && call.name.is_string(), "a call has no name: {piece}");
            self.calls.push(call);
        } else {
            assert!(piece.get("id").is_none(), "a call begins twice: {piece}");
        }
        let arguments = function["arguments"].as_str().expect("arguments are text");
        self.calls.get_mut(place).expect("calls begin in order").arguments.push_str(arguments);
    }
}
