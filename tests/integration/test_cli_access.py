"""What `orderbridge` says when it cannot even begin: no credentials, no network, no stack, odd options, a defect."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ProfileNotFound
from moto import mock_aws
from typer.main import get_command
from typer.testing import CliRunner, Result

from cli import failures
from cli.app import app
from cli.stack import Clients, Target, find
from orderbridge.platform import errors
from tests.cli_world import echoing

COMMANDS = (
    ("order", "show"),
    ("order", "why"),
    ("order", "retry"),
    ("order", "drop-effect"),
    ("order", "return-label"),
    ("orders",),
    ("orders", "forget"),
    ("search",),
    ("table", "restore"),
    ("sku", "show"),
    ("stock", "movements"),
    ("stock", "low"),
    ("inbound", "announce"),
    ("inbound", "list"),
    ("inbound", "show"),
    ("inbound", "add"),
    ("inbound", "remove"),
    ("inbound", "close"),
    ("inbound", "delete"),
    ("jobs",),
    ("jobs", "start"),
    ("failed", "list"),
    ("failed", "show"),
    ("failed", "redrive"),
    ("failed", "discard"),
    ("mcp",),
    ("profiles",),
    ("reconcile",),
    ("usage",),
    ("promise",),
    ("figures",),
    ("merchants", "list"),
    ("merchants", "add"),
    ("merchants", "set-secret"),
    ("merchants", "check"),
    ("merchants", "show"),
    ("merchants", "set"),
    ("merchants", "remove"),
    ("merchants", "export"),
    ("merchants", "pause"),
    ("merchants", "resume"),
    ("rules", "try"),
    ("webhooks", "list"),
    ("webhooks", "register"),
    ("webhooks", "remove"),
)


def run(*arguments: str, **env: str | None) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "100", **env})


@pytest.fixture
def aws() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_takes_the_same_options(command: tuple[str, ...]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0, result.output
    for option in ("--profile", "--stage", "--endpoint-url", "--aws-profile", "--region", "--json", "--debug"):
        assert option in result.stdout


def test_the_short_option_shows_help_too() -> None:
    for command in ((), ("failed",), ("order", "show")):
        short, long = (CliRunner().invoke(app, [*command, option]) for option in ("-h", "--help"))
        assert (short.exit_code, short.stdout) == (0, long.stdout)


def test_the_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"orderbridge {version('orderbridge')}\n")


def test_all_commands_are_in_the_list_above() -> None:
    found = set()
    for name, command in vars(_root())["commands"].items():
        inner = getattr(command, "commands", {})
        found |= {(name, one) for one in inner} | ({(name,)} if not inner or command.invoke_without_command else set())
    assert found == set(COMMANDS)


def _root() -> Any:
    return get_command(app)


def test_help_needs_neither_boto3_nor_the_layer() -> None:
    seen = "import sys; import cli.app; print([m for m in ('boto3', 'orderbridge', 'requests') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_credentials_it_says_how_to_get_some() -> None:
    result = run("orders", **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there are no AWS credentials" in result.stderr
    assert "--profile" in result.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoCredentialsError(), "there are no AWS credentials"),
        (EndpointConnectionError(endpoint_url="https://x"), "AWS is out of reach"),
        (ProfileNotFound(profile="prod"), "The config profile (prod) could not be found"),
        (
            ClientError({"Error": {"Code": "ExpiredToken"}}, "DescribeStacks"),
            "AWS refused DescribeStacks: ExpiredToken",
        ),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "GetParameter"), "AWS does not allow GetParameter"),
        (errors.AuthenticationError("billbee x", "denied", status=401), "billbee x (HTTP 401): denied"),
        (errors.Unreachable("bibi x", "no connection"), "bibi x: no connection"),
        (errors.Throttled("bibi x", "too fast", retry_after=7), "bibi x: too fast"),
        (errors.SettingsError("acme", "mode", "is wrong"), "merchant 'acme': mode: is wrong"),
    ],
)
def test_each_failure_without_access_is_a_line_a_hint_and_2(error: Exception, said: str) -> None:
    told = failures.explain(error)
    assert told is not None
    assert (told.message.startswith(said), told.status) == (True, 2)
    assert told.hint


@pytest.mark.parametrize(
    ("error", "status"), [(errors.LedgerConflict("moved"), 1), (errors.NotFound("billbee x", "gone", status=404), 1)]
)
def test_what_is_not_there_ends_with_1(error: Exception, status: int) -> None:
    told = failures.explain(error)
    assert told is not None
    assert told.status == status


def test_a_stage_without_a_stack_is_named_and_the_nearest_proposed(aws: None) -> None:
    del aws
    body = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}})
    boto3.client("cloudformation", "eu-central-1").create_stack(StackName="orderbridge-prod", TemplateBody=body)
    result = run("orders", "--stage", "prodd")
    assert result.exit_code == 2
    assert "there is no stack orderbridge-prodd at eu-central-1" in result.stderr
    assert "did you mean prod?" in result.stderr
    half = run("orders", "--stage", "prod")
    assert (half.exit_code, "does not say where its table is" in half.stderr) == (2, True)


def test_a_network_that_is_not_there_ends_with_2_soon() -> None:
    result = run("orders", "--endpoint-url", "http://127.0.0.1:9", "--stage", "local")
    assert result.exit_code == 2
    assert "AWS is out of reach" in result.stderr
    assert "Traceback" not in result.output


def test_an_endpoint_that_is_something_else_than_aws_is_said_without_its_answer() -> None:
    with echoing() as url:
        result = run("orders", "--endpoint-url", url, "--stage", "local")
    assert result.exit_code == 2
    assert "what answers there is not AWS" in result.stderr
    assert "orderbridge profiles" in result.stderr
    assert "XML" not in result.output


@pytest.mark.parametrize(
    ("shell", "asked", "found"),
    [
        ("bash", {"COMP_WORDS": "orderbridge fai", "COMP_CWORD": "1"}, "failed"),
        ("bash", {"COMP_WORDS": "orderbridge order re", "COMP_CWORD": "2"}, "retry\nreturn-label"),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "orderbridge merchants sho"}, '"show"'),
        ("fish", {"_TYPER_COMPLETE_ARGS": "orderbridge jobs ", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}, "start"),
    ],
)
def test_each_shell_gets_a_script_and_proposals(shell: str, asked: dict[str, str], found: str) -> None:
    def told(step: str, **more: str) -> str:
        env = {**os.environ, "_ORDERBRIDGE_COMPLETE": f"{step}_{shell}", **more}
        done = subprocess.run([sys.executable, "-m", "cli"], capture_output=True, text=True, check=False, env=env)
        return done.stdout

    assert "_ORDERBRIDGE_COMPLETE=complete_" + shell in told("source")
    assert found in told("complete", **asked)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--stage", "Prod"), "--stage 'Prod'"),
        (("--endpoint-url", "nonsense"), "--endpoint-url"),
        (("--jason",), "No such option: --jason"),
        (("--limit", "many"), "--limit"),
    ],
)
def test_bad_options_end_with_2_and_with_json_the_error_is_json(arguments: tuple[str, ...], said: str) -> None:
    plain = run("orders", *arguments)
    assert (plain.exit_code, said in plain.stderr, plain.stdout) == (2, True, "")
    answer = json.loads(run("orders", "--json", *arguments).stdout)
    assert said in answer["error"]
    assert answer["status"] == 2


def test_an_unknown_command_proposes_the_nearest() -> None:
    result = run("merchant", "list")
    assert result.exit_code == 2
    assert "Did you mean 'merchants'?" in result.stderr
    assert run("order").exit_code == 2
    assert "show" in run("order").stdout


def test_options_may_stand_before_the_command_and_those_behind_it_win() -> None:
    asked: list[Target] = []

    def find(target: Target, clients: Clients) -> None:
        asked.append(target)
        raise failures.BadInput("seen enough")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cli.tool.find", find)
        run("--stage", "one", "--region", "eu-west-1", "orders", "--stage", "two", ORDERBRIDGE_STAGE="three")
        run("--stage", "one", "orders", ORDERBRIDGE_STAGE="three")
        run("orders", ORDERBRIDGE_STAGE="three", AWS_ENDPOINT_URL="http://127.0.0.1:1")
        run("orders", ORDERBRIDGE_STAGE=None, AWS_REGION="us-east-1")
    assert [(one.stage, one.region, one.is_local) for one in asked] == [
        ("two", "eu-west-1", False),
        ("one", "eu-central-1", False),
        ("three", "eu-central-1", True),
        ("dev", "us-east-1", False),
    ]


def test_profiles_says_which_deployment_is_used_and_why_without_asking_aws(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('default = "prod"\n[profiles.prod]\nstage = "prod"\nregion = "eu-central-1"\n', encoding="utf-8")
    shown = run("profiles", ORDERBRIDGE_CONFIG=str(path))
    assert shown.exit_code == 0
    assert "used  orderbridge-prod on AWS, eu-central-1" in shown.stdout
    assert "why   default in" in shown.stdout
    assert "prod *" in shown.stdout
    answer = json.loads(
        run("profiles", "--json", "--profile", "prod", "--stage", "x", ORDERBRIDGE_CONFIG=str(path)).stdout
    )
    assert answer["file"] == str(path)
    assert answer["used"]["stack"] == "orderbridge-x"
    assert answer["used"]["why"] == "--stage; for the rest --profile"
    assert [(one["name"], one["line"], one["used"]) for one in answer["profiles"]] == [("prod", 2, True)]


def test_a_broken_settings_file_stops_every_command_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[profiles.prod]\nstage = 1\n", encoding="utf-8")
    for command in (("orders",), ("profiles",)):
        result = run(*command, ORDERBRIDGE_CONFIG=str(path))
        assert (result.exit_code, f"{path}:2:" in result.stderr.replace("\n", "")) == (2, True)


def test_a_stack_of_another_name_has_its_stage_as_a_parameter(aws: None) -> None:
    del aws
    body = {
        "Parameters": {"Stage": {"Type": "String"}},
        "Resources": {"Q": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"TableName": {"Value": "a-table"}},
    }
    boto3.client("cloudformation", "eu-central-1").create_stack(
        StackName="orders-of-the-second",
        TemplateBody=json.dumps(body),
        Parameters=[{"ParameterKey": "Stage", "ParameterValue": "second"}],
    )
    target = Target("", stack="orders-of-the-second", region="eu-central-1")
    found = find(target, Clients(target))
    assert (found.stage, found.variables["STAGE"], found.variables["TABLE_NAME"]) == ("second", "second", "a-table")


def test_nobodys_credentials_or_region_go_to_the_local_stack() -> None:
    client = Clients(Target("local", "http://127.0.0.1:9", "no-such-profile", "us-east-1"))("sqs")
    assert client.meta.region_name == "eu-central-1"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_PROFILE", "no-such-profile")
        assert Clients(Target("local", "http://127.0.0.1:9"))("sqs").meta.region_name == "eu-central-1"
    assert client._request_signer._credentials.access_key == "local"


def test_a_defect_is_one_line_without_its_words_and_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(target: Target, clients: Clients) -> None:
        raise KeyError("jane.doe@example.com")

    monkeypatch.setattr("cli.tool.find", broken)
    result = run("orders")
    assert result.exit_code == 2
    assert "a defect of this tool: KeyError in test_cli_access.py" in result.stderr
    assert "jane.doe" not in result.output
    assert "Traceback" not in result.output
    assert "Traceback" in run("orders", "--debug").stderr
    assert json.loads(run("orders", "--json").stdout)["status"] == 2


def test_ctrl_c_ends_with_130_and_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(target: Target, clients: Clients) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.tool.find", interrupted)
    result = run("orders")
    assert (result.exit_code, result.stderr) == (130, "orderbridge: interrupted\n")


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    command = [sys.executable, "-m", "cli", "--help"]
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")
