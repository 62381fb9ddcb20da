"""Failures before an answer: each is the exception that the SDK has for it."""

import httpx
import openai
import pytest

from conftest import MODEL


def test_a_wrong_key(connect, sim):
    client = connect("sk-adit-wrong")
    with pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hello"}])
    assert caught.value.code == "invalid_api_key"
    assert "sk-adit-wrong" not in str(caught.value)
    assert sim.requests() == []


def test_a_revoked_key(adit, key, ask, sim):
    ask("Hello")
    adit.command("key", "revoke", key[0])
    with pytest.raises(openai.AuthenticationError):
        ask("Hello again")
    assert len(sim.requests()) == 1


def test_an_unknown_model(ask):
    with pytest.raises(openai.NotFoundError) as caught:
        ask("Hello", model="no-such-model")
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"temperature": 9}, "temperature"),
        ({"n": 2}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "robot", "content": "Hello"}]}, "messages[0].role"),
        ({"tool_choice": "sometimes"}, "tool_choice"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_parameter_is_named(client, sim, options, param):
    request = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], **options}
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**request)
    assert caught.value.param == param
    assert caught.value.type == "invalid_request_error"
    assert sim.requests() == []


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_throttling_says_when_to_come_back(ask, sim, stream):
    sim.script(error={"type": "ThrottlingException", "message": "Too many requests", "retryAfter": 7})
    with pytest.raises(openai.RateLimitError) as caught:
        ask("Hello", stream=stream)
    assert caught.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("AccessDeniedException", 403),
        ("InternalServerException", 500),
        ("ServiceUnavailableException", 503),
        ("ModelErrorException", 424),
        ("ModelTimeoutException", 504),
    ],
)
def test_bedrocks_errors_have_a_status_of_their_own(ask, sim, kind, status):
    sim.script(error={"type": kind, "message": "It failed."})
    with pytest.raises(openai.APIStatusError) as caught:
        ask("Hello")
    assert caught.value.status_code == status


def test_neither_the_key_nor_what_was_said_is_in_the_log(adit, key, ask, sim):
    ask("the-secret-of-the-prompt")
    sim.script(error={"type": "ValidationException", "message": "It failed."})
    with pytest.raises(openai.BadRequestError):
        ask("the-secret-of-the-prompt")
    log = adit.log.read_text()
    assert "the-secret-of-the-prompt" not in log
    assert key[1] not in log


def test_a_budget_that_is_used_up_is_not_tried_again(adit, key, sim):
    adit.command("key", "policy", key[0], "--budget", "tokens-per-day=0")
    statuses = []
    http_client = httpx.Client(event_hooks={"response": [lambda response: statuses.append(response.status_code)]})
    with openai.OpenAI(base_url=f"{adit.url}/v1", api_key=key[1], max_retries=3, http_client=http_client) as client:
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hello"}])
    assert caught.value.code == "insufficient_quota"
    assert caught.value.type == "insufficient_quota"
    assert "used up its tokens for today" in str(caught.value)
    assert statuses == [429]
    assert sim.requests() == []


def test_a_rate_says_when_to_come_back(adit, key, ask, sim):
    adit.command("key", "policy", key[0], "--requests-per-minute", "1")
    ask("Hello")
    with pytest.raises(openai.RateLimitError) as caught:
        ask("Hello again")
    assert caught.value.code == "rate_limit_exceeded"
    headers = caught.value.response.headers
    assert 1 <= int(headers["retry-after"]) <= 60
    assert headers["x-ratelimit-remaining-requests"] == "0"
    assert len(sim.requests()) == 1
