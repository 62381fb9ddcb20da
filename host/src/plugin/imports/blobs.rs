//! The bytes of the request's images and documents, by the ids that `on-request` named.

use bytes::Bytes;

use crate::plugin::bindings::adit::plugin::blobs;
use crate::plugin::instance::Guest;

/// The most bytes of one call. They are copied into the guest, whose memory has its own limit.
const MAX_READ_BYTES: usize = 4 << 20;

/// What a plugin may read. Empty before `on-request`.
#[derive(Default)]
pub(in crate::plugin) struct Blobs(Vec<Bytes>);

impl Blobs {
    pub(in crate::plugin) fn new(blobs: Vec<Bytes>) -> Self {
        Self(blobs)
    }

    /// At most `length` bytes from `offset` on; none behind the end.
    fn read(&self, id: u32, offset: u64, length: u32) -> Result<&[u8], String> {
        let blob = usize::try_from(id).ok().and_then(|id| self.0.get(id));
        let Some(blob) = blob else { return Err(format!("there is no blob {id} in this request")) };
        let start = usize::try_from(offset).map_or(blob.len(), |offset| offset.min(blob.len()));
        let rest = blob.get(start..).unwrap_or_default();
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(MAX_READ_BYTES);
        Ok(rest.get(..length).unwrap_or(rest))
    }
}

impl blobs::Host for Guest {
    fn read(&mut self, id: u32, offset: u64, length: u32) -> Result<Vec<u8>, String> {
        self.imports.blobs.read(id, offset, length).map(<[u8]>::to_vec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_much_as_there_is() {
        let blobs = Blobs::new(vec![Bytes::from_static(b"one"), Bytes::from_static(b"second")]);
        for (id, offset, length, expected) in [
            (0, 0, 10, Ok(&b"one"[..])),
            (1, 2, 3, Ok(b"con")),
            (1, 6, 1, Ok(b"")),
            (1, u64::MAX, u32::MAX, Ok(b"")),
            (2, 0, 1, Err("there is no blob 2 in this request".to_owned())),
        ] {
            assert_eq!(blobs.read(id, offset, length), expected, "{id} {offset} {length}");
        }
        assert!(Blobs::default().read(0, 0, 1).is_err());
    }

    #[test]
    fn one_call_is_no_larger_than_its_limit() {
        let blobs = Blobs::new(vec![Bytes::from(vec![0; MAX_READ_BYTES + 1])]);
        assert_eq!(blobs.read(0, 0, u32::MAX).map(<[u8]>::len), Ok(MAX_READ_BYTES));
        assert_eq!(blobs.read(0, MAX_READ_BYTES as u64, u32::MAX).map(<[u8]>::len), Ok(1));
    }
}
