use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, MetaObject};
use serde::Deserialize;
use serde_json::json;

use super::{Description, Fault, Nature};
use crate::chat::{ImageRequest, ImageSize, Picture};
use crate::mcp::arguments::{read, wrong};
use crate::mcp::desk::Desk;
use crate::pipeline::Drawn;

pub(super) fn description() -> Description {
    let pixels = |text: &str| json!({"type": "integer", "minimum": 1, "description": text});
    Description {
        title: "Make an image",
        text: "Make an image from a description with a model of Amazon Bedrock, and get it back as an image. Only models \
               that `bedrock_list_models` shows with `does` as `images` can do it; `bedrock_describe_model` says what an \
               image costs. Describe what is to be seen, not what is to be done.",
        input: json!({
            "type": "object",
            "properties": {
                "model": {"type": "string", "description": "a model of `bedrock_list_models` that makes images"},
                "prompt": {"type": "string", "minLength": 1, "description": "what is to be seen"},
                "negative_prompt": {"type": "string", "minLength": 1, "description": "what is not to be seen"},
                "count": {"type": "integer", "minimum": 1, "description": "how many; 1 if left out"},
                "width": pixels("in pixels, together with `height`; the model's own choice if left out"),
                "height": pixels("in pixels, together with `width`"),
                "seed": {"type": "integer", "minimum": 0, "description": "the same one makes much the same image"},
            },
            "required": ["model", "prompt"],
            "additionalProperties": false,
        }),
        output: None,
        nature: Nature::Open,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    model: String,
    prompt: String,
    negative_prompt: Option<String>,
    count: Option<u8>,
    width: Option<u32>,
    height: Option<u32>,
    seed: Option<u32>,
}

pub(super) async fn call(arguments: Option<JsonObject>, desk: &dyn Desk) -> Result<CallToolResult, Fault> {
    let drawn = desk.draw(request(read(arguments)?)?).await?;
    Ok(result(drawn))
}

fn request(arguments: Arguments) -> Result<ImageRequest, Fault> {
    let Arguments { model, prompt, negative_prompt, count, width, height, seed } = arguments;
    if prompt.trim().is_empty() {
        return Err(fault("`prompt` says nothing"));
    }
    let size = match (width, height) {
        (Some(width), Some(height)) => Some(ImageSize { width, height }),
        (None, None) => None,
        _ => return Err(fault("give both of `width` and `height`, or none of them")),
    };
    let negative = negative_prompt.filter(|text| !text.is_empty());
    Ok(ImageRequest { negative, count: count.unwrap_or(1), size, seed, ..ImageRequest::new(model, prompt) })
}

fn fault(what: &str) -> Fault {
    Fault::Arguments(Box::new(wrong(what)))
}

fn result(drawn: Drawn) -> CallToolResult {
    let Drawn { model, dropped, pictures } = drawn;
    let image = |Picture { media_type, bytes }: Picture| {
        ContentBlock::image(STANDARD.encode(bytes), media_type.mime())
    };
    let mut content: Vec<ContentBlock> = pictures.into_iter().map(image).collect();
    if !dropped.is_empty() {
        let names = dropped.join(", ");
        content.push(ContentBlock::text(format!("[without effect for this model: {names}]")));
    }
    let mut meta = MetaObject::new();
    meta.insert("adit/answer".to_owned(), json!({"model": model}));
    CallToolResult::success(content).with_meta(Some(meta))
}
