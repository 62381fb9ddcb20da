//! What there is behind AWS Lambda alone. All other tests run there too, if the runner wants it.

mod environments;
mod events;
mod parameters;
mod streams;
mod time;
