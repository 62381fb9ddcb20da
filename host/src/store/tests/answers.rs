use std::time::Duration;

use super::stores::{Stores, id, noon};
use crate::ids::TeamName;
use crate::metering::Scope;
use crate::pipeline::{CacheKey, CachedAnswer, Kept};

fn key(scope: &Scope, number: u8) -> CacheKey {
    CacheKey { scope: scope.clone(), digest: [number; 32] }
}

fn answer(body: impl Into<Vec<u8>>) -> CachedAnswer {
    CachedAnswer { body: body.into(), stored: noon() }
}

const HOUR: Duration = Duration::from_hours(1);

pub(super) async fn an_answer_is_kept_for_its_scope_until_its_time(stores: &Stores) {
    let (mine, team) = (Scope::Key(id("aaaaaaaaaa")), Scope::Team(TeamName::parse("aaaaaaaaaa").unwrap()));
    let find =
        async |key: CacheKey, after: Duration| stores.other.find_answer(&key, noon() + after).await.unwrap();
    assert_eq!(find(key(&mine, 1), Duration::ZERO).await, None);
    for body in [b"first".to_vec(), b"second \0\xff".to_vec()] {
        assert_eq!(stores.one.keep_answer(&key(&mine, 1), answer(body), HOUR).await.unwrap(), Kept::Kept);
    }
    assert_eq!(find(key(&mine, 1), HOUR / 2).await, Some(answer(b"second \0\xff".to_vec())));
    // It may still be there, but it counts as gone.
    assert_eq!(find(key(&mine, 1), HOUR).await, None);
    for other in [key(&mine, 2), key(&team, 1)] {
        assert_eq!(find(other, Duration::ZERO).await, None);
    }
    let large = answer(vec![7; 350 << 10]);
    assert_eq!(stores.one.keep_answer(&key(&mine, 3), large.clone(), HOUR).await.unwrap(), Kept::Kept);
    assert_eq!(find(key(&mine, 3), Duration::ZERO).await, Some(large));
    let huge = answer(vec![7; (16 << 20) + 1]);
    assert_eq!(stores.one.keep_answer(&key(&mine, 4), huge, HOUR).await.unwrap(), Kept::TooLarge);
    assert_eq!(find(key(&mine, 4), Duration::ZERO).await, None);
}

pub(super) async fn a_purge_removes_the_answers_of_one_scope(stores: &Stores) {
    let (mine, other) = (Scope::Key(id("aaaaaaaaaa")), Scope::Key(id("bbbbbbbbbb")));
    for number in 0..30 {
        stores.one.keep_answer(&key(&mine, number), answer("x"), HOUR).await.unwrap();
    }
    stores.one.keep_answer(&key(&other, 1), answer("x"), HOUR).await.unwrap();
    assert_eq!(stores.other.purge_answers(&mine).await.unwrap(), 30);
    assert_eq!(stores.other.purge_answers(&mine).await.unwrap(), 0);
    assert_eq!(stores.one.find_answer(&key(&mine, 7), noon()).await.unwrap(), None);
    assert!(stores.one.find_answer(&key(&other, 1), noon()).await.unwrap().is_some());
}
