//! What the operator keeps secret, and no plugin reads. Needs a grant such as `secret=api-key`.

use crate::host::secrets as host;

/// A text that stands for a secret in the headers of [`http::send`](crate::http::send), alone or as a
/// part of a value. None if the secret was not granted.
pub fn reference(name: &str) -> Option<String> {
    host::reference(name)
}
