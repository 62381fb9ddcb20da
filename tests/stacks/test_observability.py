"""The alarms look at numbers that there are."""

import json

import pytest
from template import EVERYTHING, Deployment

# What Adit writes into its records.
METRICS = {
    "Requests",
    "Errors",
    "FirstTokenMs",
    "TotalMs",
    "PluginFailures",
    "BudgetRefusals",
    "StoreErrors",
    "InputTokens",
    "OutputTokens",
}
OF_LAMBDA = {"Errors", "Throttles", "ConcurrentExecutions", "Duration"}


@pytest.fixture
def deployment():
    return Deployment(**EVERYTHING)


def test_alarms_are_about_metrics_that_are_written(deployment):
    for stack in ("Function", "Observability"):
        for alarm in deployment[stack].of_type("AWS::CloudWatch::Alarm"):
            names = {dimension["Name"] for dimension in alarm["Dimensions"]}
            if alarm["Namespace"] == "Adit":
                assert alarm["MetricName"] in METRICS
                assert alarm["Dimensions"] == [{"Name": "Stack", "Value": "test"}]
            else:
                assert alarm["MetricName"] in OF_LAMBDA
                assert names <= {"FunctionName", "Resource"}
            assert alarm["TreatMissingData"] == "notBreaching", "nobody asks anything at night"


def test_an_alarm_tells_the_topic_when_it_rings_and_when_it_is_over(deployment):
    for alarm in deployment["Observability"].of_type("AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"] == alarm["OKActions"] == [EVERYTHING["AlarmTopicArn"]]


def test_the_first_token_is_watched_at_the_99th_percentile(deployment):
    [alarm] = [a for a in deployment["Observability"].of_type("AWS::CloudWatch::Alarm") if a["MetricName"] == "FirstTokenMs"]
    assert (alarm["ExtendedStatistic"], alarm["Threshold"]) == ("p99", "10000")


def test_the_dashboard_shows_metrics_that_are_written(deployment):
    board = json.loads(deployment["Observability"].only("AWS::CloudWatch::Dashboard")["DashboardBody"])
    shown = set()
    for widget in board["widgets"]:
        namespace = None
        for metric in widget["properties"]["metrics"]:
            if metric[0] == "...":
                continue
            namespace = metric[0] if metric[0] != "." else namespace
            shown.add((namespace, metric[1]))
    assert {name for namespace, name in shown if namespace == "Adit"} == METRICS
    assert {name for namespace, name in shown if namespace == "AWS/Lambda"} <= OF_LAMBDA
