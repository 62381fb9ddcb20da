//! How tokens are drawn, and how many.

use super::body::Body;
use super::dropped::Dropped;
use super::fault;
use super::object::Text;
use super::one_or_many::OneOrMany;
use crate::chat::Sampling;
use crate::error::Failure;

/// Reads `max_completion_tokens` (or `max_tokens`, its older name), `temperature`, `top_p`, `top_k`
/// and `stop`.
pub(in crate::wire::openai) fn decode(body: &Body<'_>, dropped: &mut Dropped) -> Result<Sampling, Failure> {
    let max_completion_tokens = tokens(body, "max_completion_tokens")?;
    let max_tokens = tokens(body, "max_tokens")?;
    Ok(Sampling {
        max_tokens: max_completion_tokens.or(max_tokens),
        temperature: temperature(body, dropped)?,
        top_p: number(body, "top_p", 1.0)?,
        top_k: tokens(body, "top_k")?,
        stop_sequences: stop_sequences(body, dropped)?,
    })
}

/// A number of tokens; Bedrock takes a positive 32-bit integer.
fn tokens(body: &Body<'_>, name: &str) -> Result<Option<u32>, Failure> {
    let Some(tokens) = body.read::<f64>(name)? else { return Ok(None) };
    if tokens.fract() != 0.0 || !(1.0..=f64::from(i32::MAX)).contains(&tokens) {
        return Err(fault::invalid(name, "has to be a whole number from 1 to 2147483647"));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number in range, see above"
    )]
    Ok(Some(tokens as u32))
}

/// OpenAI's scale ends at 2, Bedrock's at 1: what lies above is taken as 1 and reported.
fn temperature(body: &Body<'_>, dropped: &mut Dropped) -> Result<Option<f32>, Failure> {
    let temperature = number(body, "temperature", 2.0)?;
    if temperature.is_some_and(|value| value > 1.0) {
        dropped.note("temperature");
    }
    Ok(temperature.map(|value| value.min(1.0)))
}

/// A number from 0 to `most`.
fn number(body: &Body<'_>, name: &str, most: f64) -> Result<Option<f32>, Failure> {
    let Some(number) = body.read::<f64>(name)? else { return Ok(None) };
    if !(0.0..=most).contains(&number) {
        return Err(fault::invalid(name, &format!("has to be a number from 0 to {most}")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "Bedrock takes 32 bits, and no sampler needs more")]
    Ok(Some(number as f32))
}

/// Models refuse a stop sequence of white space alone, so those are left out; only an empty one
/// goes unreported, because it could never end an answer.
fn stop_sequences(body: &Body<'_>, dropped: &mut Dropped) -> Result<Vec<String>, Failure> {
    let sequences: Vec<Text<'_>> = match body.read("stop")? {
        Some(OneOrMany::One(sequence)) => vec![sequence],
        Some(OneOrMany::Many(sequences)) => sequences,
        None => return Ok(Vec::new()),
    };
    if sequences.iter().any(|sequence| sequence.is_blank() && !sequence.as_str().is_empty()) {
        dropped.note("stop");
    }
    Ok(sequences.into_iter().filter(|sequence| !sequence.is_blank()).map(Text::into_string).collect())
}
