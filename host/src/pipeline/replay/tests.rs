#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::sync::Mutex;

use futures::TryStreamExt;

use super::*;
use crate::chat::{
    Batch, BlockKind, BlockStart, Delta, Event, Json, Message, Reasoning, Role, StopReason, Strictness, Tool,
    ToolResult, ToolResultStatus,
};
use crate::error::Kind;
use crate::telemetry::{Arrival, Outlet, Record, Telemetry};

fn key(id: &str) -> KeyId {
    KeyId::parse(id).unwrap()
}

fn capsules() -> Replay {
    Replay::Capsule([7; 32])
}

/// A store in memory.
#[derive(Default)]
struct Shelf(Mutex<HashMap<(KeyId, String), Vec<u8>>>);

#[async_trait]
impl Thoughts for Shelf {
    async fn keep(&self, key: &KeyId, id: &str, thought: Vec<u8>) -> Result<(), Failure> {
        self.0.lock().unwrap().insert((key.clone(), id.to_owned()), thought);
        Ok(())
    }

    async fn find_all(&self, key: &KeyId, ids: &[&str]) -> Result<HashMap<String, Vec<u8>>, Failure> {
        let kept = self.0.lock().unwrap();
        let find = |id: &&str| Some(((*id).to_owned(), kept.get(&(key.clone(), (*id).to_owned()))?.clone()));
        Ok(ids.iter().filter_map(find).collect())
    }
}

/// A store that does nothing but fail.
struct Broken;

#[async_trait]
impl Thoughts for Broken {
    async fn keep(&self, _: &KeyId, _: &str, _: Vec<u8>) -> Result<(), Failure> {
        Err(Failure::new(Kind::StoreUnavailable, "the disk is full"))
    }

    async fn find_all(&self, _: &KeyId, _: &[&str]) -> Result<HashMap<String, Vec<u8>>, Failure> {
        Err(Failure::new(Kind::StoreUnavailable, "the disk is gone"))
    }
}

fn start(index: u32, kind: BlockKind) -> Event {
    Event::BlockStart(BlockStart { index, kind })
}

fn call(id: &str) -> BlockKind {
    BlockKind::ToolUse { id: id.to_owned(), name: "look".to_owned() }
}

fn delta(index: u32, text: &str) -> Event {
    Event::Delta(Delta { index, text: text.to_owned() })
}

/// Thinks, thinks in secret, says something, calls, thinks again, calls twice.
fn answer() -> Batch {
    vec![
        start(0, BlockKind::Reasoning),
        delta(0, "I should "),
        delta(0, "look"),
        Event::Signature { index: 0, value: "seal".to_owned() },
        Event::BlockStop(0),
        start(1, BlockKind::Reasoning),
        Event::RedactedReasoning { index: 1, data: "c2VjcmV0".to_owned() },
        Event::BlockStop(1),
        start(2, BlockKind::Text),
        delta(2, "Let me look."),
        Event::BlockStop(2),
        start(3, call("t1")),
        Event::BlockStop(3),
        start(4, BlockKind::Reasoning),
        delta(4, "and again"),
        Event::Signature { index: 4, value: "seal2".to_owned() },
        Event::BlockStop(4),
        start(5, call("t2")),
        Event::BlockStop(5),
        start(6, call("t3")),
        Event::BlockStop(6),
        Event::MessageStop(StopReason::ToolUse),
    ]
}

fn asking() -> Request {
    let tool = Tool {
        name: "look".to_owned(),
        description: None,
        input_schema: Json::empty_object(),
        strictness: Strictness::Loose,
        cache: None,
    };
    Request { tools: vec![tool], ..Request::new("m", Vec::new()) }
}

/// The ids that the client is given, with the answer cut after every `size` events.
async fn ids(replay: &Replay, key: &KeyId, size: usize) -> Vec<String> {
    let batches: Vec<_> = answer().chunks(size).map(|batch| Ok(batch.to_vec())).collect();
    let kept = replay.keep(key, &asking(), stream::iter(batches).boxed(), Observation::default());
    let batches: Vec<Batch> = kept.try_collect().await.unwrap();
    let ids = batches.into_iter().flatten().filter_map(|event| match event {
        Event::BlockStart(BlockStart { kind: BlockKind::ToolUse { id, .. }, .. }) => Some(id),
        _ => None,
    });
    ids.collect()
}

/// What a client sends back that knows nothing of thinking.
fn history(ids: &[String]) -> Request {
    let call = |id: &String| {
        Part::ToolUse(ToolUse { id: id.clone(), name: "look".to_owned(), input: Json::empty_object() })
    };
    let result = |id: &String| {
        Part::ToolResult(ToolResult {
            tool_use_id: id.clone(),
            status: ToolResultStatus::Success,
            content: Vec::new(),
        })
    };
    let mut said = vec![Part::Text("Let me look.".to_owned())];
    said.extend(ids.iter().map(call));
    let mut request = asking();
    request.messages = vec![
        Message { role: Role::User, parts: vec![Part::Text("?".to_owned())] },
        Message { role: Role::Assistant, parts: said },
        Message { role: Role::User, parts: ids.iter().map(result).collect() },
    ];
    request
}

/// A turn in short.
fn turn(request: &Request, index: usize) -> Vec<String> {
    let parts = request.messages.get(index).unwrap().parts.iter().map(|part| match part {
        Part::Text(text) => text.clone(),
        Part::Reasoning(Reasoning { text, signature }) => {
            format!("{text}/{}", signature.as_deref().unwrap_or("-"))
        }
        Part::RedactedReasoning(data) => data.clone(),
        Part::ToolUse(call) => call.id.clone(),
        Part::ToolResult(result) => format!("result of {}", result.tool_use_id),
        other => panic!("{other:?}"),
    });
    parts.collect()
}

const RESTORED: [&str; 7] =
    ["I should look/seal", "c2VjcmV0", "Let me look.", "t1", "and again/seal2", "t2", "t3"];

#[tokio::test]
async fn thinking_comes_back_in_its_place_by_the_ids_alone() {
    let stores = [capsules(), Replay::Store(Arc::new(Shelf::default()))];
    for replay in stores {
        let key = key("aaaaaaaaaa");
        for size in [1, 2, 5, 100] {
            let ids = ids(&replay, &key, size).await;
            let mut request = history(&ids);
            replay.restore(&key, &mut request, &Observation::default()).await;
            assert_eq!(turn(&request, 1), RESTORED, "{replay:?} {size}");
            assert_eq!(turn(&request, 2), ["result of t1", "result of t2", "result of t3"], "{replay:?}");
        }
    }
}

#[tokio::test]
async fn what_the_client_sent_of_it_gives_way_to_what_was_kept() {
    let key = key("aaaaaaaaaa");
    let mut request = history(&ids(&capsules(), &key, 1).await);
    let meddled = Reasoning { text: "meddled".to_owned(), signature: Some("seal".to_owned()) };
    request.messages.get_mut(1).unwrap().parts.insert(0, Part::Reasoning(meddled));
    capsules().restore(&key, &mut request, &Observation::default()).await;
    assert_eq!(turn(&request, 1), RESTORED);
}

#[tokio::test]
async fn short_ids_stay_as_they_are() {
    let shelf = Replay::Store(Arc::new(Shelf::default()));
    assert_eq!(ids(&shelf, &key("aaaaaaaaaa"), 1).await, ["t1", "t2", "t3"]);
    assert_eq!(ids(&Replay::Off, &key("aaaaaaaaaa"), 1).await, ["t1", "t2", "t3"]);
}

#[tokio::test]
async fn a_capsule_of_another_key_or_a_changed_one_does_not_open() {
    let (mine, other) = (key("aaaaaaaaaa"), key("bbbbbbbbbb"));
    let ids = ids(&capsules(), &mine, 1).await;
    let id = ids.first().unwrap();
    let open = |id: &str, key: &KeyId, secret: u8| Seal::new(&[secret; 32], key).open(id).is_some();
    assert!(open(id, &mine, 7));
    assert!(!open(id, &other, 7) && !open(id, &mine, 8));
    for place in 0..id.len() {
        let mut changed = id.clone().into_bytes();
        let byte = changed.get_mut(place).unwrap();
        *byte = if *byte == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(changed == *id || !open(&changed, &mine, 7), "place {place}");
    }
    for id in ["", "adit1_", "adit1_AAAA", "adit1_%", "tooluse_x"] {
        assert!(!open(id, &mine, 7), "`{id}`");
    }
}

#[tokio::test]
async fn a_thought_that_is_too_long_for_an_id_leaves_the_id_alone() {
    let thought = |length| Thought {
        tool_use_id: "t1".to_owned(),
        blocks: vec![thought::Block::Text("x".repeat(length), "seal".to_owned())],
    };
    let seal = Seal::new(&[7; 32], &key("aaaaaaaaaa"));
    assert!(seal.close(&thought(64 << 10)).is_some());
    assert!(seal.close(&thought(100 << 10)).is_none());
}

#[tokio::test]
async fn a_store_that_fails_ends_neither_the_answer_nor_the_request() {
    let (broken, key) = (Replay::Store(Arc::new(Broken)), key("aaaaaaaaaa"));
    let ids = ids(&broken, &key, 1).await;
    assert_eq!(ids, ["t1", "t2", "t3"]);
    let mut request = history(&ids);
    let kept = Arc::new(Kept::default());
    let told = Telemetry::to(kept.clone()).begin(Arrival::default());
    broken.restore(&key, &mut request, &told).await;
    assert_eq!(turn(&request, 1), turn(&history(&ids), 1));
    drop(told);
    assert_eq!(kept.0.lock().unwrap()[..], [1], "the operator learns of it");
}

/// How often the store failed, for each request.
#[derive(Default)]
struct Kept(Mutex<Vec<u32>>);

impl Outlet for Kept {
    fn write(&self, record: &Record) {
        self.0.lock().unwrap().push(record.store_errors);
    }
}
