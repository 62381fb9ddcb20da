"""Failures after the first byte: a client never takes half an answer for a whole one."""

import json
import urllib.error
import urllib.request

import openai
import pytest

from conftest import MODEL

FAULTS = {
    "throttled": {"exceptionAfter": {"events": 3, "type": "throttlingException", "message": "Too many requests"}},
    "model failed": {"exceptionAfter": {"events": 3, "type": "modelStreamErrorException", "message": "It failed."}},
    "ended early": {"cutAfter": {"events": 3}},
    "ended before the stop reason": {"cutAfter": {"events": 12}},
    "ended inside a frame": {"cutAfter": {"bytes": 700}},
    "connection broke": {"cutAfter": {"events": 3, "abort": True}},
}
DELTAS = ["one ", "two ", "three ", "four ", "five ", "six ", "seven ", "eight ", "nine ", "ten"]


@pytest.fixture(params=FAULTS.values(), ids=FAULTS.keys())
def fault(request, sim):
    sim.script(textDeltas=DELTAS, **request.param)


def test_the_sdk_raises_while_it_iterates(fault, ask):
    stream = ask("Count.", stream=True)
    received = []
    with pytest.raises(openai.APIError):
        for chunk in stream:
            received.append(chunk.choices[0])
    text = "".join(choice.delta.content or "" for choice in received)
    assert text and "".join(DELTAS).startswith(text)
    assert not any(choice.finish_reason for choice in received)


def test_the_stream_ends_with_one_error_and_without_done(fault, adit, key):
    body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "Count."}]}
    headers = {"Authorization": f"Bearer {key[1]}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{adit.url}/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        frames = [line.removeprefix("data: ") for line in response.read().decode().splitlines() if line[:5] == "data:"]
    assert "[DONE]" not in frames
    assert "error" in json.loads(frames[-1])
    assert set(json.loads(frames[-1])["error"]) == {"message", "type", "param", "code"}
    assert not any("error" in json.loads(frame) for frame in frames[:-1])


def test_a_fault_before_the_first_word_is_a_status(ask, sim):
    sim.script(exceptionAfter={"events": 0, "type": "throttlingException", "message": "Too many requests"})
    with pytest.raises(openai.RateLimitError):
        ask("Count.", stream=True)
