//! Scripts: what to do differently for which requests. A JSON list of rules, described in the README.

mod action;
mod rule;

pub(crate) use action::{Action, CutEnd, Raw};
pub(crate) use rule::Facts;
use rule::Rule;

/// A script that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// Not JSON, or not the members that a script has.
    #[error("reading the script failed: {0}")]
    Json(#[from] serde_json::Error),
    /// A rule that says two things at once.
    #[error("rule {rule} of the script is wrong: {reason}")]
    Rule {
        /// Counted from 1.
        rule: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// A list of rules, of which the first that matches a request decides. The default is none.
#[derive(Debug, Default)]
pub struct Script {
    rules: Vec<Rule>,
}

impl Script {
    /// Reads a script from JSON text.
    pub fn parse(json: &str) -> Result<Self, ScriptError> {
        Self::check(serde_json::from_str(json)?)
    }

    fn check(rules: Vec<Rule>) -> Result<Self, ScriptError> {
        for (index, rule) in rules.iter().enumerate() {
            if let Err(reason) = rule.action.check() {
                return Err(ScriptError::Rule { rule: index + 1, reason });
            }
        }
        Ok(Self { rules })
    }

    /// The action for a request. Asking counts: a rule with `nth` counts the requests that get as far as it.
    pub(crate) fn choose(&self, facts: &Facts<'_>) -> Option<&Action> {
        self.rules.iter().find(|rule| rule.applies(facts)).map(|rule| &rule.action)
    }
}

impl TryFrom<serde_json::Value> for Script {
    type Error = ScriptError;

    fn try_from(json: serde_json::Value) -> Result<Self, ScriptError> {
        Self::check(serde_json::from_value(json)?)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

    use serde_json::json;

    use super::*;

    const FACTS: Facts<'static> = Facts {
        operation: "Converse",
        model: "us.amazon.nova-lite-v1:0",
        region: Some("eu-west-1"),
        text: "please fail",
    };

    fn delays(script: &Script, times: usize) -> Vec<Option<u64>> {
        (0..times).map(|_| script.choose(&FACTS).map(|action| action.delay_ms)).collect()
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let script = Script::try_from(json!([
            {"match": {"model": "*claude*"}, "action": {"delayMs": 1}},
            {"match": {"operation": "ConverseStream"}, "action": {"delayMs": 2}},
            {"match": {"region": "us-east-1"}, "action": {"delayMs": 2}},
            {"match": {"textContains": "fail", "nth": 2}, "action": {"delayMs": 3}},
            {"match": {"model": "us.*nova*", "region": "eu-west-1"}, "action": {"delayMs": 4}},
            {"action": {"delayMs": 5}},
        ]))
        .unwrap();
        assert_eq!(delays(&script, 3), [Some(4), Some(3), Some(4)]);
    }

    #[test]
    fn no_rule_is_no_action() {
        assert_eq!(delays(&Script::default(), 1), [None]);
    }

    #[test]
    fn wrong_scripts_are_refused() {
        let cases = [
            (json!({}), "reading the script failed: invalid type: map, expected a sequence"),
            (json!([{"action": {"delay": 1}}]), "reading the script failed: unknown field `delay`"),
            (
                json!([{"match": {"operation": "converse"}, "action": {}}]),
                "reading the script failed: unknown variant `converse`",
            ),
            (
                json!([{"action": {"hang": true, "error": {"type": "X", "message": ""}}}]),
                "rule 1 of the script is wrong: `hang`",
            ),
            (
                json!([{"action": {"textDeltas": [], "reply": {"text": ""}}}]),
                "rule 1 of the script is wrong: `textDeltas`",
            ),
            (json!([{"action": {"splitBytes": 0}}]), "rule 1 of the script is wrong: `splitBytes`"),
            (
                json!([{"action": {"cutAfter": {"events": 1, "bytes": 1}}}]),
                "rule 1 of the script is wrong: `cutAfter`",
            ),
            (json!([{"action": {"raw": {"base64": "?"}}}]), "reading the script failed: invalid base64"),
        ];
        for (script, expected) in cases {
            let error = Script::try_from(script).err().unwrap().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
