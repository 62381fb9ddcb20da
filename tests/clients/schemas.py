"""OpenAI's own JSON Schemas, where they are at hand: what every answer has to fit."""

import functools
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

FIXTURES = Path(__file__).parents[3] / "shared/fixtures"


@functools.cache
def _registry():
    path = FIXTURES / "openai-schemas.json"
    if not path.exists():
        return None
    document = json.loads(path.read_text())
    return Registry().with_resource("openai", Resource(document, DRAFT202012))


@functools.cache
def _validator(name):
    return Draft202012Validator({"$ref": f"openai#/components/schemas/{name}"}, registry=_registry())


def check(name, value):
    """Fails with the first place at which a value does not fit the schema of that name."""
    if _registry() is None:
        pytest.skip("OpenAI's schemas are not at hand")
    fault = next(_validator(name).iter_errors(value), None)
    assert fault is None, f"{name}: {fault.json_path}: {fault.message}"
