"""What Adit says about its own translation: what was left out, and what would be sent."""

import json

import openai
import pytest

from conftest import MODEL

HELLO = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}


def test_a_parameter_that_was_left_out_is_named(client):
    answer = client.chat.completions.with_raw_response.create(**HELLO, seed=7, logit_bias={"50256": -100})
    assert sorted(answer.headers["x-adit-dropped"].split(",")) == ["logit_bias", "seed"]
    assert answer.parse().choices[0].message.content == "Hello"


def test_a_stream_names_it_too(client):
    with client.chat.completions.with_streaming_response.create(**HELLO, seed=7, stream=True) as answer:
        assert answer.headers["x-adit-dropped"] == "seed"


def test_nothing_left_out_is_no_header(client):
    assert "x-adit-dropped" not in client.chat.completions.with_raw_response.create(**HELLO).headers


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_strict_refuses_what_would_be_left_out(client, sim, stream):
    options = {"seed": 7, "logit_bias": {"50256": -100}, "stream": stream}
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**HELLO, **options, extra_headers={"x-adit-strict": "true"})
    assert caught.value.type == "invalid_request_error"
    assert "seed" in caught.value.message and "logit_bias" in caught.value.message
    assert sim.requests() == []


def test_strict_lets_pass_what_is_translated_whole(client):
    answer = client.chat.completions.create(**HELLO, temperature=0.5, extra_headers={"x-adit-strict": "true"})
    assert answer.choices[0].message.content == "Hello"


def test_explain_shows_the_request_and_sends_none(client, sim):
    def explain(**options):
        headers = {"x-adit-explain": "true"}
        answer = client.chat.completions.with_raw_response.create(**HELLO, **options, extra_headers=headers)
        return json.loads(answer.text)

    text = json.dumps(explain(seed=7, max_tokens=5))
    assert sim.requests() == []
    assert MODEL in text and '"maxTokens": 5' in text and "seed" in text


def test_explain_shows_what_a_plugin_does_but_no_secret(adit, key, client, sim):
    adit.enable(key[0], "redact")
    messages = [{"role": "user", "content": "Write to jane.doe@example.com today."}]
    answer = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=messages, extra_headers={"x-adit-explain": "true"}
    )
    assert "redact" in answer.text
    assert "jane.doe@example.com" not in answer.text
    assert sim.requests() == []
