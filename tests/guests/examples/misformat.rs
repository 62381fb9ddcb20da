//! A model format for Titan Text that does, as its config says, what no format should.
#![expect(
    unsafe_code,
    clippy::same_length_and_capacity,
    clippy::panic,
    reason = "no safe code hands the same memory out twice, and a panic is what is tried"
)]
use std::rc::Rc;

use adit_plugin::chat::{BlockKind, BlockStart, Delta, Event, Part, Request, StopReason, Usage};
use adit_plugin::formats::{Delivery, Encoded, Invocation};
use adit_plugin::{ModelFormat, Plugin, PluginError, RequestContext};
use serde::Deserialize;

struct Misformat {
    config: Rc<Config>,
    payloads: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    how: How,
}

adit_plugin::json_config!(Config);

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum How {
    /// Says that the answer cost millions.
    ForgedUsage,
    /// Always asks for the answer in one piece.
    Whole,
    NoStart,
    TwoStarts,
    AfterTheEnd,
    /// Only in an answer in one piece is that its own fault.
    NoEnd,
    BadModels,
    TrapInEncode,
    SpinInEncode,
    Trap,
    /// After the first word.
    TrapLater,
    Spin,
    Flood,
    /// A body of 100 MiB.
    FloodTheModel,
    BadName,
    BadMediaType,
    /// Tells the guardrail to look at nothing.
    LooseGuardrail,
    /// A body that the model refuses.
    BadBody,
}

fn flood() -> Vec<Event> {
    const PIECE_BYTES: usize = 1 << 20;
    let piece = "x".repeat(PIECE_BYTES).leak().as_mut_ptr();
    let delta = |_| {
        // SAFETY: the host reads the texts, and ends the instance before they could be freed twice.
        let text = unsafe { String::from_raw_parts(piece, PIECE_BYTES, PIECE_BYTES) };
        Event::Delta(Delta { index: 0, text })
    };
    (0..100).map(delta).collect()
}

impl Misformat {
    /// A word for each payload, and the end.
    fn events(&mut self, is_last: bool) -> Vec<Event> {
        let how = self.config.how;
        self.payloads += 1;
        let is_first = self.payloads == 1;
        match how {
            How::Trap => panic!("as it was told"),
            How::TrapLater if !is_first || is_last => panic!("as it was told"),
            How::Spin => loop {
                std::hint::black_box(());
            },
            How::Flood => return flood(),
            _ => {}
        }
        let start = || Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Text });
        let delta = || Event::Delta(Delta { index: 0, text: "word ".to_owned() });
        let mut events = Vec::new();
        if is_first && how != How::NoStart {
            events.push(start());
        }
        if how == How::TwoStarts {
            events.push(start());
        }
        events.push(delta());
        if is_last && how != How::NoEnd {
            events.extend([Event::BlockStop(0), Event::MessageStop(StopReason::EndTurn)]);
        }
        if how == How::AfterTheEnd && is_last {
            events.extend([start(), delta()]);
        }
        if how == How::ForgedUsage {
            events.push(Event::Usage(Usage {
                input_tokens: 7_000_000,
                output_tokens: 7_000_000,
                cache_read_tokens: 7_000_000,
                cache_write_tokens: 7_000_000,
            }));
        }
        events
    }
}

impl Plugin for Misformat {
    type Config = Config;

    fn start(config: Rc<Config>, _: RequestContext) -> Self {
        Self { config, payloads: 0 }
    }
}

impl ModelFormat for Misformat {
    fn models(config: &Config) -> Vec<String> {
        let model = if config.how == How::BadModels { "no pattern" } else { "amazon.titan-text-*" };
        vec![model.to_owned()]
    }

    fn encode(&mut self, request: Request, delivery: Delivery) -> Result<Encoded, PluginError> {
        let how = self.config.how;
        let text = request.messages.iter().flat_map(|message| &message.parts).find_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let text = text.unwrap_or_default();
        let body = match how {
            How::TrapInEncode => panic!("as it was told"),
            How::SpinInEncode => loop {
                std::hint::spin_loop();
            },
            How::FloodTheModel => {
                // The guest's own memory is smaller: the host has to see the length alone.
                let bytes = vec![b' '; 20 << 20].leak();
                // SAFETY: the host reads the body, and ends the instance before it could be freed.
                unsafe { Vec::from_raw_parts(bytes.as_mut_ptr(), bytes.len(), bytes.len()) }
            }
            How::BadBody => br#"{"prompt":"x"}"#.to_vec(),
            How::LooseGuardrail => format!(
                r#"{{"inputText":"{text}","amazon-bedrock-guardrail\u0043onfig":{{"tagSuffix":"none"}}}}"#
            )
            .into_bytes(),
            _ => format!(r#"{{"inputText":"{text}"}}"#).into_bytes(),
        };
        Ok(Encoded::Invoke(Invocation {
            body,
            content_type: match how {
                How::BadMediaType => "application/json\r\nx-evil: 1".to_owned(),
                _ => "application/json".to_owned(),
            },
            accept: "application/json".to_owned(),
            delivery: if how == How::Whole { Delivery::Whole } else { delivery },
            dropped: match how {
                How::BadName => vec!["x\r\nset-cookie: a=b".to_owned()],
                _ => Vec::new(),
            },
        }))
    }

    fn decode_chunks(&mut self, payloads: Vec<Vec<u8>>) -> Result<Vec<Event>, PluginError> {
        let mut events = Vec::new();
        for payload in payloads {
            let is_last = payload.windows(20).any(|window| window == br#""completionReason":""#);
            events.extend(self.events(is_last));
        }
        Ok(events)
    }

    fn decode_response(&mut self, _: Vec<u8>) -> Result<Vec<Event>, PluginError> {
        Ok(self.events(true))
    }
}

adit_plugin::register!(Misformat: model-format);
