use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::StreamExt;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, MetaObject};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Description, Fault, Nature};
use crate::chat::{
    Blob, BlockKind, Delivery, Event, MediaType, Message, Part, Remote, RemoteKind, Request, Role, Sampling,
    Source, StopReason, Usage,
};
use crate::error::{Failure, Kind};
use crate::mcp::arguments::{read, wrong};
use crate::mcp::client::Client;
use crate::mcp::desk::Desk;
use crate::pipeline::Served;

/// A client is told of an answer's progress no more often.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) fn description() -> Description {
    let image = json!({
        "type": "object",
        "description": "an image: its bytes in base64, or its address",
        "properties": {
            "data": {"type": "string", "description": "the bytes in base64"},
            "mimeType": {"type": "string", "enum": ["image/png", "image/jpeg", "image/gif", "image/webp"]},
            "url": {"type": "string", "description": "an `https://` address, if this gateway fetches images, or an `s3://` one"},
        },
        "additionalProperties": false,
    });
    let input = json!({
        "type": "object",
        "properties": {
            "model": {"type": "string", "description": "a model of `bedrock_list_models`"},
            "prompt": {"type": "string", "description": "what to ask; for a conversation use `messages` instead"},
            "messages": {
                "type": "array",
                "minItems": 1,
                "description": "a conversation, oldest first; the first and the last message are the user's",
                "items": {
                    "type": "object",
                    "properties": {
                        "role": {"type": "string", "enum": ["user", "assistant"]},
                        "content": {"type": "string"},
                        "images": {"type": "array", "items": image},
                    },
                    "required": ["role", "content"],
                    "additionalProperties": false,
                },
            },
            "system": {"type": "string", "description": "instructions for the model"},
            "images": {"type": "array", "items": image, "description": "images that go with `prompt`"},
            "temperature": {"type": "number", "minimum": 0, "maximum": 1},
            "top_p": {"type": "number", "minimum": 0, "maximum": 1},
            "max_tokens": {"type": "integer", "minimum": 1, "description": "the longest answer, in tokens"},
            "stop": {"type": "array", "items": {"type": "string"}, "description": "texts at which the answer ends"},
        },
        "required": ["model"],
        "additionalProperties": false,
    });
    Description {
        title: "Ask a model",
        text: "Ask a model of Amazon Bedrock and get its answer as text. Use it for a second opinion, for work that \
               another model does better or cheaper, or to look at images. The model sees nothing but what you send: \
               put everything it needs into `prompt` or `messages`. It costs tokens of the caller's key.",
        input,
        output: None,
        nature: Nature::Open,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    model: String,
    prompt: Option<String>,
    messages: Option<Vec<Turn>>,
    system: Option<String>,
    #[serde(default)]
    images: Vec<Image>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    max_tokens: Option<u32>,
    #[serde(default)]
    stop: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    role: Speaker,
    content: String,
    #[serde(default)]
    images: Vec<Image>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Speaker {
    User,
    Assistant,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Image {
    data: Option<String>,
    mime_type: Option<String>,
    url: Option<String>,
}

pub(super) async fn call(
    arguments: Option<JsonObject>,
    desk: &dyn Desk,
    client: &Client,
) -> Result<CallToolResult, Fault> {
    let mut request = request(read(arguments)?)?;
    if client.wants_progress() {
        request.delivery = Delivery::Streamed;
    }
    let served = desk.chat(request).await?;
    let answer = answered(served, client).await.inspect_err(|failure| desk.failed(failure))?;
    Ok(result(answer))
}

/// The request that the arguments are.
pub(super) fn request(arguments: Arguments) -> Result<Request, Fault> {
    let Arguments { model, prompt, messages, system, images, temperature, top_p, max_tokens, stop } =
        arguments;
    let turns = match (prompt, messages) {
        (Some(prompt), None) => vec![Turn { role: Speaker::User, content: prompt, images }],
        (None, Some(turns)) if images.is_empty() => turns,
        (None, Some(_)) => return Err(fault("images of `messages` belong into the `images` of a message")),
        (Some(_), Some(_)) => return Err(fault("give `prompt` or `messages`, not both")),
        (None, None) => return Err(fault("`prompt` or `messages` is missing")),
    };
    let mut messages: Vec<Message> = Vec::with_capacity(turns.len());
    for (index, turn) in turns.into_iter().enumerate() {
        let role = match turn.role {
            Speaker::User => Role::User,
            Speaker::Assistant => Role::Assistant,
        };
        let mut parts = Vec::with_capacity(turn.images.len() + 1);
        for image in turn.images {
            parts.push(part(image, index)?);
        }
        if !turn.content.is_empty() {
            parts.push(Part::Text(turn.content));
        }
        if parts.is_empty() {
            return Err(fault(&format!("message {index} says nothing")));
        }
        match messages.last_mut() {
            // Converse wants the roles to alternate.
            Some(last) if last.role == role => last.parts.extend(parts),
            _ => messages.push(Message { role, parts }),
        }
    }
    if messages.first().is_none_or(|message| message.role != Role::User) {
        return Err(fault("the first message has to be the user's"));
    }
    let sampling = Sampling { max_tokens, temperature, top_p, top_k: None, stop_sequences: stop };
    let system = system.filter(|text| !text.is_empty()).map(Part::Text).into_iter().collect();
    Ok(Request { system, sampling, ..Request::new(model, messages) })
}

fn part(image: Image, message: usize) -> Result<Part, Fault> {
    match image {
        Image { url: Some(url), data: None, .. } if url.starts_with("s3://") => {
            let media_type = image.mime_type.as_deref().and_then(MediaType::labelled);
            let media_type =
                media_type.ok_or_else(|| fault("an image at an `s3://` address needs its `mimeType`"))?;
            Ok(Part::Blob(Blob { media_type, source: Source::S3(url) }))
        }
        Image { url: Some(url), data: None, .. } => {
            let field = format!("messages[{message}].images");
            Ok(Part::Remote(Remote { url, kind: RemoteKind::Image, field }))
        }
        Image { url: None, data: Some(data), mime_type } => {
            let bytes =
                STANDARD.decode(data.trim()).map_err(|_| fault("the `data` of an image is not base64"))?;
            let media_type = MediaType::sniffed(&bytes)
                .or_else(|| MediaType::labelled(mime_type.as_deref()?))
                .ok_or_else(|| fault("an image has to be PNG, JPEG, GIF or WebP"))?;
            Ok(Part::Blob(Blob { media_type, source: Source::Bytes(Bytes::from(bytes)) }))
        }
        _ => Err(fault("an image has `data` or `url`")),
    }
}

fn fault(what: &str) -> Fault {
    Fault::Arguments(Box::new(wrong(what)))
}

/// What a model has said.
struct Answered {
    model: String,
    dropped: Vec<String>,
    text: String,
    stop: Option<StopReason>,
    usage: Usage,
}

/// Reads an answer to its end, and tells the client how it goes: all that it is told, put together, is the answer.
async fn answered(served: Served, client: &Client) -> Result<Answered, Failure> {
    let Served { model, dropped, mut events, finish } = served;
    let mut answer = Answered { model, dropped, text: String::new(), stop: None, usage: Usage::default() };
    let (mut prose, mut told, mut last) = (BTreeSet::new(), 0, None::<Instant>);
    while let Some(batch) = events.next().await {
        for event in batch? {
            match event {
                Event::BlockStart(start) if start.kind == BlockKind::Text => {
                    prose.insert(start.index);
                }
                Event::Delta(delta) if prose.contains(&delta.index) => answer.text.push_str(&delta.text),
                Event::MessageStop(stop) => answer.stop = Some(stop),
                Event::Usage(usage) => answer.usage = usage,
                _ => {}
            }
        }
        let is_due = last.is_none_or(|last| last.elapsed() >= PAUSE) || answer.stop.is_some();
        if client.wants_progress() && is_due && answer.text.len() > told {
            let new = answer.text.get(told..).unwrap_or_default();
            told = answer.text.len();
            last = Some(Instant::now());
            client.progress(count(told), None, Some(new)).await;
        }
    }
    if answer.stop.is_none() {
        return Err(Failure::new(Kind::BrokenStream, "the model's answer ended before it was complete"));
    }
    finish.run().await;
    Ok(answer)
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2⁵³ bytes")]
fn count(bytes: usize) -> f64 {
    bytes as f64
}

fn result(answer: Answered) -> CallToolResult {
    let Answered { model, dropped, text, stop, usage } = answer;
    let mut content = vec![ContentBlock::text(text)];
    let stopped = match &stop {
        Some(StopReason::MaxTokens) => {
            content.push(ContentBlock::text("[the answer was cut at the limit of tokens]"));
            "max_tokens"
        }
        Some(StopReason::ContentFiltered) => {
            content.push(ContentBlock::text("[a guardrail or filter has stepped in]"));
            "content_filtered"
        }
        Some(StopReason::StopSequence) => "stop_sequence",
        Some(StopReason::EndTurn) => "end_turn",
        Some(StopReason::ToolUse) => "tool_use",
        Some(StopReason::Other(_)) | None => "other",
    };
    if !dropped.is_empty() {
        let names = dropped.join(", ");
        content.push(ContentBlock::text(format!("[without effect for this model: {names}]")));
    }
    let about: Value = json!({
        "model": model,
        "stop_reason": stopped,
        "input_tokens": usage.prompt_tokens(),
        "output_tokens": usage.output_tokens,
    });
    let mut meta = MetaObject::new();
    meta.insert("adit/answer".to_owned(), about);
    CallToolResult::success(content).with_meta(Some(meta))
}
