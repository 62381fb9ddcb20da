#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;

use super::*;

/// The checksum comes from another implementation, so that the form cannot change unnoticed.
const KNOWN: &str = "adit_k3j9x2m4ab_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg0QU3CW";

#[test]
fn takes_a_key_that_it_has_made() {
    let made = ApiKey::generate().unwrap();
    assert_eq!(made.expose().len(), 65);
    let parsed = ApiKey::parse(made.expose()).unwrap();
    assert_eq!(parsed.id(), made.id());
    assert!(parsed.secret_hash().equals(made.secret_hash()));
}

#[test]
fn keeps_to_the_form_of_keys_that_were_handed_out() {
    let parsed = ApiKey::parse(KNOWN).unwrap();
    assert_eq!(parsed.id().as_str(), "k3j9x2m4ab");
}

#[test]
fn makes_a_new_key_each_time() {
    let (one, other) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
    assert_ne!(one.id(), other.id());
    assert!(!one.secret_hash().equals(other.secret_hash()));
}

#[test]
fn says_why_a_text_is_no_key() {
    let cut = &KNOWN[..64];
    for text in ["", "sk-0123456789", "Adit_k3j9x2m4ab_", &KNOWN[1..]] {
        assert_eq!(ApiKey::parse(text).unwrap_err(), MalformedKey::Prefix, "{text}");
    }
    for text in
        ["adit_", "adit_k3j9x2m4ab", "adit_short_0123", cut, &format!("{KNOWN}x"), &KNOWN.replace('J', "é")]
    {
        assert_eq!(ApiKey::parse(text).unwrap_err(), MalformedKey::Form, "{text}");
    }
    assert_eq!(ApiKey::parse(&KNOWN.replace("0123", "0132")).unwrap_err(), MalformedKey::Checksum);
}

#[test]
fn cannot_be_printed_by_accident() {
    let printed = format!("{:?}", ApiKey::parse(KNOWN).unwrap());
    assert_eq!(printed, "ApiKey(adit_k3j9x2m4ab_…)");
}

proptest! {
    #[test]
    fn refuses_any_change_of_one_character(at in 0_usize..65, replacement in "[ -~]") {
        let mut changed = KNOWN.to_owned();
        changed.replace_range(at..=at, &replacement);
        prop_assume!(changed != KNOWN);
        prop_assert!(ApiKey::parse(&changed).is_err());
    }

    #[test]
    fn reads_any_text_without_a_fault(text in "adit_[a-z0-9]{10}_.{45,55}") {
        prop_assert!(ApiKey::parse(&text).is_err());
    }
}
