//! Asks the host for more of one thing than anybody needs: `{"what": "handles"}`.
#![cfg_attr(
    target_family = "wasm",
    allow(unsafe_code, missing_docs, unreachable_pub, clippy::allow_attributes, reason = "generated code")
)]

#[cfg(target_family = "wasm")]
mod wasi {
    wit_bindgen::generate!({
        inline: "
            package adit:hoard;

            package wasi:io@0.2.0 {
                interface error { resource error { to-debug-string: func() -> string; } }
                interface poll {
                    resource pollable { ready: func() -> bool; block: func(); }
                    poll: func(in: list<borrow<pollable>>) -> list<u32>;
                }
                interface streams {
                    use error.{error};
                    use poll.{pollable};
                    variant stream-error { last-operation-failed(error), closed }
                    resource input-stream {
                        read: func(len: u64) -> result<list<u8>, stream-error>;
                        blocking-read: func(len: u64) -> result<list<u8>, stream-error>;
                        skip: func(len: u64) -> result<u64, stream-error>;
                        blocking-skip: func(len: u64) -> result<u64, stream-error>;
                        subscribe: func() -> pollable;
                    }
                    resource output-stream {
                        check-write: func() -> result<u64, stream-error>;
                        write: func(contents: list<u8>) -> result<_, stream-error>;
                        blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
                        flush: func() -> result<_, stream-error>;
                        blocking-flush: func() -> result<_, stream-error>;
                        subscribe: func() -> pollable;
                        write-zeroes: func(len: u64) -> result<_, stream-error>;
                        blocking-write-zeroes-and-flush: func(len: u64) -> result<_, stream-error>;
                        splice: func(src: borrow<input-stream>, len: u64) -> result<u64, stream-error>;
                        blocking-splice: func(src: borrow<input-stream>, len: u64) -> result<u64, stream-error>;
                    }
                }
            }
            package wasi:clocks@0.2.0 {
                interface monotonic-clock {
                    use wasi:io/poll@0.2.0.{pollable};
                    type instant = u64;
                    type duration = u64;
                    now: func() -> instant;
                    resolution: func() -> duration;
                    subscribe-instant: func(when: instant) -> pollable;
                    subscribe-duration: func(when: duration) -> pollable;
                }
            }
            package wasi:random@0.2.0 {
                interface random {
                    get-random-bytes: func(len: u64) -> list<u8>;
                    get-random-u64: func() -> u64;
                }
            }
            package wasi:cli@0.2.0 {
                interface stdout {
                    use wasi:io/streams@0.2.0.{output-stream};
                    get-stdout: func() -> output-stream;
                }
            }

            world hoard {
                import wasi:io/poll@0.2.0;
                import wasi:clocks/monotonic-clock@0.2.0;
                import wasi:random/random@0.2.0;
                import wasi:cli/stdout@0.2.0;
            }
        ",
        world: "adit:hoard/hoard",
        generate_all,
    });
}

use std::rc::Rc;

use adit_plugin::{Plugin, PluginError, PromptVerdict, RequestContext, Segment};
use serde::Deserialize;

struct Hoard(Rc<Settings>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    what: What,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    /// A million resources of the host.
    Handles,
    /// One resource, a million times in one call.
    Waits,
    /// 4 GiB of random bytes.
    Random,
    /// 4 GiB of zeroes, written to the output.
    Zeroes,
}

adit_plugin::json_config!(Settings);

#[cfg(target_family = "wasm")]
fn take(what: What) {
    use wasi::wasi::cli::stdout::get_stdout;
    use wasi::wasi::clocks::monotonic_clock::subscribe_duration;
    use wasi::wasi::io::poll::poll;
    use wasi::wasi::random::random::get_random_bytes;

    match what {
        What::Handles => (0..1_000_000).for_each(|_| std::mem::forget(subscribe_duration(u64::MAX))),
        What::Waits => {
            let soon = subscribe_duration(0);
            poll(&vec![&soon; 1_000_000]);
        }
        What::Random => drop(get_random_bytes(4 << 30)),
        What::Zeroes => drop(get_stdout().write_zeroes(4 << 30)),
    }
}

#[cfg(not(target_family = "wasm"))]
fn take(_: What) {}

impl Plugin for Hoard {
    type Config = Settings;

    fn start(settings: Rc<Settings>, _: RequestContext) -> Self {
        Self(settings)
    }

    fn on_prompt(&mut self, _: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        take(self.0.what);
        Ok(PromptVerdict::Keep)
    }
}

adit_plugin::register!(Hoard: prompt);
