"""What can be asked."""

import openai
import pytest

from conftest import MODEL


def test_the_list_of_models(client):
    models = list(client.models.list())
    assert MODEL in [model.id for model in models]
    assert all(model.object == "model" and model.created >= 0 and model.owned_by for model in models)


def test_each_model_of_the_list_can_be_looked_up(client):
    for model in client.models.list():
        assert client.models.retrieve(model.id) == model


@pytest.mark.xfail(strict=True, reason="a route plugin's aliases are not listed yet")
def test_an_alias_of_the_key_is_a_model(adit, key, client):
    adit.enable(key[0], "route", {"aliases": {"gpt-4o-mini": MODEL}})
    assert "gpt-4o-mini" in [model.id for model in client.models.list()]
    assert client.models.retrieve("gpt-4o-mini").id == "gpt-4o-mini"


def test_a_model_that_does_not_exist(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("no-such-model")
    assert caught.value.code == "model_not_found"
