use bytes::Bytes;

use super::{Destination, MediaType};

/// Images that a model is to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRequest {
    /// As the client named it, until a route hook or an alias puts a Bedrock model id or ARN there.
    pub model: String,
    /// What is to be seen.
    pub prompt: String,
    /// What is not to be seen.
    pub negative: Option<String>,
    /// How many.
    pub count: u8,
    /// How large, in pixels; none leaves it to the model.
    pub size: Option<ImageSize>,
    /// The same one makes the same images, more or less.
    pub seed: Option<u32>,
    /// What Bedrock notes with the call, for the operator's invoices and logs.
    pub metadata: Vec<(String, String)>,
    /// Where it goes. Set by the key's policy behind the plugins, never by the client.
    pub destination: Destination,
}

/// How large an image is, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageSize {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl ImageSize {
    /// How many pixels that are.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

impl ImageRequest {
    /// A request that asks for one image and nothing special.
    pub fn new(model: impl Into<String>, prompt: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            prompt: prompt.into(),
            negative: None,
            count: 1,
            size: None,
            seed: None,
            metadata: Vec::new(),
            destination: Destination::default(),
        }
    }

    /// What is called: the model, or the profile that stands for it.
    pub fn called(&self) -> &str {
        self.destination.profile.as_deref().unwrap_or(&self.model)
    }
}

/// An image that a model has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it is.
    pub media_type: MediaType,
    /// Its bytes.
    pub bytes: Bytes,
}
