"""Which deployment the operator's tool means: the settings file, the order of what decides, and the local stack."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.choice import Asked, Choice, choose
from cli.failures import BadInput, ToolError
from cli.profiles_file import read_profiles
from cli.stack import Clients

FILE = """\
default = "prod"

[profiles.prod]
stage = "prod"
region = "eu-central-1"
aws_profile = "shop-prod"

[profiles.second]
stack = "orders-of-the-second"

[profiles.near]
stage = "near"
endpoint = "http://127.0.0.1:4566"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No local stack, unless a test begins one."""
    monkeypatch.setattr("cli.local_stack.FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return written(tmp_path, FILE)


def written(folder: Path, text: str) -> dict[str, str]:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return {"ORDERBRIDGE_CONFIG": str(path)}


@pytest.fixture
def aws(folder: Path) -> Iterator[str]:
    """A local stack that runs: this process, and a port that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        announce(folder, os.getpid(), address)
        yield address


def announce(folder: Path, pid: int, aws: str) -> Path:
    path = folder / f"serve-{pid}.json"
    path.write_text(json.dumps({"pid": pid, "url": "http://127.0.0.1:8080", "aws": aws}), encoding="utf-8")
    return path


def meant(choice: Choice) -> tuple[str, str | None, str | None, str | None]:
    target = choice.target
    return target.stack_name, target.region, target.profile, target.endpoint_url


PROD = ("orderbridge-prod", "eu-central-1", "shop-prod", None)


@pytest.mark.parametrize(
    ("asked", "more", "expected", "why"),
    [
        (Asked(), {}, PROD, "default in "),
        (Asked(profile="second"), {}, ("orders-of-the-second", None, None, None), "--profile"),
        (
            Asked(),
            {"ORDERBRIDGE_PROFILE": "near"},
            ("orderbridge-near", None, None, "http://127.0.0.1:4566"),
            "ORDERBRIDGE_PROFILE",
        ),
        (Asked(profile="prod"), {"ORDERBRIDGE_PROFILE": "near"}, PROD, "--profile"),
        (Asked(), {"ORDERBRIDGE_STAGE": "test"}, ("orderbridge-test", None, None, None), "ORDERBRIDGE_STAGE"),
        (
            Asked(),
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "ORDERBRIDGE_STAGE": "local", "AWS_REGION": "us-east-1"},
            ("orderbridge-local", "us-east-1", None, "http://127.0.0.1:1"),
            "ORDERBRIDGE_STAGE and AWS_ENDPOINT_URL",
        ),
        (
            Asked(profile="prod"),
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "ORDERBRIDGE_STAGE": "local", "AWS_REGION": "us-east-1"},
            PROD,
            "--profile",
        ),
        (
            Asked(stage="test", region="eu-west-1", aws_profile="other"),
            {},
            ("orderbridge-test", "eu-west-1", "other", None),
            "--stage, --region, --aws-profile; for the rest default in ",
        ),
        (Asked(profile="second", stage="test"), {}, ("orderbridge-test", None, None, None), "--stage; for the rest"),
    ],
)
def test_what_is_said_nearer_to_the_command_wins(
    variables: dict[str, str],
    asked: Asked,
    more: dict[str, str],
    expected: tuple[str, str | None, str | None, str | None],
    why: str,
) -> None:
    choice = choose(asked, variables | more)
    assert meant(choice) == expected
    assert choice.why.startswith(why)
    assert choice.notes == ()


def test_without_any_word_it_is_dev_on_aws(tmp_path: Path) -> None:
    choice = choose(Asked(), {"XDG_CONFIG_HOME": str(tmp_path)})
    assert meant(choice) == ("orderbridge-dev", None, None, None)
    assert choice.file.path == tmp_path / "orderbridge" / "config.toml"


def test_a_profile_without_an_endpoint_is_aws_whatever_endpoint_the_environment_names(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    client = Clients(choose(Asked(profile="second", region="eu-central-1"), variables).target)("sqs")
    assert client.meta.endpoint_url == "https://sqs.eu-central-1.amazonaws.com"


def test_a_local_stack_is_used_and_said_only_where_nothing_means_aws(tmp_path: Path, aws: str) -> None:
    nothing = {"XDG_CONFIG_HOME": str(tmp_path)}
    choice = choose(Asked(), nothing)
    assert meant(choice) == ("orderbridge-local", None, None, aws)
    assert choice.target.is_local
    assert choice.notes == (f"the local stack at {aws} is used; --stage or --profile names another deployment",)
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_REGION"):
        other = choose(Asked(), nothing | {name: "x"})
        assert (other.target.stack_name, other.target.endpoint_url) == ("orderbridge-dev", None)
        assert other.notes == (
            f"AWS is meant, because {name} is set; --profile local uses the local stack that runs here",
        )
    assert choose(Asked(stage="dev"), nothing).target.endpoint_url is None
    assert choose(Asked(), nothing | {"ORDERBRIDGE_STAGE": "dev"}).target.endpoint_url is None
    assert choose(Asked(), written(tmp_path, FILE)).target.endpoint_url is None
    assert choose(Asked(profile="local"), nothing | {"AWS_PROFILE": "x"}).target.endpoint_url == aws


def test_a_file_that_a_killed_stack_has_left_is_told_and_not_used(folder: Path, aws: str) -> None:
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    dead = announce(folder, int(ended.stdout), aws)
    other = announce(folder, 1, "http://127.0.0.1:9")  # a process that runs, and a port that nobody listens at
    choice = choose(Asked(), {"XDG_CONFIG_HOME": str(folder)})
    assert choice.target.endpoint_url == aws
    assert [note.partition(" is left")[0] for note in choice.notes[:-1]] == sorted([str(dead), str(other)])


def test_the_local_stack_is_asked_for_by_name(folder: Path, aws: str) -> None:
    (folder / f"serve-{os.getpid()}.json").rename(folder / "serve-2.json")
    announce(folder, os.getpid(), aws)
    with pytest.raises(ToolError, match="2 local stacks run") as several:
        choose(Asked(profile="local"), {})
    assert aws in several.value.hint
    for path in folder.glob("serve-*.json"):
        path.unlink()
    with pytest.raises(ToolError, match="no local stack runs"):
        choose(Asked(profile="local"), {})


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[profiles.prod]\nstage = prod\n", 2, "not TOML"),
        ('[profiles.prod]\nstage = "prod', 2, "not TOML"),
        ('[profiles.prod]\nstage = "prod"\nregoin = "eu-central-1"\n', 3, "unknown key regoin; did you mean region?"),
        ('[profiles.a]\nstage = "a"\n\n[profiles.b]\nstage = 3\n', 5, "profiles.b.stage must be a text"),
        ('[profiles.b]\n# nothing\nstage = "Prod"\n', 3, "lower-case letters"),
        ('[profiles.b]\nstage = "b"\nendpoint = "localhost"\n', 3, "no http address"),
        ('[profiles.b]\nstack = "a b"\n', 2, "letters, digits and dashes"),
        ('\n[profiles.b]\nregion = "eu-central-1"\n', 2, "stage or stack is missing"),
        ('[profiles.local]\nstage = "b"\n', 1, "means the local stack"),
        ('[profiles]\nprod = "prod"\n', 1, "must be a table"),
        ('[profiles.prod]\nstage = "a"\n[profile.b]\nstage = "b"\n', 3, "unknown key profile; did you mean profiles?"),
        ('default = "prd"\n[profiles.prod]\nstage = "a"\n', 1, "no profile 'prd'; did you mean prod?"),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_profiles(written(tmp_path, text))
    assert refused.value.message.startswith(f"{tmp_path / 'config.toml'}:{line}: ")
    assert said in f"{refused.value.message}; {refused.value.hint}"


def test_a_file_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        read_profiles({"ORDERBRIDGE_CONFIG": str(tmp_path / "none.toml")})
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="not UTF-8"):
        read_profiles({"ORDERBRIDGE_CONFIG": str(tmp_path / "bytes.toml")})


def test_an_unknown_profile_is_no_profile_of_the_aws_cli(variables: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="has no profile 'prodd'") as refused:
        choose(Asked(profile="prodd"), variables)
    assert refused.value.hint == "did you mean prod? --aws-profile names one of the AWS CLI"
