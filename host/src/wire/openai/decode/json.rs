//! JSON that passes through as the client wrote it.

use serde_json::value::RawValue;

/// Whether a value says nothing: null, false, or an empty text, list or object.
pub(super) fn is_empty(value: &RawValue) -> bool {
    let text = value.get();
    match text.as_bytes() {
        b"null" | b"false" | b"\"\"" => true,
        [b'[' | b'{', inside @ .., _] => inside.iter().all(u8::is_ascii_whitespace),
        _ => false,
    }
}
