//! Answers with what it sees of the images and documents of the first message.
use std::rc::Rc;

use adit_plugin::chat::{Blob, Part, Request, RequestVerdict};
use adit_plugin::{NoConfig, Plugin, PluginError, RequestContext, blobs};

struct Look;

impl Plugin for Look {
    type Config = NoConfig;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self
    }

    fn on_request(&mut self, request: Request) -> Result<RequestVerdict, PluginError> {
        let parts = request.messages.into_iter().take(1).flat_map(|message| message.parts);
        let mut seen: Vec<_> = parts
            .filter_map(|part| match part {
                Part::Blob(blob) => Some(look(&blob)),
                _ => None,
            })
            .collect();
        let id = u32::try_from(seen.len()).unwrap_or(u32::MAX);
        seen.push(look(&Blob { id, media_type: String::new(), name: None, size: 0 }));
        Ok(RequestVerdict::respond_text(seen.join("; ")))
    }
}

/// Three bytes behind the first.
fn look(blob: &Blob) -> String {
    match blobs::read(blob, 1, 3) {
        Ok(bytes) => format!("{} {} {}", blob.media_type, blob.size, String::from_utf8_lossy(&bytes)),
        Err(why) => why,
    }
}

adit_plugin::register!(Look: request);
