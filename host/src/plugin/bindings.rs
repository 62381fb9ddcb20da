//! The contract as Rust, made from `wit/`.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "everything",
    exports: { default: async },
    ownership: Borrowing { duplicate_if_necessary: false },
});
