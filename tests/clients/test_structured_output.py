"""Answers as JSON. Where the stand-in would make them up from the schema, it is told what to say."""

import json

import pydantic
import pytest

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


class Leg(pydantic.BaseModel):
    city: str
    nights: int


class Trip(pydantic.BaseModel):
    legs: list[Leg]


TRIP = Trip(legs=[Leg(city="Zürich", nights=2), Leg(city="東京", nights=5)])
QUESTION = [{"role": "user", "content": "Where does the trip go?"}]


def test_an_answer_is_parsed_into_the_clients_model(client, sim):
    sim.script(reply={"text": TRIP.model_dump_json()})
    completion = client.chat.completions.parse(model=CLAUDE, messages=QUESTION, response_format=Trip)
    assert completion.choices[0].message.parsed == TRIP
    assert completion.choices[0].finish_reason == "stop"
    text_format = sim.body()["outputConfig"]["textFormat"]
    assert text_format["type"] == "json_schema"
    schema = json.loads(text_format["structure"]["jsonSchema"]["schema"])
    assert schema["properties"]["legs"]["items"] == {"$ref": "#/$defs/Leg"}
    assert schema["$defs"]["Leg"]["additionalProperties"] is False


def test_a_streamed_answer_is_parsed_too(client, sim):
    sim.script(reply={"text": TRIP.model_dump_json()})
    with client.chat.completions.stream(model=CLAUDE, messages=QUESTION, response_format=Trip) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == TRIP


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_model_without_structured_output_answers_as_if_it_had_it(client, stream):
    """Behind it is a tool that the model has to call; a client sees nothing of it."""
    options = {
        "model": "us.amazon.nova-lite-v1:0",
        "messages": [{"role": "user", "content": "Plan a trip."}],
        "response_format": Trip,
    }
    if stream:
        with client.chat.completions.stream(**options) as events:
            choice = events.get_final_completion().choices[0]
    else:
        choice = client.chat.completions.parse(**options).choices[0]
    assert isinstance(choice.message.parsed, Trip)
    assert choice.finish_reason == "stop"
    assert not choice.message.tool_calls


def test_json_without_a_schema(ask):
    choice = ask('{"a": 1}', model=CLAUDE, response_format={"type": "json_object"}).choices[0]
    assert isinstance(json.loads(choice.message.content), dict)
    assert choice.finish_reason == "stop"
