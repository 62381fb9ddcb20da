use std::borrow::Cow;

/// More names than this say nothing more.
const MOST: usize = 64;

/// What was left out of a request although it says something.
#[derive(Debug, Default)]
pub struct Dropped(Vec<Cow<'static, str>>);

impl Dropped {
    /// Notes a name once. One that the client made up is noted only if it is fit for a header.
    pub fn note(&mut self, name: impl Into<Cow<'static, str>>) {
        let name = name.into();
        let fit = name.len() <= 128
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte));
        let name = if fit { name } else { Cow::Borrowed("unnamed") };
        if self.0.len() < MOST && !self.0.contains(&name) {
            self.0.push(name);
        }
    }

    /// Notes the members that Adit does not know of an object that stands at `place`.
    pub(in crate::wire::openai) fn note_unknown(&mut self, place: &str, members: &[Cow<'_, str>]) {
        for member in members {
            self.note(format!("{place}.{member}"));
        }
    }

    /// The names, in the order in which they were noted.
    pub fn into_names(self) -> Vec<Cow<'static, str>> {
        self.0
    }
}
