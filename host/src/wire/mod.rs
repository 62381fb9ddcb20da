//! Client wire formats. Each reads into and writes from [`crate::chat`].

pub mod openai;
