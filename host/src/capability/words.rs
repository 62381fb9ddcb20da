//! Values of `chat` by their words in a file. `chat` itself knows nothing of files.

use serde::de::{Deserialize, Deserializer, Error};

use crate::chat::{Effort, MediaType, ServiceTier};

/// A value that has a word.
pub(super) trait Word: Copy + 'static {
    const ALL: &'static [Self];

    fn word(self) -> &'static str;
}

impl Word for Effort {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Word for MediaType {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Word for ServiceTier {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.as_str()
    }
}

/// A list of words.
pub(super) fn list<'de, D: Deserializer<'de>, T: Word>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    words.iter().map(|word| known(word).map_err(D::Error::custom)).collect()
}

/// The same for a member that may be left out; it is `default` too.
pub(super) fn maybe_list<'de, D: Deserializer<'de>, T: Word>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    list(deserializer).map(Some)
}

fn known<T: Word>(word: &str) -> Result<T, String> {
    T::ALL.iter().copied().find(|value| value.word() == word).ok_or_else(|| {
        let known: Vec<String> = T::ALL.iter().map(|value| format!("`{}`", value.word())).collect();
        format!("unknown variant `{word}`, expected one of {}", known.join(", "))
    })
}
