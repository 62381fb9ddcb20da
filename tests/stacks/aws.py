"""Starts ministack, the AWS of the rehearsal, and adds what its nested stacks lack.

It transforms the template of a stack, but not those of the stacks in it; AWS transforms each, and tells SAM the values of
parameters. When ministack updates a resource of a nested stack in place, it forgets what `!GetAtt` would find there, and
when it deletes a nested stack, it does not look at `DeletionPolicy`.
"""

import contextvars
import copy
import types

import ministack.app
from ministack.services.cloudformation import _stacks, engine, provisioners
from samtranslator.translator.transform import transform

VALUES = contextvars.ContextVar("the parameters of the nested stack that is being made", default={})
NO_POLICIES = types.SimpleNamespace(load=dict)

parse = engine._parse_template
deploy = provisioners._cfn_nested_stack_deploy
update = provisioners._update_resource
delete = provisioners._cfn_nested_stack_delete


def parse_and_transform(text):
    template = parse(text)
    if engine._SAM_TRANSFORM not in engine.declared_transforms(template):
        return template
    return transform(copy.deepcopy(template), dict(VALUES.get()), NO_POLICIES)


def deploy_with_values(logical_id, properties, parent, **others):
    token = VALUES.set({name: str(value) for name, value in properties.get("Parameters", {}).items()})
    try:
        return deploy(logical_id, properties, parent, **others)
    finally:
        VALUES.reset(token)


def update_and_remember(kind, physical_id, old, new, stack, logical_id, attributes=None):
    if attributes is None:
        attributes = _stacks[stack]["_resources"][logical_id]["Attributes"]
    updated, changed = update(kind, physical_id, old, new, stack, logical_id, attributes)
    return updated, {**attributes, **changed} if updated == physical_id else changed


def delete_and_retain(physical_id, properties):
    stack = _stacks.get(provisioners._nested_stack_lookup_name(physical_id), {})
    parent = _stacks.get(stack.get("_parent_stack_name"), {})
    # A first deployment that fails takes back what it has made.
    if parent.get("StackStatus") == "DELETE_IN_PROGRESS":
        for logical_id, resource in stack["_template"]["Resources"].items():
            if resource.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate"):
                stack["_resources"].pop(logical_id, None)
    delete(physical_id, properties)


# Nested stacks look the parser up when they need it; all others have it already.
engine._parse_template = parse_and_transform
provisioners._cfn_nested_stack_deploy = deploy_with_values
provisioners._update_resource = update_and_remember
provisioners._RESOURCE_HANDLERS["AWS::CloudFormation::Stack"]["delete"] = delete_and_retain

if __name__ == "__main__":
    ministack.app.main()
