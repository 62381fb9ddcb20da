use adit_plugin::Failure;

/// A request that has to change: the place, and what is wrong there. It never repeats what the
/// client wrote.
pub(crate) fn invalid(place: &str, what: &str) -> Failure {
    Failure::new(400, "invalid_value", format!("{place}: {what}"))
}
