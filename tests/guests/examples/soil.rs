//! Looks for what others left in its memory, fills so many MiB of it, and keeps them:
//! `{"mib": 16, "tell": true}`, or `"count": true`.
#![cfg_attr(
    target_family = "wasm",
    expect(unsafe_code, reason = "an allocator would hide what is in fresh memory")
)]
use std::cell::Cell;
use std::rc::Rc;

use adit_plugin::{Plugin, PluginError, PromptVerdict, RequestContext, Segment, TextKinds};
use serde::Deserialize;

struct Soil(Rc<Settings>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    mib: usize,
    /// Answers in the model's place, with the number of bytes that were not zero.
    tell: bool,
    /// Answers in the model's place, with how often its instance has done so.
    #[serde(default)]
    count: bool,
}

thread_local! {
    static TIMES: Cell<u32> = const { Cell::new(0) };
}

adit_plugin::json_config!(Settings);

#[cfg(target_family = "wasm")]
fn soil(mib: usize) -> usize {
    const PAGE_BYTES: usize = 64 << 10;
    let bytes = mib << 20;
    let before = core::arch::wasm32::memory_grow::<0>(bytes / PAGE_BYTES);
    assert!(before != usize::MAX, "there is no memory");
    // SAFETY: these pages are new, and nothing else has their address.
    let fresh = unsafe { std::slice::from_raw_parts_mut((before * PAGE_BYTES) as *mut u8, bytes) };
    let left = fresh.iter().filter(|byte| **byte != 0).count();
    fresh.fill(0xa5);
    std::hint::black_box(fresh);
    left
}

#[cfg(not(target_family = "wasm"))]
fn soil(_: usize) -> usize {
    0
}

impl Plugin for Soil {
    type Config = Settings;
    /// So that it has not done its work when the model is asked.
    const WANTS: TextKinds = TextKinds::TEXT;

    fn start(settings: Rc<Settings>, _: RequestContext) -> Self {
        Self(settings)
    }

    fn on_prompt(&mut self, _: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        let left = soil(self.0.mib);
        TIMES.set(TIMES.get() + 1);
        if self.0.count {
            return Ok(PromptVerdict::Respond(TIMES.get().to_string()));
        }
        Ok(if self.0.tell { PromptVerdict::Respond(format!("{left} bytes")) } else { PromptVerdict::Keep })
    }
}

adit_plugin::register!(Soil: prompt, text);
