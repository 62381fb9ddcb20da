"""Reasoning: it comes out, and goes back to Bedrock although Chat Completions has no place for its signature."""

import pytest

# One that is given a budget of tokens, and one that decides by itself.
CLAUDE = ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.anthropic.claude-sonnet-4-6"]
QUESTION = 'Looking it up.\ncall weather {"city": "Zürich"}\ncall clock {"zone": "CET"}'
RESULTS = {"weather": "sunny", "clock": "noon"}


def tool(name, member):
    parameters = {"type": "object", "properties": {member: {"type": "string"}}, "required": [member]}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TOOLS = [tool("weather", "city"), tool("clock", "zone")]


def assert_thoughts_went_back(requests):
    """Each turn that called a tool has its signed thought before everything else, in all later requests."""
    for number, request in enumerate(requests):
        turns = [turn["content"] for turn in request["body"]["messages"] if turn["role"] == "assistant"]
        calling = [content for content in turns if any("toolUse" in block for block in content)]
        assert len(calling) == (number + 1) // 2
        for content in calling:
            reasoning = content[0]["reasoningContent"]["reasoningText"]
            assert reasoning["text"] and reasoning["signature"]
            assert not any("reasoningContent" in block for block in content[1:])


@pytest.fixture(params=["whole", "streamed"])
def say(request, client):
    """Asks, and answers the choice; a stream is put together by the SDK."""

    def say(**options):
        options["reasoning_effort"] = "low"
        if request.param == "whole":
            return client.chat.completions.create(**options).choices[0]
        with client.chat.completions.stream(**options) as stream:
            return stream.get_final_completion().choices[0]

    return say


@pytest.mark.parametrize("model", [*CLAUDE, "openai.gpt-oss-120b-1:0"])
def test_the_thought_is_a_member_of_the_message(say, model):
    message = say(model=model, messages=[{"role": "user", "content": "Hello"}]).message
    assert message.content == "Hello"
    assert message.reasoning_content and message.reasoning_content not in message.content


def test_the_thought_is_streamed_before_the_text(ask):
    stream = ask("Hello there", model=CLAUDE[0], reasoning_effort="low", stream=True)
    kinds = []
    for chunk in stream:
        delta = chunk.choices[0].delta
        kinds += ["thought"] if getattr(delta, "reasoning_content", None) else []
        kinds += ["text"] if delta.content else []
    assert set(kinds) == {"thought", "text"}
    assert kinds == sorted(kinds, reverse=True)


@pytest.mark.parametrize("model", CLAUDE)
def test_a_client_that_replays_calls_alone_gives_the_thought_back(say, sim, model):
    history = []
    for _ in range(2):
        history.append({"role": "user", "content": QUESTION})
        choice = say(model=model, messages=history, tools=TOOLS)
        assert choice.finish_reason == "tool_calls"
        # No more than Chat Completions knows.
        calls = [
            {"id": call.id, "type": "function", "function": call.function.model_dump(include={"name", "arguments"})}
            for call in choice.message.tool_calls
        ]
        history.append({"role": "assistant", "content": choice.message.content, "tool_calls": calls})
        for call in calls:
            result = RESULTS[call["function"]["name"]]
            history.append({"role": "tool", "tool_call_id": call["id"], "content": result})
        answer = say(model=model, messages=history, tools=TOOLS).message
        assert answer.content == "weather said: sunny\nclock said: noon"
        history.append({"role": "assistant", "content": answer.content})
    assert_thoughts_went_back(sim.requests())
    assert all(request["status"] == 200 for request in sim.requests())
