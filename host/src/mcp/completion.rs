//! What clients suggest while somebody types.

use rmcp::model::{CompleteRequestParams, CompletionInfo, ErrorData, Reference};

use super::desk::Desk;
use super::tools::failed_protocol;
use super::{prompts, resources};
use crate::config::Mcp;

/// What fits behind what was typed.
pub(super) async fn complete(
    settings: &Mcp,
    request: &CompleteRequestParams,
    desk: &dyn Desk,
) -> Result<CompletionInfo, ErrorData> {
    let argument = &request.argument;
    let values = match &request.r#ref {
        Reference::Prompt(prompt) => {
            let prompt = prompts::named(settings, &prompt.name)?;
            let known = prompt.arguments.iter().find(|known| known.name.as_str() == argument.name);
            known.map(|known| known.values.clone()).unwrap_or_default()
        }
        Reference::Resource(template) if template.uri == resources::MODEL => {
            let models = desk.models().await.map_err(|failure| failed_protocol(&failure))?;
            models.into_iter().map(|card| card.id).collect()
        }
        Reference::Resource(template) => {
            let is_known = settings.resources.iter().any(|resource| resource.uri.as_str() == template.uri);
            if !is_known && !resources::is_known(settings, &template.uri) {
                return Err(resources::unknown(&template.uri));
            }
            Vec::new()
        }
        _ => Vec::new(),
    };
    Ok(ranked(values, &argument.value))
}

/// Those that begin with what was typed, then those that have it inside.
fn ranked(values: Vec<String>, typed: &str) -> CompletionInfo {
    let typed = typed.to_lowercase();
    let place = |value: &String| value.to_lowercase().find(&typed);
    let mut fitting: Vec<(usize, String)> =
        values.into_iter().filter_map(|value| Some((place(&value)?, value))).collect();
    fitting.sort_by_key(|(place, _)| usize::from(*place > 0));
    let total = fitting.len();
    let values: Vec<String> =
        fitting.into_iter().map(|(_, value)| value).take(CompletionInfo::MAX_VALUES).collect();
    let is_cut = values.len() < total;
    CompletionInfo::with_pagination(values, u32::try_from(total).ok(), is_cut).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_with_the_typed_text_stands_first() {
        let values = ["us.anthropic.claude", "anthropic.claude", "amazon.nova"].map(ToOwned::to_owned);
        let info = ranked(values.to_vec(), "Anthropic");
        assert_eq!(info.values, ["anthropic.claude", "us.anthropic.claude"]);
        assert_eq!((info.total, info.has_more), (Some(2), Some(false)));
        let many = ranked((0..150).map(|number| format!("x{number}")).collect(), "x");
        assert_eq!((many.values.len(), many.total, many.has_more), (100, Some(150), Some(true)));
    }
}
