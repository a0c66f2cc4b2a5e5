"""The command line as its users and their scripts meet it: output, exit status, signals, and nothing left behind."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from local.__main__ import app
from testkit.processes.waiting import PATIENCE

GOOD = {
    "settings": {"billbee": {"username": "shop@acme.example", "order_tag": "bibi"}},
    "secrets": {"billbee_password": "Password-1234", "bibi_public_key": "public", "bibi_secret_key": "secret"},
}
BAD = {**GOOD, "settings": {"modee": "live", "billbee": {"username": "shop@typo.example", "order_tag": "bibi"}}}

Started = subprocess.Popen[str]


@pytest.fixture
def merchants(tmp_path: Path) -> str:
    path = tmp_path / "merchants.json"
    path.write_text(json.dumps({"billbee_api_key": "the key", "merchants": {"acme": GOOD, "typo": BAD}}))
    return str(path)


def local(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "local", *arguments]


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = (line.split() for line in listed.stdout.splitlines())
    return [int(child) for child, parent in pairs if int(parent) == pid]


def are_gone(pids: list[int]) -> bool:
    listed = subprocess.run(["ps", "-e", "-o", "pid=,stat="], capture_output=True, text=True, check=True)
    alive = {int(line.split()[0]) for line in listed.stdout.splitlines() if not line.split()[1].startswith("Z")}
    return not alive & set(pids)


@pytest.fixture
def serving(merchants: str) -> Iterator[tuple[Started, str, list[int]]]:
    """A started `serve` that has run its schedules once, its address, and its children."""
    command = local("serve", "--port", "0", "--merchants", merchants, "--json")
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        url = ""
        for line in process.stderr:
            if match := re.search(r"listening on (\S+)", line):
                url = match[1]
            if line.startswith("start_jobs"):
                break
        yield process, url, children(process.pid)
        process.kill()


def test_json_is_the_only_thing_on_standard_output_and_names_bad_merchants(merchants: str) -> None:
    command = local("run", "--merchants", merchants, "--until-idle", "--json")
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert set(report["merchants"]) == {"acme", "typo"}
    assert report["merchants"]["acme"]["orders"] == []
    assert report["merchants"]["acme"]["calls"]["billbee"] > 0
    assert "error" not in report["merchants"]["acme"]
    assert "modee" in report["merchants"]["typo"]["error"]
    assert "start_jobs " in done.stderr
    assert "the key" not in done.stderr
    assert "Password-1234" not in done.stderr


def test_a_merchants_file_that_cannot_be_used_ends_with_status_2_and_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "merchants.json"
    path.write_text("{}")
    done = CliRunner().invoke(app, ["run", "--merchants", str(path)])
    assert done.exit_code == 2
    assert "merchants.json: billbee_api_key must be a text" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_password_that_billbee_does_not_allow_ends_with_status_2_and_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "merchants.json"
    merchant = {**GOOD, "secrets": {"billbee_password": "long:enough-1234"}}
    path.write_text(json.dumps({"billbee_api_key": "key", "merchants": {"acme": merchant}}))
    done = CliRunner().invoke(app, ["run", "--merchants", str(path)])
    assert done.exit_code == 2
    assert "merchants.acme.secrets.billbee_password" in done.output
    assert "long:enough" not in done.output


@pytest.mark.parametrize("url", ["http://example.com/api/v1", "http://shop:hunter2@127.0.0.1/api", "ftp://127.0.0.1/"])
@pytest.mark.parametrize("option", ["--billbee-url", "--bibi-url", "--abillify-url"])
def test_a_base_url_that_no_function_would_take_ends_with_status_2(option: str, url: str) -> None:
    done = CliRunner().invoke(app, ["run", option, url])
    assert done.exit_code == 2
    assert option in done.output
    assert "base URL must be https" in done.output
    assert "hunter2" not in done.output


# Of `run`, the other signal is below; both end in one handler.
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)])
def test_serve_answers_http_and_ends_cleanly(serving: tuple[Started, str, list[int]], number: signal.Signals) -> None:
    process, url, workers = serving
    assert requests.get(f"{url}/no/such/route", timeout=PATIENCE).status_code == 404
    assert workers
    process.send_signal(number)
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert set(json.loads(output)["merchants"]) == {"acme", "typo"}
    assert are_gone(workers)


def test_an_interrupted_run_stops_everything_it_started(merchants: str) -> None:
    command = local("run", "--merchants", merchants, "--json")
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("start_jobs"):
                break
        workers = children(process.pid)
        assert workers
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert output == ""
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert are_gone(workers)
