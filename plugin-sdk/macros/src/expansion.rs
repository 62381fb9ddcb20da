//! From the macro's input to the code that it stands for.

use std::collections::BTreeSet;

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

use crate::format::Format;
use crate::hook::Hook;

/// The contract, except the named worlds: a plugin has a world of its own.
const CONTRACT: [&str; 14] = [
    include_str!("../wit/types.wit"),
    include_str!("../wit/lifecycle.wit"),
    include_str!("../wit/route-hook.wit"),
    include_str!("../wit/prompt-hook.wit"),
    include_str!("../wit/text-hook.wit"),
    include_str!("../wit/chat.wit"),
    include_str!("../wit/request-hook.wit"),
    include_str!("../wit/event-hook.wit"),
    include_str!("../wit/finish-hook.wit"),
    include_str!("../wit/formats.wit"),
    include_str!("../wit/client-format.wit"),
    include_str!("../wit/model-format.wit"),
    include_str!("../wit/tools.wit"),
    include_str!("../wit/tool-provider.wit"),
];

/// `Type: hook, format`
pub(crate) struct Registration {
    plugin: TokenStream,
    hooks: Vec<Hook>,
    formats: Vec<Format>,
}

impl Registration {
    pub(crate) fn parse(input: TokenStream) -> Result<Self, String> {
        let tokens: Vec<TokenTree> = input.into_iter().collect();
        // The last colon, since a path to the type holds others.
        let colon = tokens.iter().rposition(|token| is_punct(token, ':'));
        let Some((plugin, hooks)) = colon.and_then(|at| Some((tokens.get(..at)?, tokens.get(at + 1..)?)))
        else {
            return Err("expected `Type: hook, ...`, such as `Redact: prompt, text`".to_owned());
        };
        let (mut named, mut formats) = (Vec::new(), Vec::new());
        for tokens in hooks.split(|token| is_punct(token, ',')).filter(|tokens| !tokens.is_empty()) {
            // `client-format` is three tokens.
            let name: String = tokens.iter().map(ToString::to_string).collect();
            let is_new = match Format::parse(&name) {
                Some(format) => add(&mut formats, format),
                None => add(&mut named, Hook::parse(&name)?),
            };
            if !is_new {
                return Err(format!("hook `{name}` is named twice"));
            }
        }
        if plugin.is_empty() || (named.is_empty() && formats.is_empty()) {
            return Err("expected a type and at least one hook, such as `Redact: prompt, text`".to_owned());
        }
        Ok(Self { plugin: plugin.iter().cloned().collect(), hooks: named, formats })
    }

    /// One block around everything, so that no name reaches the plugin's own code; a second one
    /// inside, so that the plugin's type may have any name.
    pub(crate) fn expand(self) -> TokenStream {
        let mut block = tokens("type __AditPlugin =");
        block.extend(self.plugin.clone());
        block.extend(tokens(&format!(
            "; const fn implements_plugin<P: ::adit_plugin::Plugin>() {{}}
            implements_plugin::<__AditPlugin>();
            {}
            #[cfg(target_family = \"wasm\")]
            #[allow(warnings, unsafe_code, clippy::all, clippy::pedantic, clippy::restriction, reason = \"generated code\")]
            const _: () = {{ {} }};",
            self.formats.iter().map(|format| format.check()).collect::<String>(),
            self.exports()
        )));
        let mut item = tokens("const _: () =");
        item.extend([TokenTree::Group(Group::new(Delimiter::Brace, block))]);
        item.extend(tokens(";"));
        item
    }

    /// The component's exports, which forward to `__AditPlugin`.
    fn exports(&self) -> String {
        let mut code = self.bindings();
        code.push_str(LIFECYCLE);
        for hook in &self.hooks {
            code.push_str(&forward(*hook));
        }
        code.extend(self.formats.iter().map(|format| format.forward()));
        code.push_str("bindings::export!(Component with_types_in bindings);");
        code
    }

    /// The module that wit-bindgen writes for a world with just these hooks.
    fn bindings(&self) -> String {
        let mut contract = String::from("package adit:plugin@0.1.2;\n");
        let lines = CONTRACT.iter().flat_map(|file| file.lines());
        for line in lines.filter(|line| !line.starts_with("package ")) {
            contract.push_str(line);
            contract.push('\n');
        }
        contract.push_str("world plugin { export lifecycle;");
        for hook in &self.hooks {
            contract.extend([" export ", hook.interface(), ";"]);
        }
        for format in &self.formats {
            contract.extend([" export ", format.interface(), ";"]);
        }
        contract.push('}');
        // A mapping that is not used is an error.
        let data = self.hooks.iter().flat_map(|hook| hook.data());
        let data = data.chain(self.formats.iter().flat_map(|format| format.data()));
        let data: BTreeSet<_> = data.chain(&["types"]).collect();
        let mapped = |name| format!("\"adit:plugin/{name}@0.1.2\": ::adit_plugin::{name},");
        let with = data.into_iter().map(mapped).collect::<Vec<_>>().concat();
        format!(
            "mod bindings {{
                ::adit_plugin::wit_bindgen::generate!({{
                    path: [],
                    inline: {contract:?},
                    world: \"plugin\",
                    with: {{ {with} }},
                    runtime_path: \"::adit_plugin::wit_bindgen::rt\",
                }});
            }}"
        )
    }
}

/// The mandatory interface: the config is read once, a session holds one plugin.
const LIFECYCLE: &str = "
    use bindings::exports::adit::plugin as exported;
    struct Component;
    type Session = ::adit_plugin::guest::Session<__AditPlugin>;
    ::std::thread_local! {
        static CONFIG: ::adit_plugin::guest::ConfigCell<__AditPlugin> = const { ::core::cell::RefCell::new(None) };
    }
    impl exported::lifecycle::Guest for Component {
        type Session = Session;
        fn init(
            config: ::std::string::String,
        ) -> ::core::result::Result<::adit_plugin::Descriptor, ::std::vec::Vec<::adit_plugin::ConfigError>> {
            CONFIG.with(|cell| {
                ::adit_plugin::guest::init::<__AditPlugin>(
                    cell, &config, ::core::env!(\"CARGO_PKG_NAME\"), ::core::env!(\"CARGO_PKG_VERSION\"),
                )
            })
        }
    }
    impl exported::lifecycle::GuestSession for Session {
        fn new(ctx: ::adit_plugin::RequestContext) -> Self {
            CONFIG.with(|cell| ::adit_plugin::guest::start::<__AditPlugin>(cell, ctx))
        }
    }";

/// The implementation of a hook's interface.
fn forward(hook: Hook) -> String {
    let [module, method, input, answer] = hook.signature();
    format!(
        "impl exported::{module}::Guest for Component {{
            fn {method}(
                session: exported::{module}::SessionBorrow<'_>,
                input: {input},
            ) -> {answer} {{
                session.get::<Session>().call(|plugin| ::adit_plugin::Plugin::{method}(plugin, input))
            }}
        }}"
    )
}

/// Whether the item was not there before.
fn add<T: PartialEq>(items: &mut Vec<T>, item: T) -> bool {
    let is_new = !items.contains(&item);
    items.push(item);
    is_new
}

/// A macro's way to report an error.
pub(crate) fn compile_error(message: &str) -> TokenStream {
    tokens(&format!("::core::compile_error!({message:?});"))
}

/// Code of this file, whose brackets match.
fn tokens(code: &str) -> TokenStream {
    code.parse().unwrap_or_default()
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}
