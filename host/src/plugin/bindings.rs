//! The contract as Rust, made from `wit/`.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "everything",
    imports: {
        "adit:plugin/kv": async,
        "adit:plugin/http": async,
    },
    exports: { default: async },
    ownership: Borrowing { duplicate_if_necessary: false },
});
