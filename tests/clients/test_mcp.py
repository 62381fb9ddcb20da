"""MCP's own Python SDK, in both eras of the protocol: with a handshake and a session, and without."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from conftest import MODEL
from processes import ADIT, AWS, Server, run_adit

ERAS = {"with a session": "legacy", "without": "2026-07-28"}
BUILT_IN = [
    "bedrock_chat",
    "bedrock_list_models",
    "bedrock_describe_model",
    "bedrock_embed",
    "bedrock_count_tokens",
    "bedrock_generate_image",
    "usage_report",
]


@pytest.fixture(params=ERAS.values(), ids=ERAS.keys())
def era(request):
    return request.param


@asynccontextmanager
async def connection(url, key, era, **options):
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        async with Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=era, **options) as client:
            yield client


@pytest.fixture
def mcp(adit, sim, key, era):
    """Runs a conversation with the server."""

    def run(talk, **options):
        async def whole():
            async with connection(adit.url, key[1], era, **options) as client:
                return await talk(client)

        return asyncio.run(whole())

    return run


def text(result) -> str:
    assert not result.is_error, result
    return "".join(block.text for block in result.content)


def test_lists_what_it_offers_in_an_order_that_stays(mcp):
    async def talk(client):
        return [(await client.list_tools()).tools for _ in range(2)]

    first, second = mcp(talk)
    assert [tool.name for tool in first] == BUILT_IN == [tool.name for tool in second]
    assert all(len(tool.description) > 40 for tool in first)
    assert all(tool.input_schema["type"] == "object" for tool in first)


def test_a_model_answers(mcp, sim):
    async def talk(client):
        return await client.call_tool("bedrock_chat", {"model": MODEL, "prompt": "four words, no more"})

    assert text(mcp(talk)) == "four words, no more"
    assert sim.body()["messages"] == [{"role": "user", "content": [{"text": "four words, no more"}]}]


def test_tells_how_far_an_answer_is(mcp, sim):
    sim.script(textDeltas=["one ", "two ", "three"])
    heard = []

    async def note(progress, total, message):
        heard.append((progress, message))

    async def talk(client):
        arguments = {"model": MODEL, "prompt": "count"}
        return await client.call_tool("bedrock_chat", arguments, progress_callback=note)

    assert text(mcp(talk)) == "one two three"
    assert heard, "no progress was told"
    steps = [progress for progress, _ in heard]
    assert steps == sorted(set(steps)), "progress has to grow"


def test_a_call_that_is_cancelled_stops_the_model(mcp, sim):
    sim.script(textDeltas=["one ", "two ", "three"], cutAfter={"events": 3, "stall": True})

    async def talk(client):
        begun = asyncio.Event()

        async def note(*_):
            begun.set()

        arguments = {"model": MODEL, "prompt": "count"}
        call = asyncio.create_task(client.call_tool("bedrock_chat", arguments, progress_callback=note))
        await asyncio.wait_for(begun.wait(), 30)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        # The connection is as good as before.
        return await client.list_tools()

    assert len(mcp(talk).tools) == len(BUILT_IN)
    assert [request["outcome"] for request in sim.requests()] == ["clientLeft"]


def test_models_come_with_structure_and_as_resources(mcp):
    async def talk(client):
        listed = await client.call_tool("bedrock_list_models", {})
        described = await client.call_tool("bedrock_describe_model", {"model": MODEL})
        resource = await client.read_resource(f"bedrock://models/{MODEL}")
        return listed, described, resource

    listed, described, resource = mcp(talk)
    assert MODEL in [model["id"] for model in listed.structured_content["models"]]
    assert described.structured_content["id"] == MODEL
    assert json.loads(resource.contents[0].text)["id"] == MODEL


def test_texts_become_vectors_and_counts(mcp):
    async def talk(client):
        vectors = await client.call_tool(
            "bedrock_embed", {"model": "amazon.titan-embed-text-v2:0", "input": ["one", "two"]}
        )
        count = await client.call_tool("bedrock_count_tokens", {"model": MODEL, "prompt": "one two three"})
        return vectors, count

    vectors, count = mcp(talk)
    assert [len(vector) for vector in vectors.structured_content["embeddings"]] == [1024, 1024]
    assert count.structured_content["counted_by"] == "estimate"
    assert count.structured_content["input_tokens"] > 0


def test_an_image_is_an_image(mcp):
    async def talk(client):
        arguments = {"model": "amazon.nova-canvas-v1:0", "prompt": "a passage driven into rock"}
        return await client.call_tool("bedrock_generate_image", arguments)

    result = mcp(talk)
    assert not result.is_error, result
    assert [block.type for block in result.content] == ["image"]
    assert result.content[0].mime_type == "image/png"


def test_usage_is_that_of_the_key(mcp):
    async def talk(client):
        await client.call_tool("bedrock_chat", {"model": MODEL, "prompt": "hello"})
        return await client.call_tool("usage_report", {}), await client.read_resource("adit://usage/current")

    report, resource = mcp(talk)
    assert report.structured_content["total"]["requests"] == 1
    assert json.loads(resource.contents[0].text)["total"]["requests"] == 1


def test_a_wrong_argument_is_told_so_that_a_model_can_mend_it(mcp, sim):
    async def talk(client):
        return await client.call_tool("bedrock_chat", {"model": MODEL})

    result = mcp(talk)
    assert result.is_error
    assert "prompt" in result.content[0].text
    assert sim.requests() == []


def test_what_is_said_passes_the_plugins_of_the_key(mcp, adit, sim, key):
    adit.enable(key[0], "redact")

    async def talk(client):
        return await client.call_tool("bedrock_chat", {"model": MODEL, "prompt": "write to ann@example.com"})

    assert text(mcp(talk)) == "write to ann@example.com"
    assert "ann@example.com" not in json.dumps(sim.body())


def test_a_plugin_brings_tools(mcp, adit, key):
    adit.enable(key[0], "text-tools")

    async def talk(client):
        names = [tool.name for tool in (await client.list_tools()).tools]
        return names, await client.call_tool("text-tools_count", {"text": "one two three"})

    names, result = mcp(talk)
    assert names[: len(BUILT_IN)] == BUILT_IN
    assert "text-tools_count" in names
    assert result.structured_content["words"] == 3


def test_a_session_goes_on_at_another_process(running_sim, tmp_path):
    """Killed, not stopped: what a session needs is in the store from its first answer on."""
    data = tmp_path / "data"
    data.mkdir()
    key = run_adit(data, "key", "create", "wanderer", "--quiet").strip()
    command = [ADIT, "serve", "--data", data, "--upstream", running_sim.url]
    first = Server([*command, "--listen", "127.0.0.1:0"], tmp_path / "first", AWS)
    port = first.url.rsplit(":", 1)[1]
    servers = [first]

    async def talk():
        async with connection(first.url, key, "legacy") as client:
            before = (await client.list_tools()).tools
            first._process.kill()
            first._process.wait(60)
            servers.append(Server([*command, "--listen", f"127.0.0.1:{port}"], tmp_path / "second", AWS))
            after = (await client.list_tools()).tools
            answer = await client.call_tool("bedrock_chat", {"model": MODEL, "prompt": "still here"})
            return before, after, answer

    try:
        before, after, answer = asyncio.run(talk())
    finally:
        for server in servers:
            server.stop()
    assert [tool.name for tool in before] == [tool.name for tool in after]
    assert text(answer) == "still here"
