use super::{Plan, Step};
use crate::ids::PluginName;

/// What would become of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The model that the client named.
    pub asked: String,
    /// The id or ARN of the model that would answer.
    pub model: String,
    /// The hooks that ran, in order.
    pub steps: Vec<Step>,
    /// The plugins that would see the answer, the first one last.
    pub answer_plugins: Vec<PluginName>,
    /// What would be sent; nothing if a plugin answers in the model's place.
    pub plan: Option<Plan>,
    /// Request fields that would have no effect, by their OpenAI names.
    pub dropped: Vec<String>,
}
