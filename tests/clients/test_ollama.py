"""Ollama's own client, whose requests the plugin `ollama` reads."""

import base64
import json
import re

import httpx
import ollama
import pytest

from conftest import MODEL

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
HELLO = [{"role": "user", "content": "Hello, 東京"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
def connect_ollama(adit):
    def make(secret):
        return ollama.Client(host=adit.url, headers={"Authorization": f"Bearer {secret}"}, timeout=60)

    return make


@pytest.fixture
def client(sim, adit, key, connect_ollama):
    adit.enable(key[0], "ollama")
    return connect_ollama(key[1])


@pytest.fixture
def ask(client):
    def ask(messages=HELLO, model=MODEL, **options):
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        return client.chat(model=model, messages=messages, **options)

    return ask


def joined(stream):
    return "".join(chunk.message.content or "" for chunk in stream)


def test_an_answer_in_one_piece(ask):
    answer = ask()
    assert answer.message.role == "assistant"
    assert answer.message.content == "Hello, 東京"
    assert (answer.model, answer.done, answer.done_reason) == (MODEL, True, "stop")
    assert answer.eval_count > 0 and answer.prompt_eval_count > 0
    assert answer.total_duration >= answer.eval_duration > 0
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer.created_at)


def test_a_streamed_answer(ask):
    chunks = list(ask("one two three", stream=True))
    assert joined(chunks) == "one two three"
    assert len(chunks) >= 2
    assert [chunk.done for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].done_reason == "stop" and chunks[-1].eval_count > 0
    assert not any(chunk.done_reason for chunk in chunks[:-1])


def test_an_answer_that_is_cut_off_says_so(ask):
    answer = ask("one two three four", options={"num_predict": 2})
    assert (answer.message.content, answer.done_reason) == ("one two ", "length")


def test_the_options_that_models_have(ask, sim):
    ask(options={"temperature": 0.25, "top_p": 0.5, "num_predict": 7, "stop": ["END"], "num_ctx": 4096})
    config = sim.body()["inferenceConfig"]
    assert config == {"temperature": 0.25, "topP": 0.5, "maxTokens": 7, "stopSequences": ["END"]}


def test_a_system_prompt_and_a_history(ask, sim):
    ask(
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "One"},
            {"role": "assistant", "content": "Two"},
            {"role": "user", "content": "Three"},
        ],
        model=f"{MODEL}:latest",
    )
    body = sim.body()
    assert body["system"] == [{"text": "Be brief."}]
    assert [(turn["role"], turn["content"][0]["text"]) for turn in body["messages"]] == [
        ("user", "One"),
        ("assistant", "Two"),
        ("user", "Three"),
    ]
    assert sim.requests()[-1]["modelId"] == MODEL


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_tools_there_and_back(ask, sim, stream):
    arguments = {"city": "Zürich", "days": [1, 2], "at": {"z": 1, "a": None}}
    question = {"role": "user", "content": "\n".join([f"call weather {json.dumps(arguments)}"] * 2)}
    answer = ask([question], tools=[WEATHER], stream=stream)
    messages = [chunk.message for chunk in answer] if stream else [answer.message]
    calls = [call for message in messages for call in message.tool_calls or []]
    assert [(call.function.name, call.function.arguments) for call in calls] == [("weather", arguments)] * 2

    called = {"role": "assistant", "content": "", "tool_calls": [call.model_dump() for call in calls]}
    results = [{"role": "tool", "content": weather, "tool_name": "weather"} for weather in ("sunny", "rainy")]
    answer = ask([question, called, *results], tools=[WEATHER])
    assert answer.message.content == "weather said: sunny\nweather said: rainy"
    turns = sim.body()["messages"]
    ids = [part["toolUse"]["toolUseId"] for part in turns[1]["content"]]
    assert [part["toolResult"]["toolUseId"] for part in turns[2]["content"]] == ids
    assert len(set(ids)) == 2
    assert sim.body()["toolConfig"]["tools"][0]["toolSpec"]["name"] == "weather"


def test_a_function_of_python_as_a_tool(ask):
    def add(a: int, b: int) -> int:
        """Adds two numbers.

        Args:
          a: One.
          b: Another.
        """
        return a + b

    (call,) = ask('call add {"a": 1, "b": 2}', tools=[add]).message.tool_calls
    assert add(**call.function.arguments) == 3


def test_images(ask, sim):
    answer = ask([{"role": "user", "content": "What is this?", "images": [PNG]}])
    assert answer.message.content == f"What is this? [image png {len(PNG)} bytes]"
    (image,) = (part["image"] for part in sim.body()["messages"][0]["content"] if "image" in part)
    assert base64.b64decode(image["source"]["bytes"]) == PNG


def test_an_answer_by_a_schema(ask):
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    answer = json.loads(ask("Who?", model=CLAUDE, format=schema).message.content)
    assert set(answer) == {"name", "age"}


def test_json_of_any_kind(client, ask, sim):
    ask("Give me JSON", model=CLAUDE, format="json")
    assert "json" in json.dumps(sim.body()).lower()


def test_thinking(ask):
    answer = ask("Why?", model=CLAUDE, think=True)
    assert answer.message.thinking
    chunks = list(ask("Why?", model=CLAUDE, think="low", stream=True))
    assert "".join(chunk.message.thinking or "" for chunk in chunks)
    assert joined(chunks) == "Why?"
    assert not ask("Why?", model=CLAUDE, think=False).message.thinking


def test_generate(client, sim):
    answer = client.generate(model=MODEL, prompt="Hello", system="Be brief.", images=[PNG])
    assert answer.response == f"Hello [image png {len(PNG)} bytes]"
    assert sim.body()["system"] == [{"text": "Be brief."}]
    chunks = list(client.generate(model=MODEL, prompt="one two", stream=True))
    assert "".join(chunk.response for chunk in chunks) == "one two"
    assert chunks[-1].done
    assert client.generate(model=MODEL).done_reason == "load"


def test_the_models(client, adit, key):
    models = {model.model for model in client.list().models}
    assert MODEL in models and CLAUDE in models
    assert client.ps().models == []
    adit.command("key", "policy", key[0], "--model", "us.amazon.nova-*")
    assert all(model.model.startswith("us.amazon.nova-") for model in client.list().models)


def test_a_model_that_is_not_there(ask):
    with pytest.raises(ollama.ResponseError) as caught:
        ask(model="llama3.2")
    assert caught.value.status_code in (400, 404)
    assert isinstance(caught.value.error, str) and caught.value.error


def test_a_model_that_the_key_may_not_use(ask, adit, key):
    adit.command("key", "policy", key[0], "--model", "us.amazon.nova-*")
    with pytest.raises(ollama.ResponseError) as caught:
        list(ask(model=CLAUDE, stream=True))
    assert caught.value.status_code == 403
    assert "may not use" in caught.value.error


def test_a_key_that_is_not_known(client, connect_ollama):
    with pytest.raises(ollama.ResponseError) as caught:
        connect_ollama("adit_nobody").list()
    assert caught.value.status_code == 401


@pytest.mark.parametrize(
    "options",
    [
        {"options": {"temperature": -1}},
        {"options": {"num_predict": "many"}},
        {"think": "very hard"},
        {"messages": [{"role": "user", "content": "x", "images": [b"no image"]}]},
        {"messages": [{"role": "nobody", "content": "x"}]},
    ],
    ids=["a temperature", "a number", "a level", "an image", "a role"],
)
def test_a_request_that_has_to_change(ask, sim, options):
    with pytest.raises(ollama.ResponseError) as caught:
        ask(**options)
    assert caught.value.status_code == 400
    assert sim.requests() == []


@pytest.mark.parametrize(
    "fault",
    [
        {"exceptionAfter": {"events": 3, "type": "throttlingException", "message": "Too many requests"}},
        {"cutAfter": {"events": 3}},
        {"cutAfter": {"events": 3, "abort": True}},
    ],
    ids=["throttled", "ended early", "connection broke"],
)
def test_a_model_that_breaks_off(ask, sim, fault):
    sim.script(textDeltas=["one ", "two ", "three ", "four "], **fault)
    received = []
    with pytest.raises(ollama.ResponseError):
        for chunk in ask(stream=True):
            received.append(chunk)
    assert received and not any(chunk.done for chunk in received)
    assert "one two three four ".startswith(joined(received))


def test_a_fault_before_the_first_word_is_a_status(ask, sim):
    sim.script(error={"type": "ThrottlingException", "message": "Too many requests"})
    for stream in (False, True):
        with pytest.raises(ollama.ResponseError) as caught:
            list(ask(stream=stream))
        assert caught.value.status_code == 429


@pytest.mark.parametrize("order", [("ollama", "redact"), ("redact", "ollama")], ids=["in front", "behind"])
def test_redact_reads_it_too(adit, key, connect_ollama, sim, order):
    for plugin in order:
        adit.enable(key[0], plugin)
    client = connect_ollama(key[1])
    prompt = "Write to jane.doe@example.com today."
    messages = [{"role": "user", "content": prompt}]
    assert client.chat(model=MODEL, messages=messages).message.content == prompt
    assert joined(client.chat(model=MODEL, messages=messages, stream=True)) == prompt
    call = 'call weather {"city": "jane.doe@example.com"}'
    answer = client.chat(model=MODEL, messages=[{"role": "user", "content": call}], tools=[WEATHER])
    assert answer.message.tool_calls[0].function.arguments == {"city": "jane.doe@example.com"}
    assert "jane.doe" not in json.dumps([request["body"] for request in sim.requests()])


def test_what_has_no_effect_is_reported(adit, client, key):
    body = {"model": MODEL, "messages": HELLO, "stream": False, "options": {"seed": 7, "num_gpu": 1}, "odd": 1}
    headers = {"Authorization": f"Bearer {key[1]}"}
    answer = httpx.post(f"{adit.url}/api/chat", json=body, headers=headers, timeout=60)
    assert answer.headers["x-adit-dropped"].split(",") == ["options.seed", "odd"]
    assert httpx.get(f"{adit.url}/api/version", headers=headers).json()["version"].count(".") == 2
    assert httpx.get(f"{adit.url}/", headers=headers).text == "Ollama is running"
    assert httpx.head(f"{adit.url}/", headers=headers).status_code == 200
