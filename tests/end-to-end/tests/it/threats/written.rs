//! Plugins that no compiler would make, written as text.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What a session's constructor does in a plugin whose table grows until it cannot.
pub(super) const TABLES: &str = "(loop $more (br_if $more (i32.ne (table.grow $table (ref.null func) (i32.const 1000)) (i32.const -1)))) unreachable";

/// A plugin with a route hook, as a component. `start` is the code of its session's constructor.
pub(super) fn router(start: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (memory (export "memory") 1)
            (table $table 1 funcref)
            ;; All zero is a descriptor without wishes.
            (func (export "adit:plugin/lifecycle@0.1.2#init") (param i32 i32) (result i32) (i32.const 1024))
            (func (export "adit:plugin/lifecycle@0.1.2#[constructor]session")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {start})
            (func (export "adit:plugin/route-hook@0.1.2#on-route")
                (param i32 i32 i32 i32 i64 i32 i32 i32 i32) (result i32) unreachable)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 32768)))"#
    );
    let mut module = wat::parse_str(text).unwrap();
    let mut contract = Resolve::default();
    let (package, _) = contract.push_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit")).unwrap();
    let world = contract.select_world(&[package], Some("router")).unwrap();
    embed_component_metadata(&mut module, &contract, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}
