"""Recorded answers of the real Bedrock, sent by the stand-in byte for byte, seen by a client."""

import base64
import json
import struct
import urllib.error
import urllib.request

import pytest

import schemas

# One that the stand-in takes. What it answers is recorded.
MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"

FOLDER = schemas.FIXTURES / "bedrock"


def recordings(operation, *statuses):
    """The recordings of an operation, as parameters."""
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        recording = json.loads(path.read_text())
        if recording["operation"] == operation and recording["response_status"] in statuses:
            found.append(pytest.param(recording, id=recording["id"]))
    reason = "there are no recordings at hand"
    return found or [pytest.param(None, marks=pytest.mark.skip(reason=reason))]


def frames(body):
    """The frames of an event stream: each one's kind and payload."""
    while body:
        total, headers = struct.unpack(">II", body[:8])
        head, payload = body[12 : 12 + headers], body[12 + headers : total - 4]
        names = {}
        while head:
            name = head[1 : 1 + head[0]].decode()
            kind, length = struct.unpack(">BH", head[1 + head[0] : 4 + head[0]])
            assert kind == 7, "all headers are texts"
            names[name] = head[4 + head[0] : 4 + head[0] + length].decode()
            head = head[4 + head[0] + length :]
        yield names.get(":event-type"), json.loads(payload)
        body = body[total:]


class Answer:
    """What an answer says, wherever it was read."""

    def __init__(self):
        self.text, self.reasoning, self.calls, self.finish, self.usage = "", "", [], None, None

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        return repr(vars(self))

    def end(self, reason, usage):
        calls = "tool_calls" if self.calls else "stop"
        limits = {"max_tokens": "length", "guardrail_intervened": "content_filter"}
        self.finish = limits.get(reason, calls)
        cached, written = usage.get("cacheReadInputTokens", 0), usage.get("cacheWriteInputTokens", 0)
        prompt, output = usage["inputTokens"] + cached + written, usage["outputTokens"]
        self.usage = (prompt, output, prompt + output, cached, written)
        self.calls = [(name, json.loads(arguments or "{}")) for name, arguments in self.calls]
        return self


def of_stream(body):
    """Read from the frames themselves."""
    answer, reason, calls = Answer(), None, {}
    for kind, payload in frames(body):
        index = payload.get("contentBlockIndex")
        if kind == "contentBlockStart":
            call = payload["start"].get("toolUse")
            if call and call.get("type") != "server_tool_use":
                calls[index] = [call["name"], ""]
        elif kind == "contentBlockDelta":
            delta = payload["delta"]
            answer.text += delta.get("text", "")
            answer.reasoning += delta.get("reasoningContent", {}).get("text", "")
            if index in calls:
                calls[index][1] += delta.get("toolUse", {}).get("input", "")
        elif kind == "messageStop":
            reason = payload["stopReason"]
        elif kind == "metadata":
            answer.calls = list(calls.values())
            return answer.end(reason, payload["usage"])
    raise AssertionError("a recorded stream without its end")


def of_whole(body):
    """Read from the JSON itself."""
    answer = Answer()
    for block in body["output"]["message"]["content"]:
        cited = block.get("citationsContent", {}).get("content", [])
        answer.text += block.get("text", "") + "".join(piece.get("text", "") for piece in cited)
        answer.reasoning += block.get("reasoningContent", {}).get("reasoningText", {}).get("text", "")
        if "toolUse" in block:
            answer.calls.append((block["toolUse"]["name"], json.dumps(block["toolUse"]["input"])))
    return answer.end(body["stopReason"], body["usage"])


def usage_of(usage):
    details = usage["prompt_tokens_details"]
    counts = (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"])
    return (*counts, details["cached_tokens"], details["cache_write_tokens"])


def of_chunks(chunks):
    """What a client makes of chunks."""
    answer, calls = Answer(), []
    for chunk in chunks:
        schemas.check("CreateChatCompletionStreamResponse", chunk)
        for choice in chunk["choices"]:
            delta = choice["delta"]
            answer.text += delta.get("content") or ""
            answer.reasoning += delta.get("reasoning_content") or ""
            for call in delta.get("tool_calls", []):
                if call["index"] == len(calls):
                    assert call["id"] and call["type"] == "function"
                    calls.append([call["function"]["name"], ""])
                calls[call["index"]][1] += call["function"]["arguments"]
            answer.finish = choice["finish_reason"] or answer.finish
        if chunk.get("usage"):
            answer.usage = usage_of(chunk["usage"])
    answer.calls = [(name, json.loads(arguments)) for name, arguments in calls]
    return answer


def of_response(response):
    """What a client makes of a whole answer."""
    schemas.check("CreateChatCompletionResponse", response)
    answer, choice = Answer(), response["choices"][0]
    answer.text = choice["message"]["content"] or ""
    answer.reasoning = choice["message"].get("reasoning_content", "")
    calls = choice["message"].get("tool_calls", [])
    answer.calls = [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls]
    answer.finish, answer.usage = choice["finish_reason"], usage_of(response["usage"])
    return answer


def asking(recording, **options):
    """A request with the tools that the answer calls."""
    names = {"final_result"}
    body = base64.b64decode(recording["response_body_b64"])
    if recording["operation"] == "converse-stream" and recording["response_status"] == 200:
        starts = (payload["start"] for kind, payload in frames(body) if kind == "contentBlockStart")
        names |= {start["toolUse"]["name"] for start in starts if "toolUse" in start}
    elif recording["response_status"] == 200:
        blocks = json.loads(body)["output"]["message"]["content"]
        names |= {block["toolUse"]["name"] for block in blocks if "toolUse" in block}
    tools = [{"type": "function", "function": {"name": name}} for name in sorted(names)]
    messages = [{"role": "user", "content": "What was recorded?"}]
    return {"model": MODEL, "messages": messages, "tools": tools, **options}


@pytest.fixture
def post(adit, key):
    """Sends a body; answers the status and what came."""

    def send(body):
        headers = {"Authorization": f"Bearer {key[1]}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{adit.url}/v1/chat/completions", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    return send


def raw(recording):
    kept = ("content-type", "x-amzn-errortype", "x-amzn-requestid")
    headers = {name: value for name, value in recording["response_headers"].items() if name.lower() in kept}
    return {"base64": recording["response_body_b64"], "status": recording["response_status"], "headers": headers}


@pytest.mark.parametrize("recording", recordings("converse-stream", 200))
def test_a_recorded_stream_says_what_was_recorded_however_it_is_cut(recording, sim, post):
    expected = of_stream(base64.b64decode(recording["response_body_b64"]))
    for options in ({"burst": True}, {"splitBytes": 1021}, {"splitBytes": [1, 64, 3, 17]}):
        sim.script(raw=raw(recording), **options)
        status, text = post(asking(recording, stream=True, stream_options={"include_usage": True}))
        assert status == 200, text
        events = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data:")]
        assert events.pop() == "[DONE]"
        assert of_chunks([json.loads(event) for event in events]) == expected, options


@pytest.mark.parametrize("recording", recordings("converse", 200))
def test_a_recorded_whole_answer_loses_nothing(recording, sim, post):
    sim.script(raw=raw(recording))
    status, text = post(asking(recording))
    assert status == 200, text
    expected = of_whole(json.loads(base64.b64decode(recording["response_body_b64"])))
    assert of_response(json.loads(text)) == expected


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("recording", recordings("converse", 400, 403) + recordings("converse-stream", 400))
def test_a_recorded_error_has_its_status_and_shape(recording, stream, sim, post):
    sim.script(raw=raw(recording))
    status, text = post(asking(recording, stream=stream))
    error = json.loads(text)
    schemas.check("ErrorResponse", error)
    message = base64.b64decode(recording["response_body_b64"]).decode()
    if "identifier is invalid" in message:
        assert (status, error["error"]["code"]) == (404, "model_not_found")
    elif recording["response_status"] == 403:
        # Bedrock refused the gateway's own credentials: the caller has nothing to mend.
        assert (status, error["error"]["code"]) == (500, "upstream_credentials")
    else:
        assert (status, error["error"]["type"]) == (400, "invalid_request_error")
