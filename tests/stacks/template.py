"""What the templates would make: SAM's own transform, and the conditions, as CloudFormation would see them."""

import logging
import pathlib
import types

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ["template.yaml", *sorted(f"stacks/{file.name}" for file in (ROOT / "stacks").glob("*.yaml"))]

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
}
NOTHING = object()

logging.getLogger("samtranslator").setLevel(logging.CRITICAL)


def load(file):
    """A template as it is written."""
    return yaml_parse((ROOT / file).read_text())


class Stack:
    """The resources that a template makes with these values of parameters, by their logical ids."""

    def __init__(self, file, values):
        template = load(file)
        if "Transform" in template:
            for resource in template["Resources"].values():
                if "CodeUri" in resource.get("Properties", {}):
                    resource["Properties"]["CodeUri"] = "s3://artifacts/code"
            template = transform(template, dict(values), types.SimpleNamespace(load=dict))
        self.template = template
        defaults = {name: p["Default"] for name, p in template.get("Parameters", {}).items() if "Default" in p}
        self.values = {name: str(value) for name, value in (PSEUDO | defaults | values).items()}
        for name, parameter in template.get("Parameters", {}).items():
            if parameter["Type"] == "CommaDelimitedList":
                self.values[name] = self.values[name].split(",")
        made = {id: r for id, r in template["Resources"].items() if "Condition" not in r or self.holds(r["Condition"])}
        self.resources = {id: resource | {"Properties": self.resolve(resource.get("Properties", {}))} for id, resource in made.items()}

    def of_type(self, name):
        return [resource["Properties"] for resource in self.resources.values() if resource["Type"] == name]

    def only(self, name):
        [properties] = self.of_type(name)
        return properties

    def holds(self, condition):
        return self.resolve(self.template["Conditions"][condition])

    def resolve(self, node):
        """The same, with all functions done whose values are known. The others stay as they are."""
        if isinstance(node, list):
            return [item for item in map(self.resolve, node) if item is not NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(function, argument)] = node.items()
            done = self.function(function, argument)
            if done is not None:
                return done
        pairs = ((key, self.resolve(value)) for key, value in node.items())
        return {key: value for key, value in pairs if value is not NOTHING}

    def function(self, name, argument):
        match name:
            case "Ref" if argument == "AWS::NoValue":
                return NOTHING
            case "Ref":
                return self.values.get(argument)
            case "Condition" if isinstance(argument, str):
                return self.holds(argument)
            case "Fn::If":
                condition, then, otherwise = argument
                return self.resolve(then if self.holds(condition) else otherwise)
            case "Fn::Equals":
                left, right = map(self.resolve, argument)
                return str(left) == str(right)
            case "Fn::Not":
                return not self.resolve(argument[0])
            case "Fn::And":
                return all(map(self.resolve, argument))
            case "Fn::Or":
                return any(map(self.resolve, argument))
            case "Fn::Join":
                delimiter, parts = argument[0], self.resolve(argument[1])
                return delimiter.join(map(str, parts)) if isinstance(parts, list) else None
            case "Fn::Split":
                text = self.resolve(argument[1])
                return text.split(argument[0]) if isinstance(text, str) else None
            case "Fn::Sub":
                return self.substitute(argument)
        return None

    def substitute(self, argument):
        text, own = argument if isinstance(argument, list) else (argument, {})
        for name, value in (self.values | {name: self.resolve(value) for name, value in own.items()}).items():
            text = text.replace("${" + name + "}", str(value))
        return text


class Deployment:
    """The main stack and those in it."""

    def __init__(self, **values):
        self.root = Stack("template.yaml", {"Name": "test"} | {name: str(value) for name, value in values.items()})
        nested = {id: r["Properties"] for id, r in self.root.resources.items()}
        self.stacks = {id: Stack(stack["TemplateURL"], stack["Parameters"]) for id, stack in nested.items()}

    def __getitem__(self, name):
        return self.stacks[name]

    def resources(self):
        """All, with the names of their stacks."""
        return [(name, id, r) for name, stack in self.stacks.items() for id, r in stack.resources.items()]


EVERYTHING = {
    "RestApi": "On",
    "RestApiKey": "On",
    "Edge": "On",
    "OriginSecret": "s" * 32,
    "DomainName": "adit.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
    "HostedZoneId": "Z1",
    "Waf": "On",
    "PointInTimeRecovery": "true",
    "SecondRegion": "eu-west-1",
    "Alarms": "On",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms",
    "Dashboard": "On",
    "Tracing": "On",
    "ProvisionedConcurrency": "2",
    "ReservedConcurrency": "10",
    "DeploymentPreference": "Canary10Percent5Minutes",
    "ModelArns": "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/1",
    "GuardrailArns": "arn:aws:bedrock:us-east-1:123456789012:guardrail/1",
    "MediaArns": "arn:aws:s3:::media/shared/*",
    "SecretsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1",
}
