use adit_plugin::TextKind;
use adit_plugin::testing::{Session, context, every_split};
use plugin_hello::Hello;

fn hello() -> Session<Hello> {
    Session::start("{}", context()).unwrap()
}

#[test]
fn upper_cases_the_answer_however_it_is_split() {
    for deltas in every_split("Hello, wörld! 🙂") {
        assert_eq!(hello().text(&deltas), "HELLO, WÖRLD! 🙂", "{deltas:?}");
    }
}

#[test]
fn leaves_tool_arguments_alone() {
    assert_eq!(hello().text_of(TextKind::ToolArgs, &["par", "is"]), "paris");
}

#[test]
fn has_no_options() {
    let faults = Session::<Hello>::start(r#"{"shout": true}"#, context()).err().unwrap();
    assert_eq!(faults[0].path, "/shout");
}
