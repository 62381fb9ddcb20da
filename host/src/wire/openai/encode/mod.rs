//! Events become an answer, in pieces or in one piece. Both say the same.

mod blocks;
mod finish;
mod frame;
mod signature;
mod stream;
mod tier;
mod usage;
mod whole;

pub(super) use blocks::{Blocks, Slot};
pub use finish::Incomplete;
pub(super) use frame::{Frame, put_json};
pub use stream::StreamEncoder;
pub(super) use usage::Usage;
pub use whole::whole;
