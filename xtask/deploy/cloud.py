"""What `cargo xtask deploy` and `destroy` ask of AWS, beside what `sam` and `adit` do.

Each command prints one JSON document for xtask, and what it does to stderr for people.
"""

import json
import os
import sys
import time

import boto3
import tomlkit
from botocore.exceptions import BotoCoreError, ClientError

PAUSE_SECONDS = float(os.environ.get("ADIT_DEPLOY_PAUSE", "3"))


def say(text):
    print(f"xtask: {text}", file=sys.stderr, flush=True)


def code(error):
    return error.response["Error"]["Code"]


def environment(file, name):
    """What `samconfig.toml` says of an environment."""
    with open(file) as text:
        environments = tomlkit.load(text).unwrap()
    known = [key for key, value in environments.items() if isinstance(value, dict) and "deploy" in value]
    if name not in known:
        sys.exit(f"there is no environment `{name}` in samconfig.toml: it has {', '.join(known)}")
    deploy = environments[name]["deploy"]["parameters"]
    parameters = dict(text.split("=", 1) for text in deploy.get("parameter_overrides", []))
    stack = environments[name]["global"]["parameters"]["stack_name"]
    return {"stack": stack, "artifacts": deploy.get("s3_prefix", stack), "parameters": parameters}


def identity():
    """Whose credentials these are, and for where."""
    region = os.environ.get("AWS_REGION") or boto3.session.Session().region_name
    if not region:
        sys.exit("no AWS region. Set AWS_REGION, for example to us-east-1")
    try:
        account = boto3.client("sts", region_name=region).get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS does not take the credentials of this machine, or there are none: {error}\n"
                 "Run `aws configure sso` or `aws configure`, or set AWS_PROFILE")  # fmt: skip
    return {"account": account, "region": region}


def stack(name):
    """A stack, or nothing."""
    try:
        [found] = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if code(error) == "ValidationError":
            return None
        raise
    return found


def table(name):
    try:
        return boto3.client("dynamodb").describe_table(TableName=name)["Table"]
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise


def has_bucket(name):
    try:
        boto3.client("s3").head_bucket(Bucket=name)
    except ClientError as error:
        if code(error) in ("404", "NoSuchBucket"):
            return False
        raise
    return True


def state(name, of):
    """What there is of a deployment."""
    found = stack(name)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in (found or {}).get("Outputs", [])}
    return {
        "status": found and found["StackStatus"],
        "outputs": outputs,
        "table": table(f"adit-{of}") is not None,
        "bucket": has_bucket(bucket_of(of)),
    }


def bucket_of(name):
    who = identity()
    return f"adit-{name}-plugins-{who['account']}-{who['region']}"


def parameters_below(path):
    pages = boto3.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
    return {p["Name"].removeprefix(f"{path}/"): p["Value"] for page in pages for p in page["Parameters"]}


def settings(path):
    """Writes the parts of the settings, a JSON object of names and texts on stdin, and removes parts that are gone."""
    wanted, there = json.load(sys.stdin), parameters_below(path)
    for name, value in wanted.items():
        if there.get(name) != value:
            boto3.client("ssm").put_parameter(Name=f"{path}/{name}", Value=value, Type="String", Overwrite=True)
            say(f"wrote the parameter {path}/{name}")
    for name in there:
        if name.startswith("settings/") and name not in wanted:
            boto3.client("ssm").delete_parameter(Name=f"{path}/{name}")
            say(f"removed the parameter {path}/{name}")


def trust(path, key):
    """Adds a public key to those whose signatures count."""
    keys = [k.strip() for k in parameters_below(path).get("trusted-keys", "").split(",") if k.strip()]
    if key not in keys:
        value = ",".join([*keys, key])
        boto3.client("ssm").put_parameter(Name=f"{path}/trusted-keys", Value=value, Type="String", Overwrite=True)
        say(f"wrote the parameter {path}/trusted-keys")


def delete_stack(name):
    """Deletes a stack in whatever state it is, and waits."""
    client = boto3.client("cloudformation")
    found = stack(name)
    if found is None:
        say(f"there is no stack {name}")
        return
    # By its id it can be seen when it is deleted, too.
    by_id = found["StackId"]
    mode = {}
    for _ in range(3):
        wait_while(by_id, lambda status: status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS")
        say(f"deleting the stack {name}; this takes minutes")
        client.delete_stack(StackName=by_id, **mode)
        status = wait_while(by_id, lambda status: status == "DELETE_IN_PROGRESS")
        if status in (None, "DELETE_COMPLETE"):
            say(f"the stack {name} is deleted")
            return
        if status == "DELETE_FAILED":
            # What could not be deleted stays: it is looked for afterwards.
            mode = {"DeletionMode": "FORCE_DELETE_STACK"}
    sys.exit(f"the stack {name} cannot be deleted: it is {status}. Its events say why; then do this again")


def wait_while(name, goes_on):
    while True:
        found = stack(name)
        status = found and found["StackStatus"]
        if status is None or not goes_on(status):
            return status
        time.sleep(PAUSE_SECONDS)


def delete_table(name):
    client = boto3.client("dynamodb")
    while True:
        found = table(name)
        if found is None:
            say(f"there is no table {name}")
            return
        here = identity()["region"]
        copies = [replica["RegionName"] for replica in found.get("Replicas", []) if replica["RegionName"] != here]
        if not copies:
            break
        if found["TableStatus"] == "ACTIVE" and all(r.get("ReplicaStatus") == "ACTIVE" for r in found["Replicas"]):
            say(f"removing the copy of the table {name} in {copies[0]}")
            client.update_table(TableName=name, ReplicaUpdates=[{"Delete": {"RegionName": copies[0]}}])
        time.sleep(PAUSE_SECONDS)
    client.delete_table(TableName=name)
    while table(name) is not None:
        time.sleep(PAUSE_SECONDS)
    say(f"deleted the table {name}")


def empty(bucket, prefix=""):
    """Deletes every version of every object whose name begins so."""
    client, deleted = boto3.client("s3"), 0
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        versions = page.get("Versions", []) + page.get("DeleteMarkers", [])
        objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
        if objects:
            done = client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
            if done.get("Errors"):
                sys.exit(f"cannot delete from the bucket {bucket}: {done['Errors'][0]}")
            deleted += len(objects)
    return deleted


def delete_bucket(name):
    if not has_bucket(name):
        say(f"there is no bucket {name}")
        return
    deleted = empty(name)
    boto3.client("s3").delete_bucket(Bucket=name)
    say(f"deleted the bucket {name} with {deleted} versions of objects")


def delete_artifacts(prefix):
    """What `sam deploy` has uploaded. Its bucket is shared by all that SAM deploys in this region, so it stays."""
    found = stack("aws-sam-cli-managed-default")
    outputs = {output["OutputKey"]: output["OutputValue"] for output in (found or {}).get("Outputs", [])}
    if "SourceBucket" in outputs and has_bucket(outputs["SourceBucket"]):
        deleted = empty(outputs["SourceBucket"], f"{prefix}/")
        say(f"deleted {deleted} uploads of earlier deployments from the bucket {outputs['SourceBucket']}")


def destroy(name, of, artifacts, *options):
    """Removes everything of a deployment, whatever there is of it."""
    delete_stack(name)
    path = f"/adit/{of}"
    for parameter in parameters_below(path):
        boto3.client("ssm").delete_parameter(Name=f"{path}/{parameter}")
        say(f"removed the parameter {path}/{parameter}")
    delete_table(f"adit-{of}-cache")
    if "--keep-data" in options:
        say(f"kept the table adit-{of} and the bucket {bucket_of(of)}: the next deployment finds them")
    else:
        delete_table(f"adit-{of}")
        delete_bucket(bucket_of(of))
    log = f"/aws/lambda/adit-{of}"
    for group in boto3.client("logs").describe_log_groups(logGroupNamePrefix=log)["logGroups"]:
        if group["logGroupName"] == log:
            boto3.client("logs").delete_log_group(logGroupName=log)
            say(f"deleted the log {log}")
    delete_artifacts(artifacts)


COMMANDS = {
    "environment": environment,
    "identity": identity,
    "state": state,
    "settings": settings,
    "trust": trust,
    "delete-stack": delete_stack,
    "destroy": destroy,
}

if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    try:
        print(json.dumps(COMMANDS[command](*arguments)))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS refuses: {error}")
