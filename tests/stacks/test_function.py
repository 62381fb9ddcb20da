"""What the function and its addresses are made of."""

import json

import pytest
from template import Deployment

STREAMING = "/response-streaming-invocations"


def stack(**values):
    return Deployment(**values)["Function"]


def test_runs_bootstrap_on_the_processor_that_is_wished():
    function = stack().only("AWS::Lambda::Function")
    assert (function["Runtime"], function["Handler"]) == ("provided.al2023", "bootstrap")
    assert function["Architectures"] == ["arm64"]
    assert stack(Architecture="x86_64").only("AWS::Lambda::Function")["Architectures"] == ["x86_64"]


def test_knows_where_its_parameters_are_and_sees_paths_without_a_stage():
    variables = stack().only("AWS::Lambda::Function")["Environment"]["Variables"]
    assert variables == {"ADIT_PARAMETERS": "/adit/test", "AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH": "true"}


def test_the_url_streams_and_belongs_to_the_alias():
    function = stack()
    url = function.only("AWS::Lambda::Url")
    assert url["InvokeMode"] == "RESPONSE_STREAM"
    assert url["TargetFunctionArn"] == {"Ref": "FunctionAliaslive"}
    assert "Cors" not in url, "Adit answers browsers itself"
    assert function.only("AWS::Lambda::Alias")["Name"] == "live"


def test_a_public_url_has_both_permissions_and_they_are_for_the_url_alone():
    permissions = stack().of_type("AWS::Lambda::Permission")
    assert {p["Action"] for p in permissions} == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}
    assert all(p["FunctionName"] == {"Ref": "FunctionAliaslive"} for p in permissions)
    assert all(p.get("FunctionUrlAuthType") == "NONE" or p.get("InvokedViaFunctionUrl") is True for p in permissions)


def test_a_url_for_identities_is_open_to_nobody_else():
    function = stack(FunctionUrl="Iam")
    assert function.only("AWS::Lambda::Url")["AuthType"] == "AWS_IAM"
    assert function.of_type("AWS::Lambda::Permission") == []


def test_there_may_be_no_url():
    assert stack(FunctionUrl="Off", RestApi="On").of_type("AWS::Lambda::Url") == []


@pytest.mark.parametrize("preference", ["Canary10Percent5Minutes", "Linear10PercentEvery1Minute"])
def test_a_gradual_deployment_goes_back_when_an_alarm_rings(preference):
    function = stack(DeploymentPreference=preference)
    group = function.only("AWS::CodeDeploy::DeploymentGroup")
    assert group["AlarmConfiguration"]["Enabled"] is True
    assert {alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]} == {"CrashesOfAlias", "ErrorsOfRequests"}
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    assert preference in json.dumps(group["DeploymentConfigName"])
    assert "CodeDeployLambdaAliasUpdate" in function.resources["FunctionAliaslive"]["UpdatePolicy"]


def test_logs_are_kept_for_so_long_and_no_longer():
    function = stack(LogRetentionDays=30)
    log = function.only("AWS::Logs::LogGroup")
    assert (log["LogGroupName"], int(log["RetentionInDays"])) == ("/aws/lambda/adit-test", 30)
    assert function.only("AWS::Lambda::Function")["LoggingConfig"] == {"LogGroup": {"Ref": "Log"}}


def test_concurrency_is_the_accounts_unless_it_is_said():
    assert "ReservedConcurrentExecutions" not in stack().only("AWS::Lambda::Function")
    assert stack(ReservedConcurrency=0).only("AWS::Lambda::Function")["ReservedConcurrentExecutions"] == "0"
    assert "ProvisionedConcurrencyConfig" not in stack().only("AWS::Lambda::Alias")


def test_the_rest_api_streams_by_the_alias():
    rest = Deployment(RestApi="On", RestApiKey="On")["Rest"]
    paths = rest.only("AWS::ApiGateway::RestApi")["Body"]["paths"]
    assert list(paths) == ["/{path+}"]
    for name, method in paths["/{path+}"].items():
        integration = method["x-amazon-apigateway-integration"]
        assert integration["responseTransferMode"] == "STREAM", name
        assert integration["uri"].endswith(STREAMING), name
        assert integration["type"] == "aws_proxy", name
    assert paths["/{path+}"]["options"]["security"] == [], "browsers ask before they show a key"
    assert paths["/{path+}"]["x-amazon-apigateway-any-method"]["security"] == [{"api_key": []}]
    permission = rest.only("AWS::Lambda::Permission")
    assert (permission["Action"], permission["Principal"]) == ("lambda:InvokeFunction", "apigateway.amazonaws.com")


def test_the_rest_api_throttles_with_and_without_a_key():
    rest = Deployment(RestApi="On", RestApiRate=7, RestApiBurst=9)["Rest"]
    [stage] = rest.of_type("AWS::ApiGateway::Stage")
    [settings] = stage["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == ("7", "9")
    assert rest.only("AWS::ApiGateway::UsagePlan")["Throttle"] == {"RateLimit": "7", "BurstLimit": "9"}
    assert rest.of_type("AWS::ApiGateway::ApiKey") == []


def test_the_distribution_shows_the_function_its_secret():
    edge = Deployment(Edge="On", OriginSecret="s" * 32)["Distribution"]
    [origin] = edge.only("AWS::CloudFront::Distribution")["DistributionConfig"]["Origins"]
    assert origin["OriginCustomHeaders"] == [{"HeaderName": "x-adit-origin", "HeaderValue": "s" * 32}]
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    parameter = edge.only("AWS::SSM::Parameter")
    assert (parameter["Name"], parameter["Value"]) == ("/adit/test/secrets/origin", "s" * 32)
