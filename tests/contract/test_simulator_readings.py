"""The registry of readings, and the option of the local stack that chooses them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from local.__main__ import app
from local.simulators import Bibi, Billbee
from local.simulators.readings import READINGS, BadReading, Readings, listing, of_vendor, parsed, table

PROMISED = {
    "prefix", "prefix-style", "total", "update-field", "not-found", "gateway-404", "timestamp", "list-product",
    "carriers", "shipment-numbers", "pages", "bom", "webhook-signature", "error-message", "new-token",
    "several-orders", "rush", "zone", "upsert-messages", "hold-answer",
}  # fmt: skip


def test_every_open_point_has_a_reading_with_its_default_first() -> None:
    names = [one.name for one in READINGS]
    assert len(names) == len(set(names))
    assert set(names) >= PROMISED
    assert all(one.default == one.values[0] and one.meaning and one.source for one in READINGS)
    assert all(len(one.values) > 1 or one.pattern for one in READINGS)


def test_a_reading_is_chosen_by_name_and_the_others_keep_their_defaults() -> None:
    chosen = Readings("bibi", {"prefix": "SA"})
    assert (chosen["prefix"], chosen["prefix-style"]) == ("SA", "glued")
    chosen.choose({"not-found": "empty"})
    assert (chosen["prefix"], chosen["not-found"]) == ("none", "empty")
    assert set(chosen) == {one.name for one in READINGS if one.vendor == "bibi"}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("prefx=SA", "did you mean 'prefix'"),
        ("total=maybe", "total is including | excluding"),
        ("total", "is not NAME=VALUE"),
        ("prefix=S A", "prefix is none"),
        ("prefix=", "prefix is none"),
    ],
)
def test_what_is_no_reading_is_refused_with_what_there_is(written: str, told: str) -> None:
    with pytest.raises(BadReading, match=told.replace("|", r"\|")):
        parsed([written])


def test_a_simulator_refuses_the_readings_of_another() -> None:
    with pytest.raises(BadReading, match="of billbee"):
        Bibi(readings={"total": "excluding"})
    with pytest.raises(BadReading, match="of bibi"):
        Billbee(readings={"prefix": "SA"})
    assert of_vendor("bibi", {"total": "excluding", "prefix": "SA"}) == {"prefix": "SA"}


@pytest.mark.parametrize("command", ["run", "serve"])
def test_the_list_names_each_reading_with_values_default_and_meaning(command: str) -> None:
    answer = CliRunner().invoke(app, [command, "--reading", "list"])
    assert (answer.exit_code, answer.stdout) == (0, listing() + "\n")
    for one in READINGS:
        assert f"{one.name}={one.allowed}" in answer.stdout
        assert one.meaning in answer.stdout


@pytest.mark.parametrize("command", ["run", "serve"])
@pytest.mark.parametrize(
    "options",
    [
        ["--reading", "prefx=SA"],
        ["--reading", "prefix=SA", "--reading", "total=maybe"],
        ["--reading", "prefix=SA", "--bibi-url", "http://127.0.0.1:9/api"],
        ["--reading", "total=excluding", "--billbee-url", "http://127.0.0.1:9/api/v1"],
    ],
)
def test_what_cannot_be_chosen_ends_the_program_before_anything_runs(command: str, options: list[str]) -> None:
    answer = CliRunner().invoke(app, [command, *options])
    assert answer.exit_code == 2
    assert "--reading" in answer.output


def test_the_documentation_has_the_readings_as_they_are() -> None:
    page = Path(__file__).parents[2] / "docs" / "local.md"
    assert table() in page.read_text("utf-8")
