use std::time::Duration;

use super::super::{Session, StoreError};
use super::stores::{Stores, id, noon};

const HOUR: Duration = Duration::from_hours(1);

fn session(name: &str, key: &str, data: &[u8]) -> Session {
    Session { id: name.to_owned(), key: id(key), data: data.to_vec() }
}

pub(super) async fn a_session_lives_on_while_it_is_asked_for(stores: &Stores) {
    let mine = session("s1", "aaaaaaaaaa", b"data \0");
    let find = async |minutes: u64| {
        let at = noon() + Duration::from_mins(minutes);
        stores.other.find_session(&mine.key, "s1", at, HOUR).await.unwrap()
    };
    assert_eq!(find(0).await, None);
    stores.one.keep_session(&mine, noon(), HOUR).await.unwrap();
    for minutes in [50, 100, 150] {
        assert_eq!(find(minutes).await, Some(mine.clone()));
    }
    assert_eq!(find(210).await, None, "it may still be there, but it counts as gone");
    assert!(!stores.one.end_session(&mine.key, "s1", noon() + 4 * HOUR).await.unwrap());

    let again = session("s1", "aaaaaaaaaa", &vec![7; Session::MAX_BYTES]);
    stores.one.keep_session(&mine, noon(), HOUR).await.unwrap();
    stores.one.keep_session(&again, noon(), HOUR).await.unwrap();
    let more = session("s1", "aaaaaaaaaa", &vec![8; Session::MAX_BYTES + 1]);
    let refused = stores.one.keep_session(&more, noon(), HOUR).await;
    assert!(matches!(refused, Err(StoreError::SessionTooLarge)));
    assert_eq!(find(1).await, Some(again));
    assert!(stores.one.end_session(&mine.key, "s1", noon()).await.unwrap());
    assert!(!stores.one.end_session(&mine.key, "s1", noon()).await.unwrap());
    assert_eq!(find(2).await, None);
}

pub(super) async fn a_session_is_its_keys_alone(stores: &Stores) {
    let (mine, stolen) = (session("s1", "aaaaaaaaaa", b"mine"), session("s1", "bbbbbbbbbb", b"stolen"));
    stores.one.keep_session(&mine, noon(), HOUR).await.unwrap();
    assert_eq!(stores.other.find_session(&stolen.key, "s1", noon(), HOUR).await.unwrap(), None);
    let foreign = stores.other.keep_session(&stolen, noon(), HOUR).await;
    assert!(matches!(foreign, Err(StoreError::ForeignSession)));
    assert!(!stores.other.end_session(&stolen.key, "s1", noon()).await.unwrap());
    assert_eq!(stores.one.find_session(&mine.key, "s1", noon(), HOUR).await.unwrap(), Some(mine));
    // Its time is over: the id is free.
    stores.other.keep_session(&stolen, noon() + 2 * HOUR, HOUR).await.unwrap();
    let found = stores.one.find_session(&stolen.key, "s1", noon() + 2 * HOUR, HOUR).await.unwrap();
    assert_eq!(found, Some(stolen));
}
