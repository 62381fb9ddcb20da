/// A JSON text. Whoever makes one has checked that it is well-formed, or takes it from a source
/// that has: the type says that the text is meant as JSON, not prose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(String);

impl Json {
    /// A text known to be well-formed JSON.
    pub fn from_checked(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// `{}`.
    pub fn empty_object() -> Self {
        Self("{}".to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
