//! Events become an answer, in pieces or in one piece. Both say the same.

mod blocks;
mod finish;
mod signature;
mod stream;
mod tier;
mod usage;
mod whole;

pub(super) use blocks::{Blocks, Slot};
pub use finish::Incomplete;
pub use stream::StreamEncoder;
pub(super) use stream::put_json;
pub(super) use usage::Usage;
pub use whole::whole;
