//! How tokens are drawn: `inferenceConfig`, and `top_k`, which has no place there.

use serde_json::json;

use crate::capability::{Capabilities, SamplingPair, Support, TopK};
use crate::chat::Sampling;
use crate::error::Failure;

use super::Dropped;
use super::additional::Additional;
use super::body::InferenceConfig;
use super::thinking::{Decided, Mode};

/// Writes what the model takes, and reports the rest.
pub(super) fn config<'a>(
    sampling: &'a Sampling,
    capabilities: &Capabilities,
    thinking: &Decided,
    additional: &mut Additional<'_>,
    dropped: &mut Dropped,
) -> Result<Option<InferenceConfig<'a>>, Failure> {
    let Sampling { temperature, top_p, top_k, stop_sequences, max_tokens: _ } = sampling;
    if let Some(most) = capabilities.max_stop_sequences
        && stop_sequences.len() > usize::from(most)
    {
        return Err(Failure::invalid("stop", format!("the model takes at most {most} stop sequences"))
            .with_code("unsupported_parameter"));
    }

    // With thinking Claude takes a temperature of 1 alone, a top_p from 0.95, and no top_k (Bedrock
    // User Guide, "Extended thinking"); Nova takes none of them with high effort.
    let fits = |value: Option<f32>, support: Support, least: f32| {
        value.filter(|value| match thinking.mode {
            _ if support == Support::Refused => false,
            Mode::Free => true,
            Mode::Claude => *value >= least,
            Mode::NovaHigh => false,
        })
    };
    let kept_temperature = fits(*temperature, capabilities.temperature, 1.0);
    let mut kept_top_p = fits(*top_p, capabilities.top_p, 0.95);
    if capabilities.sampling_pair == SamplingPair::OneOf && kept_temperature.is_some() {
        kept_top_p = None;
    }
    if kept_temperature != *temperature {
        dropped.note("temperature");
    }
    if kept_top_p != *top_p {
        dropped.note("top_p");
    }
    if let Some(top_k) = top_k {
        match capabilities.top_k.filter(|_| thinking.mode == Mode::Free) {
            Some(TopK::Plain) => additional.add("top_k", json!(top_k), &["top_k"], dropped),
            Some(TopK::InferenceConfig) => {
                additional.add("inferenceConfig", json!({ "topK": top_k }), &["top_k"], dropped);
            }
            None => dropped.note("top_k"),
        }
    }

    let config = InferenceConfig {
        max_tokens: thinking.max_tokens,
        temperature: kept_temperature,
        top_p: kept_top_p,
        stop_sequences,
    };
    let says_something = config.max_tokens.is_some()
        || config.temperature.is_some()
        || config.top_p.is_some()
        || !config.stop_sequences.is_empty();
    Ok(says_something.then_some(config))
}
