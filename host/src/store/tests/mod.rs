//! What every store does, tried with each of them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail loudly")]

mod answers;
mod concurrency;
mod keys;
mod ledger;
mod meters;
mod model;
mod sessions;
mod stores;
mod teams;
mod thoughts;
mod usage;
mod values;

/// Each function of these files is a behaviour, to be found in every store.
macro_rules! behaviours {
    ($($file:ident { $($name:ident)* })*) => {
        mod sqlite {
            $(mod $file {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::super::$file::$name(&super::super::stores::sqlite()).await;
                })*
            })*
        }

        mod dynamodb {
            $(mod $file {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if let Some(stores) = super::super::stores::dynamodb().await {
                        super::super::$file::$name(&stores).await;
                    }
                })*
            })*
        }
    };
}

behaviours! {
    keys {
        a_key_comes_back_as_it_was_made
        what_is_not_there_is_said
        every_change_is_made_on_what_the_others_have_left
        a_former_secret_is_good_until_its_time
        a_principal_counts_as_the_key_that_names_it_best
        the_seed_root_is_the_same_for_all
    }
    teams {
        a_key_is_served_on_its_teams_terms
        a_team_with_keys_stays
        many_keys_join_and_leave_a_team_at_once
    }
    ledger {
        counts_are_summed_over_processes
        a_rollout_steps_back_for_every_process
        a_finished_rollout_is_pinned_for_keys_and_teams
        the_highest_version_stays
    }
    values {
        a_value_is_there_until_it_is_deleted_or_over
        spaces_have_nothing_in_common
        numbers_add_up_whoever_adds
        what_is_no_number_counts_as_0_and_a_lifetime_begins_once
        a_space_has_a_quota_of_keys
        a_space_has_a_quota_of_bytes
    }
    meters {
        what_is_taken_is_settled_exactly
        a_refusal_names_the_limit_and_the_wait
        what_one_scope_refuses_is_taken_from_none
        to_take_or_to_settle_again_changes_nothing
        a_lease_that_is_over_is_given_back_once
        who_comes_back_after_a_clock_that_jumped_changes_nothing
        a_clock_that_jumps_locks_nobody_out
        old_accounts_are_forgotten
    }
    model {
        any_sequence_comes_out_as_the_meter_says
    }
    concurrency {
        a_budget_is_overspent_by_at_most_one_reservation
        a_rate_holds_however_many_ask_at_once
        no_more_run_at_a_time_than_may
        many_give_back_what_one_has_left
    }
    usage {
        usage_is_summed_by_day_key_team_and_model
    }
    thoughts {
        a_thought_is_found_by_its_key_and_call
    }
    answers {
        an_answer_is_kept_for_its_scope_until_its_time
        a_purge_removes_the_answers_of_one_scope
    }
    sessions {
        a_session_lives_on_while_it_is_asked_for
        a_session_is_its_keys_alone
    }
}
