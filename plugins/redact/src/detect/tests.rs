//! Runs the tables in `tests/tables`: a line a case, what is to be found between `‹` and `›`.
//! `¦` is dropped (it keeps examples of secrets from looking like secrets to those who search the
//! repository for them), `\n` is a line break, `⧵` a backslash, `#` starts a comment line.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use adit_plugin::Config;

use crate::config::Settings;
use crate::scan::scan;

/// Fewest lines of a table that find something, and fewest that find nothing.
const ENOUGH: usize = 12;

fn check(config: &str, table: &str) {
    let settings = Settings::parse(config).unwrap();
    let (mut positive, mut negative, mut wrong) = (0, 0, Vec::new());
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        let case = line.replace('¦', "").replace("\\n", "\n").replace('⧵', "\\");
        let text = case.replace(['‹', '›'], "");
        let mut marked = String::new();
        let mut copied = 0;
        for finding in scan(&text, &settings, Vec::new()) {
            let span = finding.span;
            let (between, found) = (text.get(copied..span.start), text.get(span.clone()));
            marked.extend([between.unwrap(), "‹", found.unwrap(), "›"]);
            copied = span.end;
        }
        marked += text.get(copied..).unwrap();
        if marked != case {
            wrong.push(format!("expected {case:?}\n     got {marked:?}"));
        }
        *if case.contains('‹') { &mut positive } else { &mut negative } += 1;
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(positive >= ENOUGH && negative >= ENOUGH, "{positive} positive and {negative} negative lines");
}

/// A config in which this detector alone runs.
fn only(kind: &str) -> String {
    let kinds = ["credential", "iban", "card", "email", "ip", "phone"];
    let members: Vec<_> = kinds.iter().map(|other| format!("{other:?}:{}", *other == kind)).collect();
    format!(r#"{{"kinds":{{{}}}}}"#, members.join(","))
}

#[test]
fn finds_email_addresses() {
    check(&only("email"), include_str!("../../tests/tables/email.txt"));
}

#[test]
fn finds_phone_numbers() {
    check(&only("phone"), include_str!("../../tests/tables/phone.txt"));
}

#[test]
fn finds_payment_cards() {
    check(&only("card"), include_str!("../../tests/tables/card.txt"));
}

#[test]
fn finds_bank_account_numbers() {
    check(&only("iban"), include_str!("../../tests/tables/iban.txt"));
}

#[test]
fn finds_ip_addresses() {
    check(&only("ip"), include_str!("../../tests/tables/ip.txt"));
}

#[test]
fn finds_credentials() {
    check(&only("credential"), include_str!("../../tests/tables/credential.txt"));
}

#[test]
fn finds_the_operators_patterns() {
    let config = r#"{
        "kinds": {"credential":false,"iban":false,"card":false,"email":false,"ip":false,"phone":false},
        "patterns": [
            {"name":"employee","pattern":"\\bE-[0-9]{5}\\b"},
            {"name":"project","pattern":"(?i)operation \\w+"},
            {"name":"letters","pattern":"[a-z2-7]{10}"},
            {"name":"home","pattern":"D:\\\\users\\\\\\w+"},
            {"name":"mixed","pattern":"ß+|[αβγ]{2,}"}
        ]
    }"#;
    check(config, include_str!("../../tests/tables/custom.txt"));
}

#[test]
fn settles_overlaps() {
    let config =
        r#"{"patterns":[{"name":"ticket","pattern":"T[0-9 -]+"}],"allow":["*@example.com","10.1.1.1"]}"#;
    check(config, include_str!("../../tests/tables/all.txt"));
}
