"""Tool calls. The stand-in calls a tool for each line `call NAME {json}` of the user."""

import json

CITY = '{"city": "Zürich", "days": [1, 2.5, {"deep": null}]}'
PROMPT = f"Looking it up.\ncall weather {CITY}\ncall time"


def tool(name):
    function = {"name": name, "description": f"The {name}.", "parameters": {"type": "object", "properties": {}}}
    return {"type": "function", "function": function}


TOOLS = [tool("weather"), tool("time")]


def test_two_calls_in_one_whole_answer(ask):
    choice = ask(PROMPT, tools=TOOLS).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == "Looking it up."
    calls = choice.message.tool_calls
    assert [call.function.name for call in calls] == ["weather", "time"]
    assert [json.loads(call.function.arguments) for call in calls] == [json.loads(CITY), {}]
    assert len({call.id for call in calls}) == 2


def test_two_calls_in_a_stream(ask):
    whole = ask(PROMPT, tools=TOOLS).choices[0].message
    calls, text, reasons = {}, "", []
    for chunk in ask(PROMPT, tools=TOOLS, stream=True):
        choice = chunk.choices[0]
        text += choice.delta.content or ""
        reasons += [choice.finish_reason] if choice.finish_reason else []
        for part in choice.delta.tool_calls or []:
            if part.index not in calls:
                assert part.id and part.type == "function"
                calls[part.index] = {"id": part.id, "name": part.function.name, "arguments": ""}
            calls[part.index]["arguments"] += part.function.arguments or ""
    assert reasons == ["tool_calls"]
    assert text == whole.content
    assert list(calls) == [0, 1]
    assert [call["id"] for call in calls.values()] == [call.id for call in whole.tool_calls]
    assert [call["name"] for call in calls.values()] == ["weather", "time"]
    assert [json.loads(call["arguments"]) for call in calls.values()] == [json.loads(CITY), {}]


def test_the_sdks_own_stream_helper_puts_the_calls_together(client):
    messages = [{"role": "user", "content": PROMPT}]
    with client.chat.completions.stream(model="us.amazon.nova-lite-v1:0", messages=messages, tools=TOOLS) as stream:
        message = stream.get_final_completion().choices[0].message
    assert [call.function.name for call in message.tool_calls] == ["weather", "time"]
    assert json.loads(message.tool_calls[0].function.arguments) == json.loads(CITY)


def test_results_go_back_in_one_turn_in_the_order_of_the_calls(ask, sim):
    question = {"role": "user", "content": PROMPT}
    message = ask([question], tools=TOOLS).choices[0].message
    weather, time = message.tool_calls
    answer = ask(
        [
            question,
            message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": time.id, "content": "noon"},
            {"role": "tool", "tool_call_id": weather.id, "content": "sunny"},
        ],
        tools=TOOLS,
    )
    assert answer.choices[0].message.content == "weather said: sunny\ntime said: noon"
    assert answer.choices[0].finish_reason == "stop"
    turns = sim.body()["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert [block["toolResult"]["toolUseId"] for block in turns[2]["content"]] == [weather.id, time.id]


def test_a_tool_can_be_asked_for_by_name(ask, sim):
    choice = {"type": "function", "function": {"name": "time"}}
    message = ask("Hello", tools=TOOLS, tool_choice=choice).choices[0].message
    assert [call.function.name for call in message.tool_calls] == ["time"]
    assert sim.body()["toolConfig"]["toolChoice"] == {"tool": {"name": "time"}}
