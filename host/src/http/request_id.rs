use std::fmt::Write;

use crate::ids::RequestId;

/// A new id, `req_` and 24 hexadecimal digits.
pub(super) fn new() -> RequestId {
    let mut bytes = [0; 12];
    // Without randomness ids repeat, which makes a log harder to read and nothing worse.
    let _ = getrandom::fill(&mut bytes);
    let mut id = String::with_capacity(28);
    id.push_str("req_");
    for byte in bytes {
        // Writing to a `String` cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    valid(id)
}

#[expect(clippy::expect_used, reason = "28 visible ASCII characters")]
fn valid(id: String) -> RequestId {
    RequestId::parse(id).expect("28 visible ASCII characters are a request id")
}
