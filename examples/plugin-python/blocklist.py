"""Refuses prompts with some words, and masks others on the way in and out.

The config: {"refuse": ["Project Falcon"], "mask": ["Initech"], "at_most": 100}
"""

import json
import re

from componentize_py_types import Err
from wit_world.imports.types import (
    ConfigError,
    Descriptor,
    Edit,
    Failure,
    Outcome,
    PromptVerdict_Deny,
    PromptVerdict_Edit,
    PromptVerdict_Keep,
    TextKinds,
    TextVerdict_Rewrite,
)

MASK = "***"


class Config:
    """What `init` makes of the operator's JSON."""

    def __init__(self, config):
        words = config.get("mask", [])
        beginnings = {word[:end] for word in words for end in range(1, len(word))}
        self.refused = any_of(config.get("refuse", []))
        self.masked = any_of(words)
        # The same while more text may come: in group 1, it finds the beginning of a word at the end, too.
        self.open = re.compile(f"({any_of(beginnings).pattern})\\Z|{self.masked.pattern}")
        self.at_most = config.get("at_most", float("inf"))
        self.window = max((len(word.encode()) for word in words), default=0)


def any_of(words):
    """A pattern for any of the words: of those that begin at the same place, the longest."""
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or "(?!)")


def faults(config):
    if not isinstance(config, dict):
        yield ConfigError("", "has to be an object")
        return
    for name, value in config.items():
        if name == "at_most":
            if type(value) is not int or value < 0:
                yield ConfigError("/at_most", "has to be a whole number")
        elif name not in ("refuse", "mask"):
            yield ConfigError("/" + name, "is no setting")
        elif not isinstance(value, list):
            yield ConfigError("/" + name, "has to be a list of words")
        else:
            for index, word in enumerate(value):
                if not isinstance(word, str) or not word:
                    yield ConfigError(f"/{name}/{index}", "has to be a text with a letter")


class Lifecycle:
    def init(self, text):
        """Called once an instance. A raised list of faults refuses the config."""
        global config
        parsed = json.loads(text)
        if found := list(faults(parsed)):
            raise Err(found)
        config = Config(parsed)
        return Descriptor("blocklist", "0.1.0", wants=TextKinds.TEXT, window=config.window)


class PromptHook:
    def on_prompt(self, session, segments):
        if any(config.refused.search(segment.text) for segment in segments):
            return PromptVerdict_Deny(Failure(400, "content_blocked", "the prompt speaks of what is not allowed"))
        masked = [(segment, config.masked.sub(MASK, segment.text)) for segment in segments]
        edits = [Edit(segment.id, text) for segment, text in masked if text != segment.text]
        return PromptVerdict_Edit(edits) if edits else PromptVerdict_Keep()


class TextHook:
    def on_text(self, session, chunks):
        return TextVerdict_Rewrite([masked(session, chunk) for chunk in chunks])


def masked(session, chunk):
    text, output, done = chunk.text, "", 0
    for found in (config.masked if chunk.final else config.open).finditer(text):
        output += text[done : found.start()]
        done = found.end()
        if not chunk.final and found[1]:
            # The rest of the word may come with the next chunk: what is not consumed comes back in front of it.
            return Outcome(len(text[: found.start()].encode()), output)
        output += MASK
        session.masked += 1
        if session.masked > config.at_most:
            # What a plugin raises fails the request; the operator's log says why.
            raise RuntimeError(f"more than {config.at_most} words to mask")
    return Outcome(len(text.encode()), output + text[done:])
