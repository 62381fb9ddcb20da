//! The macro behind `adit_plugin::register!`.

mod expansion;
mod format;
mod hook;

use proc_macro::TokenStream;

/// Makes a crate a plugin: `register!(Type: route, prompt, text)` with one hook or more. A wire
/// format is named beside the hooks: `register!(Type: client-format)`, or `model-format`; tools with
/// `tool-provider`.
///
/// The component exports just the hooks that are named, and the host calls no others. Its name and
/// version are those of the crate. Only a build for WebAssembly exports anything; any other build
/// checks that the type implements `Plugin`.
///
/// Takes one invocation a crate, and no `#![forbid(unsafe_code)]`: the generated glue code is
/// unsafe, as every call across the boundary is.
#[proc_macro]
pub fn register(input: TokenStream) -> TokenStream {
    expansion::Registration::parse(input)
        .map_or_else(|message| expansion::compile_error(&message), expansion::Registration::expand)
}
