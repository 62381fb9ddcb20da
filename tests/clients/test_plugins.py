"""Plugins, switched on and off for one key while the server runs."""

import json
import re

import pytest

ADDRESS = "jane.doe@example.com"
PROMPT = f"Write to {ADDRESS} today."
PLACEHOLDER = re.compile(r"\[EMAIL_\w+\]")


@pytest.fixture
def redacting(adit, key):
    adit.enable(key[0], "redact")


def streamed(ask, messages, **options):
    return "".join(chunk.choices[0].delta.content or "" for chunk in ask(messages, stream=True, **options))


def test_an_address_does_not_leave_and_comes_back(redacting, ask, sim):
    assert ask(PROMPT).choices[0].message.content == PROMPT
    assert streamed(ask, PROMPT) == PROMPT
    whole, stream = (request["body"]["messages"] for request in sim.requests())
    assert whole == stream
    assert ADDRESS not in json.dumps(whole)
    assert PLACEHOLDER.sub(ADDRESS, whole[0]["content"][0]["text"]) == PROMPT


def test_an_address_comes_back_however_the_answer_is_split(redacting, ask, sim):
    ask(PROMPT)
    placeholder = PLACEHOLDER.search(json.dumps(sim.body())).group()
    answer = f"I wrote to {placeholder}, [not] to [EMAIL_ or {placeholder}"
    expected = answer.replace(placeholder, ADDRESS)
    first = answer.index(placeholder)
    places = range(first - 1, first + len(placeholder) + 2)
    for deltas in [list(answer), *([answer[:place], answer[place:]] for place in places)]:
        sim.script(textDeltas=deltas)
        assert streamed(ask, PROMPT) == expected, deltas
    sim.script(textDeltas=list(answer), splitBytes=5)
    assert streamed(ask, PROMPT) == expected
    assert ask(PROMPT).choices[0].message.content == expected


def test_an_address_comes_back_in_the_arguments_of_a_call(redacting, ask, sim):
    function = {"name": "send", "parameters": {"type": "object", "properties": {"to": {"type": "string"}}}}
    options = {"tools": [{"type": "function", "function": function}]}
    prompt = "call send " + json.dumps({"to": ADDRESS, "quoted": f'"{ADDRESS}"'})
    (call,) = ask(prompt, **options).choices[0].message.tool_calls
    assert json.loads(call.function.arguments) == {"to": ADDRESS, "quoted": f'"{ADDRESS}"'}
    parts = [chunk.choices[0].delta.tool_calls for chunk in ask(prompt, stream=True, **options)]
    arguments = "".join(part.function.arguments or "" for calls in parts for part in calls or [])
    assert json.loads(arguments) == {"to": ADDRESS, "quoted": f'"{ADDRESS}"'}
    assert ADDRESS not in json.dumps([request["body"] for request in sim.requests()])


def test_a_switch_acts_on_the_next_request(adit, key, ask, sim):
    ask(PROMPT)
    adit.enable(key[0], "redact")
    ask(PROMPT)
    adit.disable(key[0], "redact")
    ask(PROMPT)
    assert [ADDRESS in json.dumps(request["body"]) for request in sim.requests()] == [True, False, True]


def test_a_switch_acts_on_one_key_alone(redacting, adit, connect, ask, sim):
    other = connect(adit.create_key()[1])
    ask(PROMPT)
    other.chat.completions.create(
        model="us.amazon.nova-lite-v1:0", messages=[{"role": "user", "content": PROMPT}]
    )
    assert [ADDRESS in json.dumps(request["body"]) for request in sim.requests()] == [False, True]


def test_an_alias_names_a_model_of_bedrock(adit, key, ask, sim):
    adit.enable(key[0], "route", {"aliases": {"gpt-4o-mini": "us.amazon.nova-micro-v1:0"}})
    ask("Hello", model="gpt-4o-mini")
    assert sim.requests()[-1]["modelId"] == "us.amazon.nova-micro-v1:0"


def test_a_plugin_can_change_what_the_model_says(adit, key, ask):
    adit.enable(key[0], "hello")
    assert ask("Hello, 東京").choices[0].message.content == "HELLO, 東京"
    assert streamed(ask, "Hello, 東京") == "HELLO, 東京"
