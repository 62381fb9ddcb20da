//! `options`: how tokens are drawn, and how a local model is run.

use adit_plugin::Failure;
use adit_plugin::chat::Sampling;
use serde::Deserialize;

use crate::fault::invalid;
use crate::members::Members;

/// How a model is loaded and run on a machine of one's own. Nothing is here that they could change.
const OF_THE_MACHINE: [&str; 15] = [
    "embedding_only",
    "f16_kv",
    "logits_all",
    "low_vram",
    "main_gpu",
    "num_batch",
    "num_ctx",
    "num_gpu",
    "num_keep",
    "num_thread",
    "numa",
    "penalize_newline",
    "use_mlock",
    "use_mmap",
    "vocab_only",
];

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// Reads the options, and notes those that have no effect.
pub(crate) fn read(mut options: Members<'_>, dropped: &mut Vec<String>) -> Result<Sampling, Failure> {
    let stop = match options.take("stop")? {
        None => Vec::new(),
        Some(OneOrMany::One(stop)) => vec![stop],
        Some(OneOrMany::Many(stops)) => stops,
    };
    // No model takes white space alone, and nothing could ever end at an empty text.
    if stop.iter().any(|stop| stop.trim().is_empty() && !stop.is_empty()) {
        dropped.push("options.stop".to_owned());
    }
    let sampling = Sampling {
        max_tokens: tokens(&mut options, "num_predict")?,
        temperature: number(&mut options, "temperature", 2.0)?,
        top_p: number(&mut options, "top_p", 1.0)?,
        top_k: tokens(&mut options, "top_k")?,
        stop_sequences: stop.into_iter().filter(|stop| !stop.trim().is_empty()).collect(),
    };
    options.ignore(&OF_THE_MACHINE);
    dropped.extend(options.left());
    Ok(sampling)
}

/// A count; 0 and what is negative mean that there is no limit.
fn tokens(options: &mut Members<'_>, name: &str) -> Result<Option<u32>, Failure> {
    let Some(count) = options.take::<f64>(name)? else { return Ok(None) };
    if count.fract() != 0.0 || count > f64::from(i32::MAX) {
        return Err(invalid(&format!("options.{name}"), "has to be a whole number up to 2147483647"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range, see above")]
    Ok((count > 0.0).then_some(count as u32))
}

fn number(options: &mut Members<'_>, name: &str, most: f64) -> Result<Option<f64>, Failure> {
    let number = options.take::<f64>(name)?;
    if number.is_some_and(|number| !(0.0..=most).contains(&number)) {
        return Err(invalid(&format!("options.{name}"), &format!("has to be a number from 0 to {most}")));
    }
    Ok(number)
}
