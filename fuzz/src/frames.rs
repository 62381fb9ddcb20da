//! Bodies of ConverseStream as people can write them: a line for each event, its kind and its JSON.
//!
//! ```text
//! contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"Hello"}}
//! !throttlingException {"message":"slower"}
//! ```
//!
//! Lines become frames with right lengths and checksums, so that what a fuzzer changes in them is
//! still read. Bytes that begin with a zero, as each real frame does, are frames already.

/// The body that some bytes stand for.
pub fn body(data: &[u8]) -> Vec<u8> {
    if data.first() == Some(&0) {
        return data.to_vec();
    }
    let lines = data.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.flat_map(event).collect()
}

/// The frame of one line. An exception begins with `!`.
fn event(line: &[u8]) -> Vec<u8> {
    let space = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    let (kind, payload) = line.split_at(space);
    let (message_type, name, kind) = match kind {
        [b'!', kind @ ..] => ("exception", ":exception-type", kind),
        kind => ("event", ":event-type", kind),
    };
    let mut headers = Vec::new();
    header(&mut headers, ":message-type", message_type.as_bytes());
    header(&mut headers, name, kind);
    header(&mut headers, ":content-type", b"application/json");
    frame(&headers, payload)
}

fn header(headers: &mut Vec<u8>, name: &str, value: &[u8]) {
    /// AWS's word for a header that holds a string.
    const STRING: u8 = 7;
    let value = &value[..value.len().min(1000)];
    headers.push(u8::try_from(name.len()).unwrap_or_default());
    headers.extend_from_slice(name.as_bytes());
    headers.push(STRING);
    headers.extend_from_slice(&u16::try_from(value.len()).unwrap_or_default().to_be_bytes());
    headers.extend_from_slice(value);
}

/// A frame around headers, as they are encoded, and a payload (AWS's event stream encoding): two
/// lengths and their CRC-32, then these two, then the CRC-32 of all that.
pub fn frame(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
    let mut frame = Vec::with_capacity(headers.len() + payload.len() + 16);
    frame.extend(length(headers.len() + payload.len() + 16));
    frame.extend(length(headers.len()));
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend_from_slice(headers);
    frame.extend_from_slice(payload);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// The headers and payloads of frames, up to the first that is cut off.
pub fn parts(mut body: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut parts = Vec::new();
    while let Some((frame, rest)) = split(body) {
        parts.push(frame);
        body = rest;
    }
    parts
}

type Frame = (Vec<u8>, Vec<u8>);

fn split(body: &[u8]) -> Option<(Frame, &[u8])> {
    let number = |at: usize| Some(u32::from_be_bytes(body.get(at..at + 4)?.try_into().ok()?) as usize);
    let (frame, rest) = body.split_at_checked(number(0)?)?;
    let inside = frame.get(12..frame.len().checked_sub(4)?)?;
    let (headers, payload) = inside.split_at_checked(number(4)?)?;
    Some(((headers.to_vec(), payload.to_vec()), rest))
}
