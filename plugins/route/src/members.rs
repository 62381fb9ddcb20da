//! Reads JSON member by member and notes every fault, instead of the first alone.

use adit_plugin::{ConfigError, pointer};
use serde_json::Value;

/// Every fault found so far.
pub(crate) type Faults = Vec<ConfigError>;

/// The members of an object that nothing has read yet.
pub(crate) struct Members {
    path: String,
    left: Vec<(String, Value)>,
}

impl Members {
    pub(crate) fn open(value: Value, path: &str, faults: &mut Faults) -> Option<Self> {
        let Value::Object(members) = value else {
            faults.push(ConfigError::new(path, "expected an object"));
            return None;
        };
        Some(Self { path: path.to_owned(), left: members.into_iter().collect() })
    }

    /// Takes a member out, with its path.
    pub(crate) fn take(&mut self, name: &str) -> Option<(Value, String)> {
        let at = self.left.iter().position(|(member, _)| member == name)?;
        let (_, value) = self.left.swap_remove(at);
        Some((value, pointer(&self.path, name)))
    }

    /// Takes a member out that has to be there.
    pub(crate) fn required(&mut self, name: &str, faults: &mut Faults) -> Option<(Value, String)> {
        let member = self.take(name);
        if member.is_none() {
            faults.push(ConfigError::new(&self.path, format!("member `{name}` is missing")));
        }
        member
    }

    pub(crate) fn number(&mut self, name: &str, faults: &mut Faults) -> Option<u64> {
        let (value, path) = self.take(name)?;
        expect(value.as_u64(), path, "expected a whole number, 0 or more", faults)
    }

    pub(crate) fn flag(&mut self, name: &str, faults: &mut Faults) -> Option<bool> {
        let (value, path) = self.take(name)?;
        expect(value.as_bool(), path, "expected `true` or `false`", faults)
    }

    /// Notes a fault of a member.
    pub(crate) fn fault(&self, name: &str, message: &str, faults: &mut Faults) {
        faults.push(ConfigError::new(pointer(&self.path, name), message));
    }

    /// Takes all the members that are left, with their paths; there has to be one.
    pub(crate) fn all(self, faults: &mut Faults) -> Vec<(String, Value, String)> {
        if self.left.is_empty() {
            faults.push(ConfigError::new(&self.path, "expected at least one member"));
        }
        let with_path = |(name, value): (String, Value)| {
            let path = pointer(&self.path, &name);
            (name, value, path)
        };
        self.left.into_iter().map(with_path).collect()
    }

    /// Notes the members that nothing has read.
    pub(crate) fn close(self, faults: &mut Faults) {
        for (name, _) in self.left {
            let path = pointer(&self.path, &name);
            faults.push(ConfigError::new(path, "unknown member"));
        }
    }
}

/// Reads a string that is not empty.
pub(crate) fn text(value: Value, path: &str, faults: &mut Faults) -> Option<String> {
    let text = match value {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    };
    expect(text, path, "expected a string that is not empty", faults)
}

/// Reads a model id, which is no pattern.
pub(crate) fn model(value: Value, path: &str, faults: &mut Faults) -> Option<String> {
    let id = text(value, path, faults)?;
    let plain = !id.contains(|sign: char| sign == '*' || sign.is_whitespace() || sign.is_control());
    expect(plain.then_some(id), path, "a model id holds no `*` and no space", faults)
}

/// Reads a list with at least one element.
pub(crate) fn list(value: Value, path: &str, faults: &mut Faults) -> Option<Vec<Value>> {
    let list = match value {
        Value::Array(list) if !list.is_empty() => Some(list),
        _ => None,
    };
    expect(list, path, "expected a list that is not empty", faults)
}

fn expect<T>(read: Option<T>, path: impl Into<String>, message: &str, faults: &mut Faults) -> Option<T> {
    if read.is_none() {
        faults.push(ConfigError::new(path, message));
    }
    read
}
