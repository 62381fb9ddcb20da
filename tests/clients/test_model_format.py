"""A model with a format of its own, asked by OpenAI's client through the plugin that knows the format."""

import openai
import pytest

TITAN = "amazon.titan-text-express-v1"


@pytest.fixture
def titan(adit, key, ask):
    adit.enable(key[0], "titan-text")

    def create(messages, **options):
        return ask(messages, **{"model": TITAN, **options})

    return create


def test_a_conversation_is_answered(titan, sim):
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": "three, 東京"},
    ]
    answer = titan(messages)
    assert (answer.model, answer.choices[0].message.content) == (TITAN, "three, 東京")
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens > 0, answer.usage.completion_tokens) == (True, 2)
    assert sim.requests()[-1]["operation"] == "InvokeModel"
    assert sim.body()["inputText"] == "Be kind.\n\nUser: one\nBot: two\nUser: three, 東京\nBot:"


def test_an_answer_streams(titan, sim):
    chunks = list(titan("one two three", stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "one two three"
    assert chunks[-1].usage.completion_tokens == 3
    assert sim.requests()[-1]["operation"] == "InvokeModelWithResponseStream"


def test_an_answer_that_is_too_long_says_so(titan):
    choice = titan("one two three", max_tokens=2).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("one two ", "length")


def test_an_image_is_refused(titan, sim):
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    with pytest.raises(openai.BadRequestError, match="no images"):
        titan([{"role": "user", "content": [{"type": "text", "text": "what?"}, image]}])
    assert sim.requests() == []


def test_throttling_is_a_rate_limit(titan, sim):
    sim.script(error={"type": "ThrottlingException", "message": "no"})
    with pytest.raises(openai.RateLimitError):
        titan("hello")
    with pytest.raises(openai.RateLimitError):
        titan("hello", stream=True)


def test_a_stream_that_breaks_off_raises(titan, sim):
    sim.script(exceptionAfter={"events": 1, "type": "modelStreamErrorException", "message": "no"})
    stream = titan("one two three", stream=True)
    with pytest.raises(openai.APIError):
        list(stream)
