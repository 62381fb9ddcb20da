"""Keeps a code name from models: prompts say something else in its place, and answers say it again."""

import json

from componentize_py_types import Err
from wit_world.imports.types import ConfigError, Descriptor, TextKinds
#@ request
from wit_world.imports.chat import Part_Text, RequestVerdict_Keep, RequestVerdict_Replace
#@ end
#@ event
from wit_world.imports.chat import BlockKind_ToolUse, Event_BlockStart, EventVerdict_Pass, EventVerdict_Stop
from wit_world.imports.types import Failure
#@ end
#@ finish
from wit_world.imports import log
#@ end
#@ route
from wit_world.imports.types import Route, RouteVerdict_Keep, RouteVerdict_To
#@ end
#@ prompt
from wit_world.imports.types import Edit, PromptVerdict_Edit, PromptVerdict_Keep
#@ end
#@ text
from wit_world.imports.types import Outcome, TextVerdict_Rewrite
#@ end

DEFAULTS = {
    "code_name": "Bluebird",
    "public_name": "the project",
    #@ route
    "long_prompts": None,
    #@ end
    #@ request
    "house_rule": None,
    #@ end
    #@ event
    "forbidden_tool": None,
    #@ end
    #@ finish
    "log_from_tokens": 100_000,
    #@ end
}

# What an operator sets. `config.schema.json` says the same to machines.
settings = DEFAULTS


def faults(config):
    for name in config:
        if name not in DEFAULTS:
            yield ConfigError(f"/{name}", "is not a setting")
    for name in ("code_name", "public_name"):
        value = config.get(name, DEFAULTS[name])
        if not isinstance(value, str) or not 1 <= len(value.encode()) <= 256:
            yield ConfigError(f"/{name}", "expected 1 to 256 bytes")


class Lifecycle:
    def init(self, config):
        """Called once an instance. A raised list of faults refuses the config."""
        global settings
        config = json.loads(config)
        found = list(faults(config))
        if found:
            raise Err(found)
        settings = {**DEFAULTS, **config}
        #@ text
        return Descriptor(name="{{name}}", version="0.1.0", wants=TextKinds.TEXT, window=256)
        #@ end
        #@ !text
        return Descriptor(name="{{name}}", version="0.1.0", wants=TextKinds(0), window=0)
        #@ end
#@ route


class RouteHook:
    def on_route(self, session, request):
        """Long prompts go to the model that the operator has set for them."""
        long = settings["long_prompts"]
        if long and request.prompt_bytes >= long["from_bytes"]:
            return RouteVerdict_To(Route(long["model"]))
        return RouteVerdict_Keep()
#@ end
#@ prompt


class PromptHook:
    def on_prompt(self, session, segments):
        """No model reads the code name."""
        code, public = settings["code_name"], settings["public_name"]
        edits = [Edit(it.id, it.text.replace(code, public)) for it in segments if code in it.text]
        return PromptVerdict_Edit(edits) if edits else PromptVerdict_Keep()
#@ end
#@ request


class RequestHook:
    def on_request(self, session, request):
        """The operator's rule is the last of the instructions."""
        if not settings["house_rule"]:
            return RequestVerdict_Keep()
        request.system.append(Part_Text(settings["house_rule"]))
        return RequestVerdict_Replace(request)
#@ end
#@ event


class EventHook:
    def on_events(self, session, events):
        """An answer ends where it calls a tool that the operator forbids."""
        kinds = [event.value.kind for event in events if isinstance(event, Event_BlockStart)]
        called = [kind.value.name for kind in kinds if isinstance(kind, BlockKind_ToolUse)]
        if settings["forbidden_tool"] in called:
            return EventVerdict_Stop(Failure(403, "tool_forbidden", "this tool may not be called"))
        return EventVerdict_Pass()
#@ end
#@ finish


class FinishHook:
    def on_finish(self, session, report):
        """Requests that cost much have a line in the operator's log."""
        tokens = report.usage.input_tokens + report.usage.output_tokens if report.usage else 0
        if tokens >= settings["log_from_tokens"]:
            log.write(log.Level.INFO, f"a request cost {tokens} tokens")
#@ end
#@ text


class TextHook:
    def on_text(self, session, chunks):
        """Answers say the code name again."""
        return TextVerdict_Rewrite([rewritten(chunk) for chunk in chunks])


def rewritten(chunk):
    """Text that may be the beginning of the public name is left unconsumed: it comes back in front of the next text."""
    code, public = settings["code_name"], settings["public_name"]
    consumed = chunk.text
    # What is part of a whole name begins no other.
    left = consumed.replace(public, "\0" * len(public))
    for begun in range(min(len(public) - 1, len(left)), 0, -1):
        if not chunk.final and left.endswith(public[:begun]):
            consumed = consumed[: len(consumed) - begun]
            break
    return Outcome(consumed=len(consumed.encode()), output=consumed.replace(public, code))
#@ end
