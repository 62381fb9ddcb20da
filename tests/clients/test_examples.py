"""The files of examples/clients, run as they are."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples/clients"


def run(adit, key, *command):
    environment = {**os.environ, "ADIT_URL": adit.url, "ADIT_KEY": key[1]}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_python(adit, sim, key):
    assert run(adit, key, sys.executable, EXAMPLES / "chat.py") == "Say hello from Python.\n"


def test_embeddings(adit, sim, key):
    lines = [line.split(maxsplit=1) for line in run(adit, key, sys.executable, EXAMPLES / "embed.py").splitlines()]
    assert {sentence for _, sentence in lines} == {"A cat sleeps on the sofa.", "The train leaves at noon."}
    cosines = [float(cosine) for cosine, _ in lines]
    assert cosines == sorted(cosines, reverse=True)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(adit, sim, key):
    *frames, done = run(adit, key, "sh", EXAMPLES / "chat.sh").split("\n\n")[:-1]
    chunks = [json.loads(frame.removeprefix("data: ")) for frame in frames]
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == "Say hello from curl."
    assert done == "data: [DONE]"
