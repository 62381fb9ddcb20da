"""One server and one stand-in for Bedrock for all tests, a key of its own for each."""

import shutil

import openai
import pytest

from processes import ADIT, AWS, BEDROCK_SIM, PLUGINS, Adit, Server, Sim

MODEL = "us.amazon.nova-lite-v1:0"


@pytest.fixture(scope="session")
def running_sim(tmp_path_factory):
    log = tmp_path_factory.mktemp("sim") / "log"
    server = Server([BEDROCK_SIM, "--listen", "127.0.0.1:0"], log)
    yield Sim(server.url)
    server.stop()


@pytest.fixture(scope="session")
def adit(running_sim, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adit")
    data, log = folder / "data", folder / "log"
    shutil.copytree(PLUGINS, data / "plugins")
    command = [ADIT, "serve", "--listen", "127.0.0.1:0", "--data", data, "--upstream", running_sim.url]
    server = Server(command, log, AWS)
    yield Adit(server.url, data, log)
    server.stop()


@pytest.fixture
def sim(running_sim):
    """The stand-in without a script, and with no request received."""
    running_sim.reset()
    return running_sim


@pytest.fixture
def key(adit):
    """The name and the text of a key that no other test uses."""
    return adit.create_key()


@pytest.fixture
def connect(adit):
    """Makes a client for a key. It does not retry, so that each test sees the first answer."""
    clients = []

    def make(text):
        clients.append(openai.OpenAI(base_url=f"{adit.url}/v1", api_key=text, max_retries=0, timeout=60))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(sim, connect, key):
    """A client with a key of its own, and the stand-in behind it at its defaults."""
    return connect(key[1])


@pytest.fixture
def ask(client):
    """Asks a model; a string is one message of a user."""

    def create(messages, **options):
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        return client.chat.completions.create(**{"model": MODEL, **options}, messages=messages)

    return create
