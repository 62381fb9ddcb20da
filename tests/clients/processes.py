"""The two servers under test, run as an operator would run them."""

import json
import os
import subprocess
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or Path(__file__).parents[2] / "target")
ADIT = os.environ.get("ADIT_BIN") or TARGET / "debug/adit"
BEDROCK_SIM = os.environ.get("BEDROCK_SIM_BIN") or TARGET / "debug/bedrock-sim"
PLUGINS = Path(os.environ.get("ADIT_TEST_PLUGINS") or TARGET / "adit/plugins")

# Credentials that mean nothing outside the stand-in; a machine's real ones are never used.
AWS = {
    "AWS_ACCESS_KEY_ID": "sim",
    "AWS_SECRET_ACCESS_KEY": "sim",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}

MODEL_OPERATIONS = ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream")


class Server:
    """A child process that says where it listens in its first line."""

    def __init__(self, command, log: Path, environment=None):
        self._log = log.open("w")
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        first = self._process.stdout.readline().strip()
        if not first.startswith("listening on "):
            self.stop()
            raise RuntimeError(f"{command[0]} did not start: {first}\n{log.read_text()}")
        self.url = first.removeprefix("listening on ")

    def stop(self):
        self._process.terminate()
        self._process.communicate(timeout=60)
        self._log.close()


@dataclass
class Sim:
    """The stand-in for Bedrock: what it received, and what it is told to do."""

    url: str

    def requests(self) -> list:
        """The model requests so far, each once it has ended, oldest first."""
        records = self._call("GET", "/_sim/requests?settled=true")
        return [record for record in records if record["operation"] in MODEL_OPERATIONS]

    def body(self) -> dict:
        """What the last model request asked for."""
        return self.requests()[-1]["body"]

    def script(self, **action):
        """Does this for every model request from now on. The members are those of a script's `action`."""
        rules = [{"match": {"operation": name}, "action": action} for name in MODEL_OPERATIONS]
        self._call("PUT", "/_sim/script", rules)

    def reset(self):
        self._call("DELETE", "/_sim/script")
        self._call("DELETE", "/_sim/requests")

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)


@dataclass
class Adit:
    """A server, and the operator's commands on its data folder."""

    url: str
    data: Path
    log: Path
    _keys: int = field(default=0)

    def create_key(self) -> tuple[str, str]:
        """The name and the text of a new key."""
        self._keys += 1
        name = f"key-{self._keys}"
        return name, self.command("key", "create", name, "--quiet").strip()

    def enable(self, key: str, plugin: str, config=None):
        options = [] if config is None else ["--config", json.dumps(config)]
        self.command("key", "plugin", "enable", key, plugin, *options)

    def disable(self, key: str, plugin: str):
        self.command("key", "plugin", "disable", key, plugin)

    def command(self, *arguments) -> str:
        return run_adit(self.data, *arguments)


def run_adit(data: Path, *arguments) -> str:
    """Runs a command to its end and answers what it printed."""
    command = [str(ADIT), *arguments, "--data", str(data)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout
