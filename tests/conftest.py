"""What holds for every test: no AWS account, nothing beyond this machine, on CI the same examples always."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# Before any test module makes a client: whatever the developer is logged in to stays out of reach.
for name in [name for name in os.environ if name.startswith(("AWS_", "ORDERBRIDGE_", "POWERTOOLS_"))]:
    del os.environ[name]
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "XDG_CONFIG_HOME": "/there/is/no/such/folder",
}

# A slow machine is no failure, and CI finds the same examples twice.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def _is_loopback(host: str) -> bool:
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def no_local_stack() -> Iterator[None]:
    """A local stack that runs on the developer's machine is not found by the operator's tool."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cli.local_stack.FOLDER", Path("/there/is/no/such/folder"))
        yield


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Connections to other machines fail at once, with the address, rather than reach a real service."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(str(address[0])):
            raise ConnectionRefusedError(f"a test must not leave this machine: {address!r}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


class GroupsOfFiles(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps a file that is marked as a group on one worker, and hands out the tests of all others one by one.

    The `loadgroup` of pytest-xdist 3.8 writes the group into a test's id, which pytest 9.2 ignores: such a file ran on
    every worker, each with a stack of its own.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if _is_group(self.config.rootpath / file) else nodeid


@cache
def _is_group(file: Path) -> bool:
    return "xdist_group" in file.read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupsOfFiles | None:
    return GroupsOfFiles(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many cases the fault matrices of `tests/faults` had."""
    counts: dict[str, Counter[str]] = {}
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        for name, value in report.user_properties:
            if name == "fault cases" and report.when == "call":
                matrix, cases, argued, wrong = value
                counts.setdefault(matrix, Counter()).update(cases=cases, argued=argued, wrong=wrong)
    for matrix, found in sorted(counts.items()):
        line = f"{matrix}: {found['cases']} cases, {found['argued']} argued, {found['wrong']} wrong"
        terminalreporter.write_line(line)
