"""Embeddings. The stand-in gives the same text the same vector, and other texts other ones."""

import base64
import math
import struct

import openai
import pytest

TITAN, COHERE = "amazon.titan-embed-text-v2:0", "cohere.embed-english-v3"
TEXTS = [f"text number {number}" for number in range(7)]

models = pytest.mark.parametrize("model", [TITAN, COHERE], ids=["titan", "cohere"])


@pytest.fixture
def embed(client):
    def embed(input, model=TITAN, **options):
        return client.embeddings.create(model=model, input=input, **options)

    return embed


@models
def test_one_text(embed, model):
    answer = embed("Hello", model)
    assert answer.object == "list"
    assert answer.model == model
    assert [(item.object, item.index) for item in answer.data] == [("embedding", 0)]
    assert len(answer.data[0].embedding) == 1024
    assert all(isinstance(number, float) for number in answer.data[0].embedding)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens > 0


@models
def test_a_batch_keeps_its_order(embed, model):
    single = [embed(text, model).data[0].embedding for text in TEXTS]
    batch = embed(TEXTS, model).data
    assert [item.index for item in batch] == list(range(len(TEXTS)))
    assert [item.embedding for item in batch] == single
    assert len(set(map(tuple, single))) == len(TEXTS)


def test_more_texts_than_one_call_of_cohere_takes(embed, sim):
    texts = [f"text number {number}" for number in range(100)]
    data = embed(texts, COHERE).data
    assert [item.index for item in data] == list(range(100))
    assert sorted(len(request["body"]["texts"]) for request in sim.requests()) == [4, 96]
    assert data[99].embedding == embed(texts[99], COHERE).data[0].embedding


def test_base64_is_what_the_sdk_asks_for_and_holds_the_same_numbers(client):
    request = {"model": TITAN, "input": "Hello"}
    floats = client.embeddings.create(**request, encoding_format="float").data[0].embedding
    text = client.embeddings.create(**request, encoding_format="base64").data[0].embedding
    assert isinstance(text, str)
    numbers = [number for (number,) in struct.iter_unpack("<f", base64.b64decode(text))]
    assert numbers == client.embeddings.create(**request).data[0].embedding
    assert all(math.isclose(one, other, rel_tol=1e-6) for one, other in zip(numbers, floats, strict=True))


def test_dimensions(embed, sim):
    assert len(embed("Hello", dimensions=256).data[0].embedding) == 256
    assert sim.body()["dimensions"] == 256


def test_tokens_are_the_text_that_they_stand_for(embed):
    """Some frameworks send the tokens of cl100k, not the text. These say `hello world`."""
    tokens, text = [15339, 1917], "hello world"
    wanted = embed(text).data[0].embedding
    assert embed(tokens).data[0].embedding == wanted
    assert [item.embedding for item in embed([tokens, tokens]).data] == [wanted, wanted]


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": "Hello", "dimensions": 3}, "dimensions"),
        ({"input": "Hello", "model": COHERE, "dimensions": 256}, "dimensions"),
    ],
    ids=["blank", "empty", "no such size", "one size only"],
)
def test_a_bad_parameter_is_named(embed, sim, options, param):
    with pytest.raises(openai.BadRequestError) as caught:
        embed(**options)
    assert caught.value.param == param
    assert sim.requests() == []


def test_a_model_that_only_speaks_embeds_nothing(embed):
    with pytest.raises(openai.APIStatusError) as caught:
        embed("Hello", "us.amazon.nova-lite-v1:0")
    assert caught.value.status_code in (400, 404)
    assert caught.value.code != "unknown_url"
