//! When environments are started, stopped and killed.

use std::fs;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use runtime_api::{Between, Environment, Fault};

use crate::client::{fetch, send};
use crate::{PATIENCE, empty, start};

/// The letter that the kernel has for what a process does.
fn state_of(environment: &Environment) -> char {
    let status = fs::read_to_string(format!("/proc/{}/stat", environment.process_id())).unwrap();
    status.rsplit_once(") ").unwrap().1.chars().next().unwrap()
}

fn wait_for(mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "it does not come to it");
        std::thread::yield_now();
    }
}

#[test]
fn one_request_after_the_other_needs_one_environment() {
    let emulator = start(empty());
    for _ in 0..5 {
        assert_eq!(fetch(&emulator, "/stream").chunks().0.len(), 3);
    }
    assert_eq!(emulator.environments().len(), 1);
    assert_eq!(emulator.faults(), []);
}

#[test]
fn requests_at_once_have_an_environment_each() {
    let mut function = empty();
    function.most_environments = NonZeroUsize::new(3).unwrap();
    let emulator = start(function);
    let mut running: Vec<_> = (0..3).map(|_| fetch(&emulator, "/stuck")).collect();
    assert!(running.iter_mut().all(|response| response.chunk().is_ok()));
    assert_eq!(emulator.environments().len(), 3);
    assert_eq!(fetch(&emulator, "/stream").status, 429);
}

#[test]
fn an_environment_is_frozen_between_requests() {
    let mut function = empty();
    function.between = Between::Frozen;
    let emulator = start(function);
    for _ in 0..3 {
        assert_eq!(fetch(&emulator, "/stream").chunks().0.len(), 3);
        let environment = emulator.environments().pop().unwrap();
        wait_for(|| state_of(&environment) == 'T');
    }
    assert_eq!(emulator.environments().len(), 1);
    assert_eq!(emulator.faults(), []);
}

#[test]
fn an_environment_that_lambda_needs_no_more_is_gone_without_a_word() {
    let emulator = start(empty());
    assert!(emulator.provision(2, PATIENCE));
    assert!(emulator.reclaim(PATIENCE));
    assert_eq!(fetch(&emulator, "/stream").status, 207);
    assert_eq!(emulator.environments().len(), 3);
    assert_eq!(emulator.faults(), []);
}

#[test]
fn the_deadline_cuts_a_response_off_and_kills_the_environment() {
    let mut function = empty();
    function.timeout = Duration::from_secs(2);
    let emulator = start(function);
    let (chunks, is_whole) = fetch(&emulator, "/stuck").chunks();
    assert_eq!((chunks, is_whole), (vec!["one".to_owned()], false));
    assert!(emulator.wait_for_fault(PATIENCE, |fault| *fault == Fault::CutOff));
    assert!(emulator.faults().contains(&Fault::Timeout));
    assert_eq!(fetch(&emulator, "/stream").status, 207);
    assert_eq!(emulator.environments().len(), 2);
}

#[test]
fn a_client_that_leaves_does_not_stop_the_function() {
    let mut function = empty();
    function.most_environments = NonZeroUsize::MIN;
    function.timeout = Duration::from_secs(2);
    let emulator = start(function);
    let mut response = fetch(&emulator, "/endless");
    assert!(response.chunk().is_ok());
    drop(response);
    // It works on until its time is up, and is an obstacle until then.
    assert_eq!(fetch(&emulator, "/stream").status, 429);
    assert!(emulator.wait_for_fault(PATIENCE, |fault| *fault == Fault::Timeout));
}

#[test]
fn a_client_that_does_not_read_holds_the_function_up() {
    let mut function = empty();
    function.socket_buffer_bytes = Some(16 * 1024);
    let emulator = start(function);
    let response = send(&emulator, "GET", "/endless", "", "");
    let environment = || emulator.environments().pop();
    wait_for(|| environment().is_some_and(|environment| environment.first_byte().is_some()));
    // Once all is full, it does nothing any more: it says no more than a few chunks of 64 KiB in all.
    let environment = environment().unwrap();
    wait_for(|| {
        let before = environment.usage().unwrap().cpu;
        std::thread::yield_now();
        state_of(&environment) == 'S' && environment.usage().unwrap().cpu == before
    });
    drop(response);
    wait_for(|| state_of(&environment) == 'R');
}

#[test]
fn a_cold_start_is_measured() {
    let emulator = start(empty());
    assert_eq!(fetch(&emulator, "/stream").status, 207);
    let environment = emulator.environments().pop().unwrap();
    assert!(environment.first_poll().unwrap() < environment.first_byte().unwrap());
    let usage = environment.usage().unwrap();
    assert!(!usage.cpu.is_zero() && usage.peak_resident_bytes > 100_000, "{usage:?}");
}

#[test]
fn whether_small_writes_wait_is_seen() {
    let emulator = start(empty());
    assert!(emulator.provision(1, PATIENCE));
    // AWS's own client lets them wait for an ACK.
    assert_eq!(emulator.environments().pop().unwrap().no_delay().unwrap(), [false]);
}
