"""Starts ministack, the AWS of the rehearsal, and adds what its nested stacks lack.

It transforms the template of a stack, but not those of the stacks in it. And when it updates a resource of a nested
stack in place, it forgets what `!GetAtt` would find there.
"""

import ministack.app
from ministack.services.cloudformation import _stacks, engine, provisioners

parse = engine._parse_template
update = provisioners._update_resource


def parse_and_transform(text):
    return engine._apply_transforms(parse(text))


def update_and_remember(kind, physical_id, old, new, stack, logical_id, attributes=None):
    if attributes is None:
        attributes = _stacks[stack]["_resources"][logical_id]["Attributes"]
    updated, changed = update(kind, physical_id, old, new, stack, logical_id, attributes)
    return updated, {**attributes, **changed} if updated == physical_id else changed


# Nested stacks look the parser up when they need it; all others have it already.
engine._parse_template = parse_and_transform
provisioners._update_resource = update_and_remember

if __name__ == "__main__":
    ministack.app.main()
