use adit_plugin::Failure;
use adit_plugin::chat::{Data, Part};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::fault::invalid;

/// An image in base64, as Ollama's clients send it: nothing says its kind but its own bytes.
pub(crate) fn read(place: &str, base64: &str) -> Result<Part, Failure> {
    let bytes = STANDARD.decode(base64).map_err(|_| invalid(place, "is not base64"))?;
    let media_type = match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ => return Err(invalid(place, "is no image in PNG, JPEG, GIF or WebP")),
    };
    Ok(Part::Data(Data { media_type: media_type.to_owned(), name: None, bytes }))
}
