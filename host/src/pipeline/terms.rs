use super::{Deadline, ModelPolicy};
use crate::error::Failure;

/// On which terms a request is served.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Which models the key may use.
    pub models: ModelPolicy,
    /// What happens when a part of the request has no effect.
    pub losses: Losses,
    /// When the answer has to be complete.
    pub deadline: Deadline,
}

/// What happens when a part of the request has no effect. Each holds the fields that were left out
/// already, by their OpenAI names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Losses {
    /// The client is told which.
    Report(Vec<String>),
    /// The request is refused.
    Refuse(Vec<String>),
}

impl Losses {
    /// All that is lost, once `more` is too; or the refusal.
    pub(super) fn accept(&self, more: &[String]) -> Result<Vec<String>, Failure> {
        let (Self::Report(names) | Self::Refuse(names)) = self;
        let mut all = names.clone();
        for name in more {
            if !all.contains(name) {
                all.push(name.clone());
            }
        }
        match (self, all.first()) {
            (Self::Refuse(_), Some(first)) => Err(refusal(first, &all)),
            _ => Ok(all),
        }
    }
}

fn refusal(first: &str, all: &[String]) -> Failure {
    let names = all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let message = format!(
        "the request asks for what this model cannot do: {names}; leave that out (`x-adit-strict`, or your key, asks for all or nothing)"
    );
    Failure::invalid(first, message).with_code("unsupported_parameter")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn reports_each_loss_once() {
        let losses = Losses::Report(names(&["seed", "user"]));
        assert_eq!(losses.accept(&names(&["seed", "top_p"])).unwrap(), names(&["seed", "user", "top_p"]));
    }

    #[test]
    fn refuses_by_name_when_told_to() {
        assert_eq!(Losses::Refuse(Vec::new()).accept(&[]).unwrap(), names(&[]));
        let refusal = Losses::Refuse(names(&["seed"])).accept(&names(&["top_p"])).unwrap_err();
        assert_eq!(refusal.param.as_deref(), Some("seed"));
        assert!(refusal.message.contains("`seed`, `top_p`"), "{}", refusal.message);
    }
}
