"""Zero at rest: what costs money while nobody asks anything is off, and says its price."""

import re
import tomllib

import pytest
from template import EVERYTHING, ROOT, Deployment, load

# Nothing but stored bytes while nobody asks anything.
FREE_AT_REST = {
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::IAM::Role",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Lambda::Version",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SSM::Parameter",
}

# What each parameter makes that is paid by the month.
PAID = {
    "Alarms": "AWS::CloudWatch::Alarm",
    "Dashboard": "AWS::CloudWatch::Dashboard",
    "DeploymentPreference": "AWS::CloudWatch::Alarm",
    "Waf": "AWS::WAFv2::WebACL",
}
# The same, for what is a property and no resource, or what exists already.
PAID_PROPERTIES = {"PointInTimeRecovery", "ProvisionedConcurrency", "SecondRegion", "SecretsKeyArn", "HostedZoneId", "LogRetentionDays"}

PARAMETERS = load("template.yaml")["Parameters"]


def types_of(**values):
    return {resource["Type"] for _, _, resource in Deployment(**values).resources()}


def test_the_defaults_make_nothing_that_is_paid_at_rest():
    assert types_of() <= FREE_AT_REST
    function = Deployment()["Function"]
    assert "ProvisionedConcurrencyConfig" not in function.only("AWS::Lambda::Alias")
    assert int(function.only("AWS::Logs::LogGroup")["RetentionInDays"]) <= 30


@pytest.mark.parametrize(("parameter", "type"), PAID.items())
def test_what_is_paid_is_made_by_its_parameter(parameter, type):
    needed = {"RestApi": "On"} if parameter == "Waf" else {}
    assert type not in types_of(**needed)
    assert type in types_of(**needed, **{parameter: EVERYTHING[parameter]})


@pytest.mark.parametrize("parameter", sorted(PAID.keys() | PAID_PROPERTIES))
def test_a_parameter_that_costs_says_how_much_a_month(parameter):
    description = PARAMETERS[parameter]["Description"]
    assert re.search(r"\$\d+\.\d\d", description), description
    assert re.search(r"\ba month\b", description), description


def test_the_guide_says_the_same_prices():
    guide = (ROOT / "docs/deploy.md").read_text()
    for parameter in sorted(PAID.keys() | PAID_PROPERTIES):
        [row] = [line for line in guide.splitlines() if line.startswith(f"| `{parameter}` |")]
        for price in re.findall(r"\$\d+\.\d+", PARAMETERS[parameter]["Description"]):
            assert price in row, (parameter, price)


def test_seven_alarms_are_what_the_description_says():
    alarms = Deployment(Alarms="On")["Observability"].of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) == 7
    assert PARAMETERS["Alarms"]["Description"].startswith("Seven alarms: $0.70 a month")


def test_every_parameter_is_described_and_every_environment_names_known_ones():
    assert all(parameter.get("Description") for parameter in PARAMETERS.values())
    environments = tomllib.loads((ROOT / "samconfig.toml").read_text())
    for name in ("dev", "staging", "prod"):
        overrides = environments[name]["deploy"]["parameters"]["parameter_overrides"]
        values = dict(text.split("=", 1) for text in overrides)
        assert values["Name"] == name
        assert values.keys() <= PARAMETERS.keys()
        for parameter, value in values.items():
            allowed = PARAMETERS[parameter].get("AllowedValues")
            assert allowed is None or value in map(str, allowed), (name, parameter)


@pytest.mark.parametrize("environment", ["dev", "staging"])
def test_dev_and_staging_cost_nothing_at_rest(environment):
    environments = tomllib.loads((ROOT / "samconfig.toml").read_text())
    overrides = environments[environment]["deploy"]["parameters"]["parameter_overrides"]
    assert types_of(**dict(text.split("=", 1) for text in overrides)) <= FREE_AT_REST
