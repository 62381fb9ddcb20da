//! An explanation as JSON, a format of Adit's own.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::ids::PluginName;
use crate::pipeline::{self, Change, Effect, Explanation, Plan, Step};

/// Writes an explanation.
pub(super) fn body(explanation: &Explanation) -> Bytes {
    let Explanation { asked, model, steps, answer_plugins, plan, dropped } = explanation;
    let view = View {
        object: "adit.explanation",
        model: ModelView {
            asked,
            chosen: model,
            family: plan.as_ref().map(|plan| plan.family.as_str()),
            why: why(explanation),
        },
        plugins: steps.iter().map(StepView::of).collect(),
        answer_plugins: answer_plugins.iter().map(PluginName::as_str).collect(),
        request: plan.as_ref().map(RequestView::of),
        dropped,
        estimate: plan.as_ref().map(EstimateView::of),
    };
    // Texts, numbers and JSON that was checked: nothing that could fail to be written.
    serde_json::to_vec(&view).unwrap_or_default().into()
}

/// How the model came to be chosen, in sentences.
fn why(explanation: &Explanation) -> Vec<String> {
    let mut why = vec![format!("the client asked for `{}`", explanation.asked)];
    let mut name = &explanation.asked;
    for step in &explanation.steps {
        if let Effect::Routed { to, .. } = &step.effect {
            why.push(format!("the plugin `{}` chose `{to}`", step.plugin));
            name = to;
        }
    }
    if *name != explanation.model {
        why.push(format!("`{name}` is an alias of `{}`", explanation.model));
    }
    if explanation.plan.is_none() {
        why.push("a plugin answers in the model's place".to_owned());
    }
    why
}

#[derive(Serialize)]
struct View<'a> {
    object: &'static str,
    model: ModelView<'a>,
    plugins: Vec<StepView<'a>>,
    /// The plugins that would see the answer, in the order in which they would.
    answer_plugins: Vec<&'a str>,
    request: Option<RequestView<'a>>,
    dropped: &'a [String],
    estimate: Option<EstimateView>,
}

#[derive(Serialize)]
struct ModelView<'a> {
    asked: &'a str,
    chosen: &'a str,
    family: Option<&'a str>,
    why: Vec<String>,
}

#[derive(Serialize)]
struct StepView<'a> {
    plugin: &'a str,
    hook: &'static str,
    microseconds: f64,
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<ChangeView>,
}

#[derive(Serialize)]
struct ChangeView {
    origin: &'static str,
    role: &'static str,
    bytes_before: usize,
    bytes_after: usize,
}

#[derive(Serialize)]
struct RequestView<'a> {
    operation: &'static str,
    region: &'a str,
    model: &'a str,
    body: Option<&'a RawValue>,
}

/// By estimate: the model counts in its own way, and only when it is called.
#[derive(Serialize)]
struct EstimateView {
    input_tokens: u64,
    max_output_tokens: Option<u64>,
    input_usd: Option<f64>,
    /// With an answer of the full length.
    most_usd: Option<f64>,
}

impl<'a> StepView<'a> {
    fn of(step: &'a Step) -> Self {
        let view = Self {
            plugin: step.plugin.as_str(),
            hook: step.hook,
            microseconds: (step.took.as_secs_f64() * 1e7).round() / 10.0,
            effect: "kept",
            from: None,
            to: None,
            changes: Vec::new(),
        };
        match &step.effect {
            Effect::Kept => view,
            Effect::Routed { from, to } => Self { effect: "routed", from: Some(from), to: Some(to), ..view },
            Effect::Edited(changes) => {
                Self { effect: "edited", changes: changes.iter().map(ChangeView::of).collect(), ..view }
            }
            Effect::Replaced => Self { effect: "replaced", ..view },
            Effect::Answered => Self { effect: "answered", ..view },
            Effect::Encoded => Self { effect: "encoded", ..view },
            Effect::Skipped => Self { effect: "skipped", ..view },
        }
    }
}

impl ChangeView {
    fn of(change: &Change) -> Self {
        use pipeline::{Origin, Role};
        Self {
            origin: match change.origin {
                Origin::System => "system",
                Origin::Message => "message",
                Origin::ToolArgs => "tool-args",
                Origin::ToolResult => "tool-result",
                Origin::Reasoning => "reasoning",
                Origin::ToolDefinition => "tool-definition",
                Origin::Other => "other",
            },
            role: match change.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
                Role::Tool => "tool",
            },
            bytes_before: change.bytes_before,
            bytes_after: change.bytes_after,
        }
    }
}

impl<'a> RequestView<'a> {
    fn of(plan: &'a Plan) -> Self {
        let body = serde_json::from_str(plan.body.as_str()).ok();
        Self { operation: plan.operation, region: &plan.region, model: &plan.model, body }
    }
}

impl EstimateView {
    fn of(plan: &Plan) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "far fewer tokens than 2^52")]
        let usd = |tokens: u64, price: f64| tokens as f64 * price / 1e6;
        let input_usd = plan.prices.map(|(input, _)| usd(plan.input_tokens, input));
        let output_usd =
            plan.prices.zip(plan.max_output_tokens).map(|((_, output), tokens)| usd(tokens, output));
        Self {
            input_tokens: plan.input_tokens,
            max_output_tokens: plan.max_output_tokens,
            input_usd,
            most_usd: input_usd.zip(output_usd).map(|(input, output)| input + output),
        }
    }
}
