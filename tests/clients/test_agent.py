"""An agent framework, pydantic-ai: it calls tools by itself, streams every step and replays the conversation."""

import asyncio

import openai
import pytest
from pydantic_ai import Agent, FunctionToolCallEvent, PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta, ThinkingPart
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from test_reasoning import CLAUDE, assert_thoughts_went_back

QUESTION = 'call weather {"city": "Zürich"}\ncall clock {"zone": "CET"}'
ANSWER = "weather said: sunny in Zürich\nclock said: noon in CET"


@pytest.fixture
def converse(adit, key, sim):
    """Asks the prompts one after the other; answers what was said, and which tools were called in which order."""

    async def converse(model, prompts, settings):
        async with openai.AsyncOpenAI(base_url=f"{adit.url}/v1", api_key=key[1], max_retries=0) as client:
            agent = Agent(OpenAIChatModel(model, provider=OpenAIProvider(openai_client=client)))

            @agent.tool_plain
            async def weather(city: str) -> str:
                return f"sunny in {city}"

            @agent.tool_plain
            async def clock(zone: str) -> str:
                return f"noon in {zone}"

            calls, pieces, answers, history = [], [], [], []

            async def watch(_, events):
                async for event in events:
                    if isinstance(event, FunctionToolCallEvent):
                        calls.append((event.part.tool_name, event.part.args_as_dict()))
                    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
                        pieces.append(event.part.content)
                    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
                        pieces.append(event.delta.content_delta)

            for prompt in prompts:
                result = await agent.run(
                    prompt, message_history=history, model_settings=settings, event_stream_handler=watch
                )
                answers.append(result.output)
                history = result.all_messages()
            # How many pieces there are is up to the network: what arrives together comes as one.
            assert "".join(pieces) == "".join(answers)
            return answers, calls, history

    return lambda model, prompts, **settings: asyncio.run(converse(model, prompts, settings))


def test_two_tools_in_parallel_and_a_second_turn(converse, sim):
    prompts = [QUESTION, 'call clock {"zone": "UTC"}', "Thank you."]
    answers, calls, _ = converse("us.amazon.nova-lite-v1:0", prompts)
    assert answers == [ANSWER, "clock said: noon in UTC", "Thank you."]
    assert calls == [("weather", {"city": "Zürich"}), ("clock", {"zone": "CET"}), ("clock", {"zone": "UTC"})]
    assert [request["operation"] for request in sim.requests()] == ["ConverseStream"] * 5
    results = sim.requests()[1]["body"]["messages"][2]["content"]
    assert [result["toolResult"]["content"][0]["text"] for result in results] == ["sunny in Zürich", "noon in CET"]


@pytest.mark.parametrize("model", CLAUDE)
def test_thoughts_survive_the_tools(converse, sim, model):
    answers, calls, history = converse(model, [QUESTION, QUESTION], openai_reasoning_effort="low")
    assert answers == [ANSWER, ANSWER]
    assert len(calls) == 4
    thoughts = [part.content for message in history for part in message.parts if isinstance(part, ThinkingPart)]
    assert len(thoughts) == 4 and all(thoughts)
    assert_thoughts_went_back(sim.requests())
