//! Events become an answer, in pieces or in one piece. Both say the same.

mod blocks;
mod finish;
mod stream;
mod usage;
mod whole;

pub use finish::Incomplete;
pub use stream::StreamEncoder;
pub use whole::whole;
