//! What strangers' code could try, and the tests that try it. Each test of this folder asks meanwhile with the key of a
//! neighbour, whose answers must stay as they were, and looks at the server's memory and for secrets in errors and log.
//!
//! | | a plugin could | tests |
//! |---|---|---|
//! | 1 | loop in any call, or keep the host at work | `threats/loops.rs` `in_every_hook`, `when_the_answer_is_out`, `in_wire_formats`, `that_keep_the_host_at_work`; `hostile_plugins.rs` `a_plugin_that_never_returns`, `a_plugin_that_sleeps`; `refused_plugins.rs` `a_plugin_that_breaks_while_it_reads_its_config_is_not_switched_on` |
//! | 2 | take memory, tables, handles, or have the host take them | `threats/memory.rs` `tables_do_not_grow_without_end`, `the_host_makes_nothing_large_for_a_plugin`, `many_instances_at_once_have_room_for_what_the_settings_say`; `hostile_plugins.rs` `a_plugin_that_takes_all_memory`, `a_plugin_that_hands_back_100_mib`, `memory_stays_bounded_when_a_plugin_takes_all_of_it_again_and_again` |
//! | 3 | call itself without end | `threats/recursion.rs` `a_plugin_dives_as_deep_as_it_can_and_asks_the_host_from_there` |
//! | 4 | trap at any point, also behind the first byte | `threats/traps.rs` `every_client_learns_of_a_trap_in_its_own_format`; `hostile_plugins.rs` `a_plugin_that_breaks_in_the_middle_of_an_answer`; `client_format.rs` `a_plugin_that_breaks_behind_the_first_byte_never_ends_well`; `breaker.rs` `while_it_is_open_a_plugin_is_not_run` |
//! | 5 | keep what one caller said for another | `threats/state.rs` `memory_is_zero_whoever_had_it_before`, `two_plugins_of_one_key_share_no_values`; `plugin_chain.rs` `nothing_of_a_request_is_left_in_a_plugin_for_the_next_one`; `reuse.rs` `an_instance_serves_the_next_request_of_its_key_and_of_no_other`; `grants.rs` `values_outlive_requests_and_those_of_two_tenants_never_mix` |
//! | 6 | see, or be made to see, an answer in odd pieces | `threats/splits.rs` `redact_says_the_same_wherever_an_answer_is_cut`, `guard_stops_a_term_wherever_it_is_cut`; `redaction.rs` `an_address_comes_back_wherever_the_bytes_of_the_stream_are_cut` |
//! | 7 | count wrongly what it consumed | `threats/holding.rs` `nothing_is_held_without_end`, `nothing_is_lost_by_a_plugin_that_counts_wrongly`; `hostile_plugins.rs` `a_plugin_that_counts_wrongly` |
//! | 8 | say what could be taken for something else | `threats/injection.rs` `text_stays_text`, `names_stay_names`, `refusals_stay_refusals`, `a_model_is_a_name_and_no_path`; `event_hooks.rs` `no_plugin_says_what_an_answer_cost`, `events_out_of_order_end_the_answer_and_name_the_plugin`; `client_format.rs` `headers_that_are_the_hosts_business_are_dropped` |
//! | 9 | carry out what it reads | `threats/exfiltration.rs` `what_a_plugin_tells_the_log_is_cut_off_and_bears_its_name`, `what_a_plugin_was_told_is_in_no_error_of_the_hosts`; `grants.rs` `a_plugin_is_not_enabled_without_its_grants`, `hosts_and_addresses_that_were_not_granted_are_not_asked`, `redirects_are_not_followed_and_the_host_s_headers_not_taken`, `a_secret_reaches_the_host_and_neither_the_plugin_nor_the_log` |
//! | 10 | reach further than the key that it works for | `threats/deputy.rs` `no_hook_leads_to_a_model_that_the_key_may_not_use`; `client_format.rs` `a_plugin_reads_no_credential`; `hostile_plugins.rs` `a_plugin_sees_nothing_of_the_machine` |
//! | 11 | fail, so that a request passes without it | `threats/bypass.rs` `no_prompt_passes_a_filter_that_fails`; `failure_policy.rs` `by_default_no_answer_comes_without_the_plugin`, `where_the_operator_says_so_the_request_goes_on_and_says_without_what`; `plugin_status.rs` `calls_failures_and_holds_are_counted_over_restarts` |
//! | 12 | be exchanged on its way | `host/src/catalog/tests.rs` `nothing_is_taken_that_no_trusted_key_has_signed`, `an_old_release_does_not_pass_for_a_new_one`, `edited_content_is_refused_in_the_catalog_and_in_the_cache`, `an_edited_artifact_is_refused`, `an_artifact_is_taken_for_its_own_component_machine_and_engine_alone`; `catalog.rs` `an_object_that_was_changed_is_not_run` |
//! | 13 | time its neighbours | `threats/clocks.rs` `a_clock_has_steps_of_a_millisecond` |
//! | 14 | change while it runs | `threats/exchange.rs` `a_bad_version_does_not_end_what_runs`; `hot_change.rs` `a_file_that_is_moved_in_counts_and_a_running_answer_keeps_what_it_began_with` |

mod beside;
mod bypass;
mod clocks;
mod deputy;
mod exchange;
mod exfiltration;
mod holding;
mod injection;
mod loops;
mod memory;
mod recursion;
mod splits;
mod state;
mod traps;
mod written;

use std::fs;
use std::path::Path;

/// A file, and tests in it.
type Tests = (String, Vec<String>);

/// The rows of the table above.
fn table() -> Vec<(usize, Vec<Tests>)> {
    let rows = include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    let rows = rows.filter_map(|row| {
        let mut cells = row.split(" | ");
        let number = cells.next()?.parse().ok()?;
        let tests = cells.nth(1)?.trim_end_matches(" |").split("; ");
        Some((number, tests.map(named).collect()))
    });
    rows.collect()
}

/// All that stands between backticks.
fn named(names: &str) -> Tests {
    let mut names = names.split('`').skip(1).step_by(2).map(str::to_owned);
    (names.next().unwrap(), names.collect())
}

#[test]
fn each_of_the_fourteen_has_tests_that_are_there() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let table = table();
    assert_eq!(table.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (1..=14).collect::<Vec<_>>());
    for (number, files) in table {
        for (file, names) in files {
            let path = if file.starts_with("host/") { root.join(&file) } else { tests.join(&file) };
            let text =
                fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{number}: `{file}`: {fault}"));
            assert!(!names.is_empty(), "{number}: no test of `{file}`");
            for name in names {
                let is_test = ["#[test]\n", "#[tokio::test]\n"]
                    .iter()
                    .flat_map(|mark| ["fn", "async fn"].map(|word| format!("{mark}{word} {name}()")))
                    .any(|begin| text.contains(&begin));
                assert!(is_test, "{number}: `{file}` has no test `{name}`");
            }
        }
    }
}
