//! Hands back 100 MiB: a list whose members are all the same 1 MiB, so that it needs no memory of its own.
#![expect(
    unsafe_code,
    clippy::same_length_and_capacity,
    reason = "no safe code hands the same memory out twice"
)]
use std::rc::Rc;

use adit_plugin::{
    Chunk, Edit, Outcome, Plugin, PluginError, PromptVerdict, RequestContext, Segment, TextKinds, TextVerdict,
};
use guests::{Call, Place};

struct Flood(Rc<Place>);

const PIECE_BYTES: usize = 1 << 20;
const PIECES: u32 = 100;

fn pieces() -> impl Iterator<Item = (u32, String)> {
    let piece = "x".repeat(PIECE_BYTES).leak().as_mut_ptr();
    // SAFETY: the host reads the texts, and ends the instance before they could be freed twice.
    (0..PIECES).map(move |id| (id, unsafe { String::from_raw_parts(piece, PIECE_BYTES, PIECE_BYTES) }))
}

impl Plugin for Flood {
    type Config = Place;
    const WANTS: TextKinds = TextKinds::TEXT;

    fn start(place: Rc<Place>, _: RequestContext) -> Self {
        Self(place)
    }

    fn on_prompt(&mut self, _: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        if self.0.call != Call::Prompt {
            return Ok(PromptVerdict::Keep);
        }
        Ok(PromptVerdict::Edit(pieces().map(|(id, text)| Edit { id, text }).collect()))
    }

    fn on_text(&mut self, _: Vec<Chunk>) -> Result<TextVerdict, PluginError> {
        if self.0.call != Call::Text {
            return Ok(TextVerdict::Pass);
        }
        Ok(TextVerdict::Rewrite(
            pieces().map(|(_, text)| Outcome { consumed: 0, output: Some(text) }).collect(),
        ))
    }
}

adit_plugin::register!(Flood: prompt, text);
