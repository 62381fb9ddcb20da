"""Plain conversations, with the stand-in's default model: it says what the user said."""

import asyncio
import base64

import openai

from conftest import MODEL

TEXT = "Grüße aus 東京 🙂, said once."
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def joined(stream):
    """The text of a stream, and its chunks."""
    chunks = list(stream)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices), chunks


def test_a_whole_answer(ask):
    answer = ask(TEXT)
    assert answer.object == "chat.completion"
    assert answer.model == MODEL
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content == TEXT
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0
    assert answer._request_id


def test_a_streamed_answer_is_the_whole_answer_in_pieces(ask):
    text, chunks = joined(ask(TEXT, stream=True))
    assert text == TEXT
    assert chunks[0].choices[0].delta.role == "assistant"
    assert len({chunk.id for chunk in chunks}) == 1
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]
    assert all(chunk.usage is None for chunk in chunks)


def test_text_arrives_while_the_model_still_speaks(ask, sim):
    sim.script(textDeltas=["one ", "two ", "three"], cutAfter={"events": 2, "stall": True})
    with ask("Count.", stream=True) as stream:
        assert any(chunk.choices[0].delta.content == "one " for chunk in stream)


def test_the_usage_of_a_stream_comes_last_and_only_when_asked_for(ask):
    whole = ask(TEXT).usage
    _, chunks = joined(ask(TEXT, stream=True, stream_options={"include_usage": True}))
    assert [chunk for chunk in chunks if chunk.usage] == chunks[-1:]
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole


def test_text_survives_any_cut_between_network_writes(ask, sim):
    for sizes in (1, 7, [64, 3]):
        sim.script(splitBytes=sizes)
        assert joined(ask(TEXT, stream=True))[0] == TEXT


def test_system_and_developer_messages_reach_bedrock_as_system(ask, sim):
    ask([
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hello yourself"},
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": "And now?"},
    ])
    body = sim.body()
    assert body["system"] == [{"text": "Be kind."}, {"text": "Be brief."}]
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]


def test_an_image_as_a_data_url(ask, sim):
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]
    answer = ask([{"role": "user", "content": content}])
    assert answer.choices[0].message.content == f"What is this? [image png {len(PNG)} bytes]"
    image = sim.body()["messages"][0]["content"][1]["image"]
    assert image["format"] == "png"
    assert base64.b64decode(image["source"]["bytes"]) == PNG


def test_limits_and_stop_sequences(ask):
    assert ask("one two three four", max_tokens=2).choices[0].finish_reason == "length"
    assert ask("one two three four", max_completion_tokens=2).choices[0].message.content == "one two "
    stopped = ask("one two three four", stop=["three"]).choices[0]
    assert (stopped.message.content, stopped.finish_reason) == ("one two ", "stop")


def test_parallel_requests_do_not_mix(adit, key, sim):
    async def ask(client, number):
        messages = [{"role": "user", "content": f"number {number}"}]
        stream = await client.chat.completions.create(model=MODEL, messages=messages, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    async def ask_all():
        async with openai.AsyncOpenAI(base_url=f"{adit.url}/v1", api_key=key[1], max_retries=0) as client:
            return await asyncio.gather(*(ask(client, number) for number in range(24)))

    assert asyncio.run(ask_all()) == [f"number {number}" for number in range(24)]


def test_a_client_that_leaves_ends_the_request_to_bedrock(ask, sim):
    sim.script(textDeltas=["word "] * 2000, paceMs=20)
    with ask("Talk.", stream=True) as stream:
        next(iter(stream))
    assert [request["outcome"] for request in sim.requests()] == ["clientLeft"]
