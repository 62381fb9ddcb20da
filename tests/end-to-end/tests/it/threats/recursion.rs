//! 3: the stack.

use serde_json::json;

use super::beside::{NO_BREAKER, check, hostile};
use crate::harness::{Key, Stack, Web, fine};

const GRANTS: [&str; 7] =
    ["--grant", "kv", "--grant", "http=127.0.0.1", "--acknowledge", "--settings", "adit.toml"];

fn diver<'s>(stack: &'s Stack, ask: &str, url: &str) -> Key<'s> {
    stack.key().with_terms("dive", &json!({"depth": 0, "ask": ask, "url": url}), &GRANTS)
}

/// Whether it came up again; if not, it was trapped.
fn comes_up(key: &Key<'_>, depth: u64) -> bool {
    let answer = key.ask(&depth.to_string());
    if answer.status == 200 {
        return true;
    }
    assert_eq!(answer.error()["code"], "plugin_fault", "{}", answer.text());
    false
}

#[test]
fn a_plugin_dives_as_deep_as_it_can_and_asks_the_host_from_there() {
    let settings = format!("{NO_BREAKER}[plugin_http]\nprivate_hosts = [\"127.0.0.1\"]");
    let web = Web::start(|_| fine("from above"));
    let log = check(hostile().plugins(["dive"]).settings(&settings).start(), |stack| {
        let silent = diver(stack, "nothing", "");
        let (mut deep, mut too_deep) = (0_u64, 1 << 22);
        while too_deep - deep > 1 {
            let depth = deep.midpoint(too_deep);
            if comes_up(&silent, depth) { deep = depth } else { too_deep = depth }
        }
        assert!(deep > 1000, "it came up from no more than {deep}");
        for ask in ["log", "output", "values", "http"] {
            let key = diver(stack, ask, &web.url("/"));
            // Where there is hardly a frame left, and where there is enough.
            for steps_up in [0, 1, 2, 3, 5, 8, 13, 21, 34, 55] {
                comes_up(&key, deep - steps_up);
            }
            assert!(comes_up(&key, deep / 2), "{ask}");
        }
        Vec::new()
    });
    assert!(log.contains("call stack exhausted"), "{log}");
}
