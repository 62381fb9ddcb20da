"""The templates through the linters of CloudFormation and of SAM."""

import pathlib
import subprocess
import sys

import pytest
from template import FILES, ROOT

PROGRAMS = pathlib.Path(sys.executable).parent
REGIONS = ["us-east-1", "us-west-2", "eu-central-1", "ap-southeast-2"]


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cfn_lint_finds_nothing():
    run(PROGRAMS / "cfn-lint", "--regions", *REGIONS, "--", *FILES)


@pytest.mark.parametrize("file", FILES)
def test_sam_takes_it(file):
    run(PROGRAMS / "sam", "validate", "--lint", "--template-file", file)
