//! What a tool asks of the client, or the person who uses it, before it goes on.

use std::collections::BTreeMap;

use rmcp::RoleServer;
use rmcp::model::{
    ClientCapabilities, ClientResult, CreateMessageRequest, CreateMessageRequestParams, ElicitRequest,
    ElicitRequestParams, ElicitationCapability, InputRequest as Asked, InputResponses, ListRootsRequest,
    Role, RootsCapabilities, SamplingCapability, SamplingMessage, SamplingMessageContentBlock, ServerRequest,
};
use rmcp::service::RequestContext;

use crate::chat::{self, Json};
use crate::pipeline::{ClientAbilities, InputAnswer, InputKind, InputRequest, SampleMessage};

/// What the client of a request has said that it can be asked.
pub(super) fn abilities(context: &RequestContext<RoleServer>) -> ClientAbilities {
    let said = context.client_capabilities().unwrap_or_default();
    // A client that names no way takes forms.
    let takes_forms = |way: &ElicitationCapability| way.form.is_some() || way.url.is_none();
    ClientAbilities {
        elicit: said.elicitation.as_ref().is_some_and(takes_forms),
        sample: said.sampling.is_some(),
        roots: said.roots.is_some(),
    }
}

/// What a client would have to be able to, for what a tool asks.
pub(super) fn required(requests: &[InputRequest]) -> ClientCapabilities {
    let mut required = ClientCapabilities::default();
    for request in requests {
        match request.kind {
            InputKind::Elicit { .. } => required.elicitation = Some(ElicitationCapability::default()),
            InputKind::Sample { .. } => required.sampling = Some(SamplingCapability::default()),
            InputKind::Roots => required.roots = Some(RootsCapabilities::default()),
        }
    }
    required
}

/// A question in the words of the protocol; none if the protocol has none for it.
pub(super) fn question(kind: &InputKind) -> Option<Asked> {
    Some(match kind {
        InputKind::Elicit { message, schema } => {
            let requested_schema = serde_json::from_str(schema.as_str()).ok()?;
            let params = ElicitRequestParams::FormElicitationParams {
                meta: None,
                message: message.clone(),
                requested_schema,
            };
            Asked::Elicitation(ElicitRequest::new(params))
        }
        InputKind::Sample { system, messages, max_tokens } => {
            let messages = messages.iter().map(sample).collect();
            let mut params = CreateMessageRequestParams::new(messages, *max_tokens);
            params.system_prompt.clone_from(system);
            Asked::CreateMessage(CreateMessageRequest::new(params))
        }
        InputKind::Roots => Asked::ListRoots(ListRootsRequest::default()),
    })
}

fn sample(SampleMessage { role, text }: &SampleMessage) -> SamplingMessage {
    let role = match role {
        chat::Role::User => Role::User,
        chat::Role::Assistant => Role::Assistant,
    };
    SamplingMessage::new(role, SamplingMessageContentBlock::text(text))
}

/// Asks the client of a session, and waits for its answers. None if one does not come.
pub(super) async fn ask(
    context: &RequestContext<RoleServer>,
    requests: &[InputRequest],
) -> Option<Vec<InputAnswer>> {
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        let question = match question(&request.kind)? {
            Asked::Elicitation(request) => ServerRequest::ElicitRequest(request),
            Asked::CreateMessage(request) => ServerRequest::CreateMessageRequest(request),
            Asked::ListRoots(request) => ServerRequest::ListRootsRequest(request),
            _ => return None,
        };
        let answer: ClientResult = context.peer.send_request(question).await.ok()?;
        let body = Json::from_checked(serde_json::to_string(&answer).ok()?);
        answers.push(InputAnswer { id: request.id.clone(), body });
    }
    Some(answers)
}

/// The answers that a client has sent with its call.
pub(super) fn answers(responses: Option<InputResponses>) -> Vec<InputAnswer> {
    let responses: BTreeMap<_, _> = responses.unwrap_or_default();
    let answer = |(id, body): (String, serde_json::Value)| InputAnswer {
        id,
        body: Json::from_checked(body.to_string()),
    };
    responses.into_iter().map(answer).collect()
}
