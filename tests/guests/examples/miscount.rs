//! Answers with outcomes that cannot be: `{"how": "past-the-end"}`.
use std::rc::Rc;

use adit_plugin::{Chunk, Outcome, Plugin, PluginError, RequestContext, TextKinds, TextVerdict};
use serde::Deserialize;

struct Miscount(Rc<Settings>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    how: How,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum How {
    PastTheEnd,
    InsideACharacter,
    NothingAtTheEnd,
    MoreThanTheWindow,
    TooFewOutcomes,
    TooManyOutcomes,
    TooMuchOutput,
}

adit_plugin::json_config!(Settings);

impl Plugin for Miscount {
    type Config = Settings;
    const WANTS: TextKinds = TextKinds::TEXT;
    const WINDOW: u32 = 3;

    fn start(settings: Rc<Settings>, _: RequestContext) -> Self {
        Self(settings)
    }

    fn on_text(&mut self, chunks: Vec<Chunk>) -> Result<TextVerdict, PluginError> {
        let how = self.0.how;
        let outcome = |chunk: &Chunk| {
            let length = chunk.text.len();
            match how {
                How::PastTheEnd => Outcome::hold(length + 1),
                // The answer is made of characters of two bytes.
                How::InsideACharacter => Outcome::hold(length.saturating_sub(1)),
                How::NothingAtTheEnd => {
                    Outcome::hold(if chunk.final_ { 0 } else { length.saturating_sub(2) })
                }
                How::MoreThanTheWindow => Outcome::hold(0),
                How::TooMuchOutput => Outcome::replace(chunk, "x".repeat(200_000)),
                How::TooFewOutcomes | How::TooManyOutcomes => Outcome::pass(chunk),
            }
        };
        let mut outcomes: Vec<Outcome> = chunks.iter().map(outcome).collect();
        match how {
            How::TooFewOutcomes => drop(outcomes.pop()),
            How::TooManyOutcomes => outcomes.push(Outcome::hold(0)),
            _ => {}
        }
        Ok(TextVerdict::Rewrite(outcomes))
    }
}

adit_plugin::register!(Miscount: text);
