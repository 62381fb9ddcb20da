use super::stores::{Stores, id, key};
use crate::pipeline::Thoughts;

pub(super) async fn a_thought_is_found_by_its_key_and_call(stores: &Stores) {
    let key = key(&*stores.one).await.id;
    let (one, other): (&dyn Thoughts, &dyn Thoughts) = (&*stores.one, &*stores.other);
    for (call, thought) in [("t1", "thought"), ("t1", "second"), ("t'3\"", "third")] {
        one.keep(&key, call, thought.as_bytes().to_vec()).await.unwrap();
    }
    let found = other.find_all(&key, &["t1", "t2", "t'3\"", "t1"]).await.unwrap();
    let expected = [("t1", b"second".to_vec()), ("t'3\"", b"third".to_vec())];
    assert_eq!(found, expected.map(|(id, thought)| (id.to_owned(), thought)).into());
    assert!(other.find_all(&key, &[]).await.unwrap().is_empty());
    assert!(other.find_all(&id("aaaaaaaaaa"), &["t1"]).await.unwrap().is_empty());
    let calls: Vec<_> = (0..130).map(|number| format!("call-{number}")).collect();
    for call in &calls {
        one.keep(&key, call, vec![7]).await.unwrap();
    }
    let asked: Vec<_> = calls.iter().map(String::as_str).collect();
    assert_eq!(other.find_all(&key, &asked).await.unwrap().len(), 130);
}
