//! Prompts and resources that the operator offers.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::ResourceUri;

/// A prompt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// What clients ask for it by.
    pub name: OfferName,
    /// What people read in its place.
    #[serde(default)]
    pub title: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// What is filled into its messages, in the place of each argument's name in braces.
    #[serde(default)]
    pub arguments: Vec<Argument>,
    /// What it says.
    pub messages: Vec<PromptMessage>,
}

/// What is filled into a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// What the messages have in braces.
    pub name: OfferName,
    /// What it is.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether there is no prompt without it.
    #[serde(default)]
    pub required: bool,
    /// What clients suggest while it is typed. Others are taken too.
    #[serde(default)]
    pub values: Vec<String>,
}

/// A message of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawMessage")]
pub struct PromptMessage {
    /// Who says it.
    pub speaker: Speaker,
    /// What is said.
    pub content: PromptContent,
}

/// Who says something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// Who asks.
    #[default]
    User,
    /// The model.
    Assistant,
}

/// What a message of a prompt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptContent {
    /// Text, with arguments in braces.
    Text(String),
    /// An image.
    Image {
        /// Its file.
        file: PathBuf,
        /// Its media type, by the file's ending.
        mime: &'static str,
    },
    /// A resource of the operator's, by its URI, with arguments in braces.
    Resource(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMessage {
    #[serde(default)]
    role: Speaker,
    text: Option<String>,
    image: Option<PathBuf>,
    resource: Option<String>,
}

impl TryFrom<RawMessage> for PromptMessage {
    type Error = String;

    fn try_from(raw: RawMessage) -> Result<Self, String> {
        let content = match (raw.text, raw.image, raw.resource) {
            (Some(text), None, None) => PromptContent::Text(text),
            (None, Some(file), None) => {
                let mime = image_mime(&file).ok_or_else(|| {
                    format!("`{}` is no PNG, JPEG, GIF or WebP by its ending", file.display())
                })?;
                PromptContent::Image { file, mime }
            }
            (None, None, Some(uri)) => PromptContent::Resource(uri),
            _ => return Err("a message has one of `text`, `image` and `resource`".to_owned()),
        };
        Ok(Self { speaker: raw.role, content })
    }
}

fn image_mime(file: &Path) -> Option<&'static str> {
    match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "gif" => Some("image/gif"),
        "webp" => Some("image/webp"),
        _ => None,
    }
}

/// A resource, or a family of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawResource")]
pub struct Resource {
    /// What names it.
    pub uri: ResourceUri,
    /// What programs call it.
    pub name: String,
    /// What people read in its place.
    pub title: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Its media type; `text/plain`, if nothing is said.
    pub mime: String,
    /// What is in it.
    pub content: ResourceContent,
}

/// What is in a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceContent {
    /// Text, with the variables of the URI in braces.
    Text(String),
    /// What is in a file: text with such variables, if its media type says so, and bytes else.
    File(PathBuf),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResource {
    uri: ResourceUri,
    name: OfferName,
    title: Option<String>,
    description: Option<String>,
    mime: Option<String>,
    text: Option<String>,
    file: Option<PathBuf>,
}

impl TryFrom<RawResource> for Resource {
    type Error = String;

    fn try_from(raw: RawResource) -> Result<Self, String> {
        let RawResource { uri, name, title, description, mime, text, file } = raw;
        let content = match (text, file) {
            (Some(text), None) => ResourceContent::Text(text),
            (None, Some(file)) => ResourceContent::File(file),
            _ => return Err(format!("the resource `{uri}` has `text` or `file`, one of them")),
        };
        let mime = mime.unwrap_or_else(|| "text/plain".to_owned());
        Ok(Self { uri, name: name.0, title, description, mime, content })
    }
}

/// What something is called: 1 to 64 ASCII letters, digits and `_`, `-`, `.`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct OfferName(String);

impl OfferName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OfferName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if is_plain && (1..=64).contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err(format!("`{text}` is no name: 1 to 64 letters, digits and `_`, `-`, `.`"))
        }
    }
}

impl Prompt {
    /// The same, with its files where they are.
    pub(super) fn under(mut self, base: &Path) -> Self {
        for message in &mut self.messages {
            if let PromptContent::Image { file, .. } = &mut message.content {
                *file = base.join(&*file);
            }
        }
        self
    }
}

impl Resource {
    /// The same, with its file where it is.
    pub(super) fn under(mut self, base: &Path) -> Self {
        if let ResourceContent::File(file) = &mut self.content {
            *file = base.join(&*file);
        }
        self
    }
}
