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


def test_a_model_that_does_not_exist(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("no-such-model")
    assert caught.value.code == "model_not_found"
