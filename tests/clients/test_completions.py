"""Legacy completions: a prompt instead of messages."""

import openai
import pytest

from conftest import MODEL


@pytest.fixture
def complete(client):
    def complete(prompt, **options):
        return client.completions.create(**{"model": MODEL, **options}, prompt=prompt)

    return complete


def test_a_whole_completion(complete):
    answer = complete("Once upon a time", max_tokens=100)
    assert (answer.object, answer.model) == ("text_completion", MODEL)
    (choice,) = answer.choices
    assert (choice.index, choice.text, choice.finish_reason) == (0, "Once upon a time", "stop")
    assert choice.logprobs is None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


def test_a_streamed_completion_is_the_whole_one_in_pieces(complete):
    chunks = list(complete("Once upon a time", stream=True, stream_options={"include_usage": True}))
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == "Once upon a time"
    assert {chunk.object for chunk in chunks} == {"text_completion"}
    assert len({chunk.id for chunk in chunks}) == 1
    reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert reasons == ["stop"]
    assert chunks[-1].choices == []
    assert chunks[-1].usage == complete("Once upon a time").usage


def test_limits_and_stop_sequences(complete):
    assert complete("one two three four", max_tokens=2).choices[0].finish_reason == "length"
    stopped = complete("one two three four", stop="three").choices[0]
    assert (stopped.text, stopped.finish_reason) == ("one two ", "stop")


def test_a_list_of_one_prompt(complete):
    assert complete(["Hello"]).choices[0].text == "Hello"


def test_a_blank_prompt_is_named(complete, sim):
    with pytest.raises(openai.BadRequestError) as caught:
        complete("")
    assert caught.value.param == "prompt"
    assert sim.requests() == []
