//! An answer, whole or in chunks, as events.

use adit_plugin::PluginError;
use adit_plugin::chat::{BlockKind, BlockStart, Delta, Event, StopReason};
use serde::Deserialize;

/// The one block of an answer.
const BLOCK: u32 = 0;

#[derive(Deserialize)]
struct Whole {
    results: Vec<Piece>,
}

/// A result, or a chunk of one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Piece {
    output_text: String,
    completion_reason: Option<String>,
}

/// Reads an answer. The model begins its text with an empty line, which is left out.
#[derive(Default)]
pub(crate) struct Reader {
    is_open: bool,
    is_complete: bool,
}

impl Reader {
    /// Reads a chunk. `stops`: the client has named a stop sequence.
    pub(crate) fn chunk(
        &mut self,
        payload: &[u8],
        stops: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), PluginError> {
        let piece: Piece = serde_json::from_slice(payload).map_err(|_| unreadable("a chunk"))?;
        self.piece(piece, stops, events);
        Ok(())
    }

    /// Reads an answer in one piece. Of several results the first one is the answer.
    pub(crate) fn whole(&mut self, body: &[u8], stops: bool) -> Result<Vec<Event>, PluginError> {
        let whole: Whole = serde_json::from_slice(body).map_err(|_| unreadable("an answer"))?;
        let piece = whole.results.into_iter().next().ok_or_else(|| unreadable("an answer without result"))?;
        if piece.completion_reason.is_none() {
            return Err(unreadable("an answer without end"));
        }
        let mut events = Vec::new();
        self.piece(piece, stops, &mut events);
        Ok(events)
    }

    fn piece(&mut self, piece: Piece, stops: bool, events: &mut Vec<Event>) {
        if self.is_complete {
            return;
        }
        let text = if self.is_open { piece.output_text.as_str() } else { piece.output_text.trim_start() };
        if !text.is_empty() {
            if !self.is_open {
                events.push(Event::BlockStart(BlockStart { index: BLOCK, kind: BlockKind::Text }));
                self.is_open = true;
            }
            events.push(Event::Delta(Delta { index: BLOCK, text: text.to_owned() }));
        }
        if let Some(reason) = piece.completion_reason {
            if self.is_open {
                events.push(Event::BlockStop(BLOCK));
            }
            events.push(Event::MessageStop(stop_reason(reason, stops)));
            self.is_complete = true;
        }
    }
}

/// Without a stop sequence of the client's, the one that is sent marks the end of a turn.
fn stop_reason(reason: String, stops: bool) -> StopReason {
    match reason.as_str() {
        "STOP_CRITERIA_MET" if stops => StopReason::StopSequence,
        "FINISH" | "FINISHED" | "STOP_CRITERIA_MET" => StopReason::EndTurn,
        "LENGTH" => StopReason::MaxTokens,
        "CONTENT_FILTERED" => StopReason::ContentFiltered,
        _ => StopReason::Other(reason),
    }
}

/// What was read is not told: it may be the answer.
fn unreadable(what: &str) -> PluginError {
    PluginError::new("unreadable_answer", format!("{what} is not in the format of Titan Text"))
}
