//! The operator's prompts.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{
    ContentBlock, ErrorData, GetPromptResult, InputRequiredResult, InputResponses, JsonObject,
    Prompt as Listed, PromptArgument, PromptMessage, Role,
};
use serde_json::{Value, json};

use super::{asked, resources};
use crate::chat::Json;
use crate::config::Mcp;
use crate::config::mcp::{Argument, Prompt, PromptContent, Speaker};
use crate::pipeline::InputKind;

/// All of them, as a client is told of them.
pub(super) fn listed(settings: &Mcp) -> Vec<Listed> {
    let argument = |argument: &Argument| {
        let mut listed = PromptArgument::new(argument.name.as_str()).with_required(argument.required);
        listed.description.clone_from(&argument.description);
        listed
    };
    let prompt = |prompt: &Prompt| {
        let arguments: Vec<PromptArgument> = prompt.arguments.iter().map(argument).collect();
        let mut listed = Listed::new(
            prompt.name.as_str(),
            prompt.description.clone(),
            (!arguments.is_empty()).then_some(arguments),
        );
        listed.title.clone_from(&prompt.title);
        listed
    };
    settings.prompts.iter().map(prompt).collect()
}

/// One of them by its name.
pub(super) fn named<'s>(settings: &'s Mcp, name: &str) -> Result<&'s Prompt, ErrorData> {
    settings.prompts.iter().find(|prompt| prompt.name.as_str() == name).ok_or_else(|| {
        let name: String = name.chars().take(200).collect();
        ErrorData::invalid_params(format!("there is no prompt `{name}`: see `prompts/list`"), None)
    })
}

/// Adds what the client was asked for before.
pub(super) fn add_answers(arguments: &mut JsonObject, responses: Option<InputResponses>) {
    for response in responses.unwrap_or_default().into_values() {
        let Some(content) = response.get("content").and_then(Value::as_object) else { continue };
        for (name, value) in content {
            arguments.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
}

/// What a person has to be asked before a prompt can be filled in; none if nothing is missing.
pub(super) fn question(prompt: &Prompt, given: &JsonObject) -> Option<InputRequiredResult> {
    let is_missing = |argument: &&Argument| argument.required && !given.contains_key(argument.name.as_str());
    let mut properties = JsonObject::new();
    for argument in prompt.arguments.iter().filter(is_missing) {
        let schema = match &argument.description {
            Some(description) => json!({"type": "string", "description": description}),
            None => json!({"type": "string"}),
        };
        properties.insert(argument.name.as_str().to_owned(), schema);
    }
    if properties.is_empty() {
        return None;
    }
    let required: Vec<&String> = properties.keys().collect();
    let schema = json!({"type": "object", "properties": properties, "required": required});
    let message =
        format!("What the prompt `{}` needs", prompt.title.as_deref().unwrap_or(prompt.name.as_str()));
    let question =
        asked::question(&InputKind::Elicit { message, schema: Json::from_checked(schema.to_string()) })?;
    Some(InputRequiredResult::from_input_requests([("arguments".to_owned(), question)].into()))
}

/// A prompt with its arguments in their places.
pub(super) async fn filled(
    settings: &Mcp,
    prompt: &Prompt,
    given: JsonObject,
) -> Result<GetPromptResult, ErrorData> {
    let values = values(prompt, given)?;
    let mut messages = Vec::with_capacity(prompt.messages.len());
    for message in &prompt.messages {
        let role = match message.speaker {
            Speaker::User => Role::User,
            Speaker::Assistant => Role::Assistant,
        };
        let content = match &message.content {
            PromptContent::Text(text) => ContentBlock::text(fill(text, &values)),
            PromptContent::Image { file, mime } => {
                ContentBlock::image(STANDARD.encode(resources::bytes(file).await?), *mime)
            }
            PromptContent::Resource(uri) => {
                let uri = fill(uri, &values);
                match resources::configured(settings, &uri).await? {
                    Some(contents) => ContentBlock::resource(contents),
                    None => return Err(resources::unknown(&uri)),
                }
            }
        };
        messages.push(PromptMessage::new(role, content));
    }
    let mut result = GetPromptResult::new(messages);
    result.description.clone_from(&prompt.description);
    Ok(result)
}

fn values(prompt: &Prompt, given: JsonObject) -> Result<BTreeMap<String, String>, ErrorData> {
    let mut values = BTreeMap::new();
    for (name, value) in given {
        let is_known = prompt.arguments.iter().any(|argument| argument.name.as_str() == name);
        match value {
            Value::String(value) if is_known => values.insert(name, value),
            _ if is_known => return Err(invalid(&format!("the argument `{name}` has to be a text"))),
            _ => {
                let name: String = name.chars().take(200).collect();
                return Err(invalid(&format!("this prompt has no argument `{name}`")));
            }
        };
    }
    for argument in &prompt.arguments {
        let name = argument.name.as_str();
        if argument.required && !values.contains_key(name) {
            return Err(invalid(&format!("the argument `{name}` is missing")));
        }
        values.entry(name.to_owned()).or_default();
    }
    Ok(values)
}

fn invalid(message: &str) -> ErrorData {
    ErrorData::invalid_params(message.to_owned(), None)
}

/// A text with values in the place of their names in braces. Other braces, and those in values, stay as they are.
pub(super) fn fill(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        filled.push_str(before);
        let known =
            behind.split_once('}').and_then(|(name, behind)| Some((values.get(name)?.as_str(), behind)));
        let (value, behind) = known.unwrap_or(("{", behind));
        filled.push_str(value);
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_are_filled_in_once() {
        let values = BTreeMap::from([("a".to_owned(), "{b}".to_owned()), ("b".to_owned(), "x".to_owned())]);
        for (text, expected) in [
            ("{a} and {b}", "{b} and x"),
            ("{\"a\": {b}}", "{\"a\": x}"),
            ("{c} {", "{c} {"),
            ("}{b}}", "}x}"),
        ] {
            assert_eq!(fill(text, &values), expected);
        }
    }
}
