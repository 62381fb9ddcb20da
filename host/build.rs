//! Unpacks the vocabulary by which clients of OpenAI's embedding models cut their texts. The program looks tokens up
//! and cuts nothing: it does without the tokenizer.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

/// The ids of cl100k_base, the special ones at the end included.
const IDS: u32 = 100_277;

#[expect(clippy::disallowed_methods, reason = "the environment is how cargo speaks to a build script")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let vocabulary = tiktoken::encoding::cl100k_base();
    let (mut texts, mut lengths) = (Vec::new(), Vec::new());
    for id in 0..IDS {
        let text = vocabulary.decode(&[id]);
        lengths.push(u8::try_from(text.len())?);
        texts.extend(text);
    }
    let folder = env::var_os("OUT_DIR").ok_or("cargo names no folder")?;
    fs::write(Path::new(&folder).join("cl100k.texts"), texts)?;
    fs::write(Path::new(&folder).join("cl100k.lengths"), lengths)?;
    Ok(())
}
