//! A call of a plugin's tool, which may ask the client something before it is done.

use jiff::Timestamp;
use rmcp::RoleServer;
use rmcp::model::{CallToolRequestParams, CallToolResponse, ErrorData, InputRequests, InputRequiredResult};
use rmcp::service::RequestContext;
use serde_json::Value;

use super::{Voice, divided, headers, listed, result};
use crate::chat::Json;
use crate::error::{Failure, Kind};
use crate::ids::PluginName;
use crate::mcp::asked;
use crate::mcp::client::Client;
use crate::mcp::desk::Desk;
use crate::mcp::endpoint::Mode;
use crate::mcp::sealed::Seal;
use crate::mcp::server::{http_parts, internal, is_stateless};
use crate::mcp::tools::{failed, failed_protocol};
use crate::pipeline::{InputRequest, Resumed, ToolCall, ToolOutcome};

/// How often a tool may ask before it is done.
const MOST_ROUNDS: usize = 10;

/// Who calls.
pub(in crate::mcp) struct Caller<'c> {
    pub(in crate::mcp) context: &'c RequestContext<RoleServer>,
    pub(in crate::mcp) desk: &'c dyn Desk,
    pub(in crate::mcp) client: &'c Client,
    /// Seals what tools leave with clients.
    pub(in crate::mcp) secret: &'c [u8; 32],
    pub(in crate::mcp) mode: Mode,
}

/// Calls a tool, in the older era as often as it takes answers of the client's. In the newer one the client calls
/// again with them.
pub(in crate::mcp) async fn call(
    request: CallToolRequestParams,
    caller: &Caller<'_>,
) -> Result<CallToolResponse, ErrorData> {
    let Caller { context, desk, client, secret, mode } = *caller;
    let CallToolRequestParams { name, arguments, input_responses, request_state, .. } = request;
    let (plugin, tool) = divided(&name).ok_or_else(|| unknown(&name))?;
    let tools = desk.tools().await.map_err(|failure| failed_protocol(&failure))?;
    let found = tools.iter().find(|(offering, offered)| *offering == plugin && offered.name == tool);
    let Some(offered) = found.and_then(|(plugin, tool)| listed(plugin, tool)) else {
        // A plugin that is not to be had offers nothing, and that is not the client's fault.
        return match desk.available(&plugin).await {
            Ok(()) => Err(unknown(&name)),
            Err(failure) => Ok(failed(&failure).into()),
        };
    };
    desk.asked("tools/call", Some(&name));
    let arguments = arguments.unwrap_or_default();
    if is_stateless(context) {
        let parts = http_parts(context).ok_or_else(internal)?;
        headers::check(&parts.headers, &offered.input_schema, &arguments)
            .map_err(|reason| ErrorData::header_mismatch(reason, None))?;
    }

    let (seal, now) = (Seal::new(secret, desk.key()), Timestamp::now().as_second());
    let is_resumed = request_state.is_some() || input_responses.is_some();
    let state = match &request_state {
        Some(sealed) => seal.open(&name, sealed, now).ok_or_else(|| {
            let message = "the `requestState` is none of this tool's, or too old: call the tool anew";
            ErrorData::invalid_params(message, None)
        })?,
        None => String::new(),
    };
    let mut resumed = is_resumed.then(|| Resumed { state, answers: asked::answers(input_responses) });
    let abilities = asked::abilities(context);
    let arguments = Json::from_checked(Value::from(arguments).to_string());
    for _ in 0..MOST_ROUNDS {
        let call = ToolCall {
            name: tool.to_owned(),
            arguments: arguments.clone(),
            abilities,
            resumed: resumed.take(),
        };
        let (state, requests) = match heard(desk, &plugin, call, client).await {
            Ok(ToolOutcome::Done(done)) => return Ok(result(done).into()),
            Ok(ToolOutcome::NeedsInput { state, requests }) => (state, requests),
            Err(failure) => return Ok(failed(&failure).into()),
        };
        let is_able = requests.iter().all(|request| abilities.allow(&request.kind));
        if is_stateless(context) {
            if !is_able {
                return Err(ErrorData::missing_required_client_capability(asked::required(&requests)));
            }
            return ask_back(&seal, &name, &state, &requests, now);
        }
        if !is_able {
            return Ok(failed(&refused(
                "this tool has to ask you something while it works, and your client has not said that it can be asked",
            ))
            .into());
        }
        if mode == Mode::Brief {
            return Ok(failed(&refused(
                "this tool has to ask you something while it works, which takes a client that speaks 2026-07-28 here",
            ))
            .into());
        }
        let Some(answers) = asked::ask(context, &requests).await else {
            return Ok(failed(&refused("the tool has asked, and your client has not answered")).into());
        };
        resumed = Some(Resumed { state, answers });
    }
    Ok(failed(&refused("the tool asks again and again")).into())
}

/// Has the client call again, with what a tool wants to know.
fn ask_back(
    seal: &Seal,
    name: &str,
    state: &str,
    requests: &[InputRequest],
    now: i64,
) -> Result<CallToolResponse, ErrorData> {
    let mut questions = InputRequests::new();
    for request in requests {
        questions.insert(request.id.clone(), asked::question(&request.kind).ok_or_else(internal)?);
    }
    let sealed = match state {
        "" => None,
        state => Some(seal.close(name, state, now).ok_or_else(internal)?),
    };
    Ok(InputRequiredResult::new(Some(questions), sealed).into())
}

/// Calls a tool, and tells the client what it says meanwhile.
async fn heard(
    desk: &dyn Desk,
    plugin: &PluginName,
    call: ToolCall,
    client: &Client,
) -> Result<ToolOutcome, Failure> {
    let (voice, mut heard) = Voice::new();
    let mut calling = desk.call_tool(plugin, call, voice);
    let outcome = loop {
        tokio::select! {
            biased;
            Some(said) = heard.recv() => said.tell(client, plugin).await,
            outcome = &mut calling => break outcome,
        }
    };
    drop(calling);
    while let Ok(said) = heard.try_recv() {
        said.tell(client, plugin).await;
    }
    outcome
}

fn unknown(name: &str) -> ErrorData {
    let name: String = name.chars().take(200).collect();
    ErrorData::invalid_params(format!("Unknown tool: {name}"), None)
}

fn refused(message: &str) -> Failure {
    Failure::new(Kind::InvalidRequest, message)
}
