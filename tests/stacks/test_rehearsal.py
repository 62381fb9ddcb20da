"""A deployment from its first step to its last, with real `sam` and real `adit`, in an AWS on this machine.

The tests build on each other, in the order of this file: each looks at the deployment that the one before has left.
"""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.request

import boto3
import pytest
from runtime import Runtime
from template import ROOT

TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
XTASK = os.environ.get("XTASK_BIN", TARGET / "debug/xtask")
ADIT = os.environ.get("ADIT_BIN", TARGET / "debug/adit")
# A `bootstrap` of the dev profile, if there is one: what is rehearsed is the way there.
BOOTSTRAP = pathlib.Path(os.environ.get("BOOTSTRAP_BIN", TARGET / "debug/bootstrap"))
BEDROCK_SIM = os.environ.get("BEDROCK_SIM_BIN", TARGET / "debug/bedrock-sim")
AWS = os.environ.get("MINISTACK_PYTHON", TARGET / "venv-s3/bin/python")
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def cloud():
    """An empty AWS, and the environment in which programs find it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    own = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([AWS, ROOT / "tests/stacks/aws.py"], env=os.environ | own, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        begun = time.monotonic()
        while not answers(url):
            assert process.poll() is None, "ministack ended"
            assert time.monotonic() - begun < PATIENCE_SECONDS, "ministack does not listen"
            time.sleep(0.1)
        os.environ["AWS_ENDPOINT_URL"] = url
        yield os.environ | {"ADIT_DEPLOY_PAUSE": "0.2", "SAM_CLI_POLL_DELAY": "1"}
        del os.environ["AWS_ENDPOINT_URL"]
        process.terminate()
        process.wait()


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=5).status > 0
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What deployments find on this machine: a state, and something to run."""
    folder = tmp_path_factory.mktemp("deploy")
    (folder / "bootstrap").mkdir()
    program = BOOTSTRAP.read_bytes() if BOOTSTRAP.exists() else b"#!/bin/sh\nexit 1\n"
    (folder / "bootstrap/bootstrap").write_bytes(program)
    (folder / "bootstrap/bootstrap").chmod(0o755)
    return folder


@pytest.fixture
def chore(cloud, folder):
    """Runs `cargo xtask deploy` or `destroy`, and answers whether it worked and what it said."""

    def run(name, *arguments):
        command = [XTASK, name, "--env", "dev", "--state", folder / "state", *arguments]
        if name == "deploy":
            command += ["--yes", "--bootstrap", folder / "bootstrap", "--adit", ADIT]
        done = subprocess.run(command, env=cloud, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return done.returncode == 0, done.stdout + done.stderr

    return run


@pytest.fixture
def adit(cloud, tmp_path):
    def run(*arguments):
        command = [ADIT, *arguments, "--stack", "dev"]
        done = subprocess.run(command, env=cloud, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def status():
    try:
        return boto3.client("cloudformation").describe_stacks(StackName="adit-dev")["Stacks"][0]["StackStatus"]
    except boto3.client("cloudformation").exceptions.ClientError:
        return None


def function(qualifier):
    return boto3.client("lambda").get_function_configuration(FunctionName="adit-dev", Qualifier=qualifier)


def parameters():
    pages = boto3.client("ssm").get_paginator("get_parameters_by_path").paginate(Path="/adit/dev", Recursive=True)
    return {p["Name"].removeprefix("/adit/dev/"): p["Value"] for page in pages for p in page["Parameters"]}


@contextlib.contextmanager
def settings(text):
    """Other settings for a moment."""
    file = ROOT / "deploy/dev.toml"
    before = file.read_text()
    file.write_text(text)
    try:
        yield
    finally:
        file.write_text(before)


def leftovers():
    """What is left of a deployment, in every service that it uses."""
    return {
        "stack": status(),
        "tables": boto3.client("dynamodb").list_tables()["TableNames"],
        "buckets": [b["Name"] for b in boto3.client("s3").list_buckets()["Buckets"] if b["Name"].startswith("adit-")],
        "parameters": parameters(),
        "functions": [f["FunctionName"] for f in boto3.client("lambda").list_functions()["Functions"]],
        "logs": [g["logGroupName"] for g in boto3.client("logs").describe_log_groups()["logGroups"]],
        "roles": [r["RoleName"] for r in boto3.client("iam").list_roles()["Roles"] if "adit" in r["RoleName"]],
    }


NOTHING = {"stack": None, "tables": [], "buckets": [], "parameters": {}, "functions": [], "logs": [], "roles": []}


def test_a_bad_parameter_is_refused_before_anything_changes(chore):
    for parameter in ("MemorySize=64", "Name=other"):
        worked, said = chore("deploy", "--parameter", parameter)
        assert not worked, said
        assert parameter.split("=")[0] in said
    # Neither is wrong by itself.
    worked, said = chore("deploy", "--parameter", "FunctionUrl=Off")
    assert not worked and "nobody could ask anything" in said, said
    found = leftovers()
    assert found | {"stack": None} == NOTHING
    assert found["stack"] in (None, "REVIEW_IN_PROGRESS")


def test_bad_settings_are_refused_before_anything_changes(chore):
    with settings("max_body = 1\n"):
        worked, said = chore("deploy")
    assert not worked and "line 1: unknown field `max_body`" in said, said
    assert leftovers()["tables"] == []


def test_one_command_makes_everything(chore, folder):
    worked, said = chore("deploy")
    assert worked, said
    assert status() == "CREATE_COMPLETE"
    key = (folder / "state/first-key").read_text()
    assert key not in said, "what is printed is kept in logs"
    assert f'"Authorization: Bearer $(cat {folder / "state/first-key"})"' in said
    assert "/v1/chat/completions" in said
    assert (folder / "state/first-key").stat().st_mode & 0o077 == 0
    bucket = leftovers()["buckets"][0]
    found = parameters()
    assert found["table"] == "adit-dev"
    assert found["catalog"] == f"s3://{bucket}/catalog"
    assert found["settings"].strip() == (ROOT / "deploy/dev.toml").read_text().strip()
    assert found["trusted-keys"] == (folder / "state/signing-key.public").read_text().strip()


def test_adit_works_on_the_deployed_tables_and_bucket(adit):
    [key] = json.loads(adit("key", "list", "--json"))
    plugins = json.loads(adit("key", "plugin", "list", "first", "--json"))
    assert [plugin["name"] for plugin in plugins] == ["redact", "route"]
    assert all(plugin["version"] and plugin["digest"] for plugin in plugins)
    releases = {release["name"] for release in json.loads(adit("plugin", "releases", "--json"))}
    assert releases == {"audit", "guard", "ollama", "redact", "route", "text-tools", "titan-text"}
    adit("key", "create", "second")
    adit("plugin", "enable", "second", "audit", "--version", "latest")
    adit("key", "revoke", "second")


@pytest.mark.skipif(not BOOTSTRAP.exists(), reason="there is no bootstrap of the dev profile")
def test_the_function_serves_from_what_was_deployed(cloud, folder):
    sim = subprocess.Popen([BEDROCK_SIM, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    upstream = sim.stdout.readline().strip().removeprefix("listening on ")
    own = function("live")["Environment"]["Variables"] | {"ADIT_UPSTREAM": upstream, "ADIT_DATA": str(folder / "tmp")}
    log = (folder / "log").open("w")
    runtime = Runtime(BOOTSTRAP, cloud | own, log)
    try:
        messages = [{"role": "user", "content": "Write to jane.doe@example.com."}]
        body = {"model": "gpt-4o-mini", "stream": True, "messages": messages}
        status, answer = runtime.post("/v1/chat/completions", "adit_none_none", body, PATIENCE_SECONDS)
        assert status == 401, answer
        key = (folder / "state/first-key").read_text()
        status, answer = runtime.post("/v1/chat/completions", key, body, PATIENCE_SECONDS)
        assert status == 200, answer
        assert answer.rstrip().endswith("data: [DONE]")
        with urllib.request.urlopen(f"{upstream}/_sim/requests/last") as received:
            sent = received.read().decode()
        assert "amazon.nova-lite" in sent, "`route` has turned the alias into a model"
        assert "jane.doe@example.com" not in sent, "`redact` has put a placeholder in its place"
    finally:
        runtime.stop()
        sim.terminate()
        sim.wait()
        log.close()


def test_the_alias_has_what_was_deployed():
    live = function("live")
    assert live["Version"] == "1"
    assert live["MemorySize"] == 512
    assert live["Environment"]["Variables"]["ADIT_PARAMETERS"] == "/adit/dev"
    url = boto3.client("lambda").get_function_url_config(FunctionName="adit-dev", Qualifier="live")
    assert (url["InvokeMode"], url["AuthType"]) == ("RESPONSE_STREAM", "NONE")


def test_a_second_deployment_changes_nothing(chore, folder):
    key, before = (folder / "state/first-key").read_text(), function("live")["Version"]
    worked, said = chore("deploy")
    assert worked, said
    assert "the first key is there" in said and "plugin redact 0.1.0 is published" in said
    assert (folder / "state/first-key").read_text() == key
    assert function("live")["Version"] == before


def test_another_memory_size_reaches_the_alias(chore):
    worked, said = chore("deploy", "--parameter", "MemorySize=1024")
    assert worked, said
    assert "* Modify" in said, "the change set is shown"
    live = function("live")
    assert (live["Version"], live["MemorySize"]) == ("2", 1024)
    assert parameters()["table"] == "adit-dev"


def test_an_update_that_fails_goes_back(chore):
    # No local AWS knows CodeDeploy, so this fails half way.
    worked, said = chore("deploy", "--parameter", "DeploymentPreference=Canary10Percent5Minutes")
    assert not worked, said
    assert status() == "UPDATE_ROLLBACK_COMPLETE"
    assert function("live")["Environment"]["Variables"]["ADIT_PARAMETERS"] == "/adit/dev"


def test_options_are_made_and_unmade(chore):
    options = ["RestApi=On", "RestApiKey=On", "Alarms=On", "Dashboard=On", "Edge=On", f"OriginSecret={'s' * 32}"]
    options = [word for option in options for word in ("--parameter", option)]
    worked, said = chore("deploy", *options)
    assert not worked and 'origin_secret = "origin"' in said, "who comes another way would be let in"
    with settings('[auth]\norigin_secret = "origin"\n'):
        worked, said = chore("deploy", *options)
    assert worked, said
    assert "s" * 32 not in said
    assert parameters()["secrets/origin"] == "s" * 32
    assert len(boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]) == 7
    [api] = boto3.client("apigateway").get_rest_apis()["items"]
    assert api["name"] == "adit-dev"
    # What is not said stays as it was, so what was on is switched off by name.
    off = ["RestApi=Off", "Alarms=Off", "Dashboard=Off", "Edge=Off"]
    worked, said = chore("deploy", *(word for option in off for word in ("--parameter", option)))
    assert worked, said
    assert "secrets/origin" not in parameters()
    assert boto3.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert boto3.client("apigateway").get_rest_apis()["items"] == []


def test_destroy_asks_first(chore):
    before = status()
    worked, said = chore("destroy")
    assert not worked and "nobody is there to ask" in said
    assert status() == before


def test_destroy_keeps_the_data_if_it_is_told_to_and_the_next_deployment_finds_it(chore, adit, folder):
    key = (folder / "state/first-key").read_text()
    worked, said = chore("destroy", "--yes", "--keep-data")
    assert worked, said
    found = leftovers()
    assert (found["stack"], found["tables"], found["functions"]) == (None, ["adit-dev"], [])
    assert len(found["buckets"]) == 1
    worked, said = chore("deploy")
    assert worked, said
    assert "using them" in said
    assert (folder / "state/first-key").read_text() == key
    assert {k["name"] for k in json.loads(adit("key", "list", "--json"))} >= {"first"}
    # Neither made nor lost by the deployment after that.
    assert chore("deploy", "--parameter", "MemorySize=256")[0]
    assert leftovers()["tables"] == ["adit-dev", "adit-dev-cache"]


def test_destroy_leaves_nothing(chore, folder):
    worked, said = chore("destroy", "--yes")
    assert worked, said
    assert leftovers() == NOTHING
    assert not (folder / "state/first-key").exists()


def test_destroy_can_be_repeated(chore):
    worked, said = chore("destroy", "--yes")
    assert worked, said
    assert "there is no stack adit-dev" in said


def test_a_first_deployment_that_fails_can_be_repeated_and_removed(chore):
    worked, said = chore("deploy", "--parameter", "DeploymentPreference=Canary10Percent5Minutes")
    assert not worked, said
    assert status() == "ROLLBACK_COMPLETE"
    assert leftovers()["tables"] == [], "what was made is taken back, for nothing was in it"
    worked, said = chore("deploy")
    assert worked, said
    assert "removing what is left" in said


def test_a_half_made_deployment_is_removed_whole(chore):
    # As if somebody had deleted the stack by hand and put something into the bucket twice.
    client = boto3.client("cloudformation")
    client.delete_stack(StackName="adit-dev")
    begun = time.monotonic()
    while status() is not None:
        assert time.monotonic() - begun < PATIENCE_SECONDS
        time.sleep(0.2)
    [bucket] = leftovers()["buckets"]
    for text in (b"one", b"two"):
        boto3.client("s3").put_object(Bucket=bucket, Key="catalog/x", Body=text)
    boto3.client("s3").delete_object(Bucket=bucket, Key="catalog/x")
    boto3.client("ssm").put_parameter(Name="/adit/dev/secrets/token", Value="x", Type="SecureString")
    boto3.client("dynamodb").delete_table(TableName="adit-dev")
    worked, said = chore("deploy")
    assert not worked and "only the bucket is left" in said, said
    worked, said = chore("destroy", "--yes")
    assert worked, said
    # The local AWS leaves the roles of a nested stack that it could not make, in the test before this one.
    assert leftovers() | {"roles": []} == NOTHING
