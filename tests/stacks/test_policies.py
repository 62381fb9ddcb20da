"""Who may do what: nothing that is not named, but for a list of exceptions, each with its reason."""

import pytest
from template import EVERYTHING, Deployment

ACCOUNT = "123456789012"

# Resources with a wildcard that are allowed.
WILDCARDS = {
    "*": "the action knows no resources: see ACTIONS_WITHOUT_RESOURCES",
    f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/adit-test:log-stream:*": "Lambda names the streams of the log",
    f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/adit/test/*": "the path of the deployment",
    "arn:aws:s3:::{'Fn::GetAtt': ['Storage', 'Outputs.Bucket']}/{'Fn::GetAtt': ['Storage', 'Outputs.CatalogPrefix']}/*": "the catalog",
    "arn:aws:s3:::media/shared/*": "what the operator has named",
    f"arn:aws:s3:::adit-test-plugins-{ACCOUNT}-us-east-1/*": "S3 copies from the bucket of plugins",
    f"arn:aws:s3:::adit-test-plugins-{ACCOUNT}-eu-west-1/*": "S3 copies to the bucket of plugins",
}
# A named model may be called in the region that an inference profile chooses, and a named profile is in each account.
WILDCARDS_BEFORE_A_NAME = ["arn:aws:bedrock:*::foundation-model/", "arn:aws:bedrock:*:*:inference-profile/"]

ACTIONS_WITHOUT_RESOURCES = {
    "bedrock:ListFoundationModels",
    "bedrock:ListInferenceProfiles",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(**values):
    """All that allow something to a role."""
    found = []
    for _, id, resource in Deployment(**values).resources():
        if resource["Type"] == "AWS::IAM::Role":
            for policy in resource["Properties"].get("Policies", []):
                found += [(id, statement) for statement in policy["PolicyDocument"]["Statement"]]
    return found


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_nothing_is_allowed_by_a_wildcard_that_is_not_on_the_list(values):
    for role, statement in statements(**values):
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys()
        actions = set(listed(statement["Action"]))
        assert not any("*" in action for action in actions), (role, actions)
        for resource in map(str, listed(statement["Resource"])):
            name = next((resource.removeprefix(p) for p in WILDCARDS_BEFORE_A_NAME if resource.startswith(p)), resource)
            assert "*" not in name or name in WILDCARDS, (role, resource)
            assert resource != "*" or actions <= ACTIONS_WITHOUT_RESOURCES, (role, actions)


def test_the_function_cannot_write_plugins_or_parameters():
    actions = {action for role, s in statements(**EVERYTHING) if role == "Role" for action in listed(s["Action"])}
    assert {action for action in actions if action.startswith(("s3:", "ssm:"))} == {
        "s3:GetObject",
        "s3:ListBucket",
        "ssm:GetParametersByPath",
    }


def test_only_named_models_can_be_called():
    [models] = [s for _, s in statements(Models="a.one:0,b.two:0") if s.get("Sid") == "Models"]
    assert models["Resource"] == ["arn:aws:bedrock:*::foundation-model/a.one:0", "arn:aws:bedrock:*::foundation-model/b.two:0"]
    sids = {s.get("Sid") for _, s in statements(Models="", InferenceProfiles="")}
    assert not sids & {"Models", "InferenceProfiles", "OtherModels"}


def test_only_the_tables_and_the_index_of_the_stack_are_reached():
    [tables] = [s for _, s in statements() if s.get("Sid") == "Tables"]
    names = [resource.split(":table/")[1] for resource in tables["Resource"]]
    table, cache = "{'Fn::GetAtt': ['Storage', 'Outputs.Table']}", "{'Fn::GetAtt': ['Storage', 'Outputs.CacheTable']}"
    assert names == [table, f"{table}/index/gsi1", cache]


def test_a_key_decrypts_only_for_parameter_store():
    assert not [s for _, s in statements() if "kms:Decrypt" in listed(s["Action"])]
    [decrypt] = [s for _, s in statements(**EVERYTHING) if "kms:Decrypt" in listed(s["Action"])]
    assert decrypt["Resource"] == EVERYTHING["SecretsKeyArn"]
    assert decrypt["Condition"] == {"StringEquals": {"kms:ViaService": "ssm.us-east-1.amazonaws.com"}}


def test_the_public_is_allowed_the_url_alone():
    for stack, id, resource in Deployment(**EVERYTHING).resources():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::Lambda::Permission" and properties["Principal"] == "*":
            assert (stack, id) in {("Function", "UrlPermission"), ("Function", "UrlInvokePermission")}
        for statement in listed(properties.get("PolicyDocument", {}).get("Statement", [])):
            assert statement.get("Principal") != "*" or statement["Effect"] == "Deny", id
