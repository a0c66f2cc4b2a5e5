"""`orderbridge merchants` show, set, remove, export, and the switch: what stands in the registry, and who wrote it."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import pytest

from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.registry import REGISTRY
from tests.cli_world import API_KEY, CliWorld

SECRET = "a-webhook-secret-of-thirty-two-characters-or-more"
ME = getpass.getuser()

pytestmark = pytest.mark.xdist_group(__name__)  # one deployed stack


@pytest.fixture
def here(stack: CliWorld) -> CliWorld:
    """The stack with the merchant acme, and with nothing of the test before."""
    stack.clear()
    stack.open_merchant("acme", {"webhook_secret": SECRET}, stock={"buffer": 1})
    return stack


def shows_no_secret(here: CliWorld, output: str) -> bool:
    values = {value for held in here.secrets().values() for value in held.values()}
    assert len(values) >= 5
    return not any(value in output for value in values)


# ---- show


def test_show_has_settings_version_and_which_secrets_there_are_but_none_of_them(here: CliWorld) -> None:
    answer = here.ask("merchants", "show", "acme")
    assert answer["settings"] == here.settings()["acme"]
    assert (answer["version"], answer["changed_by"], answer["all_paused"]) == (1, "a test", None)
    assert answer["secrets"] == ["bibi_public_key", "bibi_secret_key", "billbee_password", "webhook_secret"]
    shown = here.run("merchants", "show", width=80)
    assert shown.exit_code == 0
    assert '"buffer": 1' in shown.stdout
    assert "billbee_password" in shown.stdout
    assert shows_no_secret(here, shown.output + json.dumps(answer))


def test_show_tells_each_change_with_who_and_when(here: CliWorld) -> None:
    here.run("merchants", "set", "acme", "stock.buffer=4", "mode=test")
    here.run("merchants", "set", "acme", "--unset", "stock.buffer")
    last, before, first = here.ask("merchants", "show", "acme", "--history")["history"]
    assert [(one["version"], one["by"]) for one in (last, before, first)] == [(3, ME), (2, ME), (1, "a test")]
    assert before["changes"] == {"mode": [None, "test"], "stock.buffer": [1, 4]}
    assert last["changes"] == {"stock.buffer": [4, None]}
    assert first["changes"] == "added"
    shown = here.run("merchants", "show", "--history").stdout
    assert "stock.buffer: 1 → 4" in shown
    assert "mode: not set → test" in shown


def test_show_says_what_is_broken_and_tells_nothing_of_it(here: CliWorld) -> None:
    here.registry.put("acme", '{"mode": "live', by="a test")
    here.client("ssm").put_parameter(
        Name="/orderbridge/local/merchants/acme", Value='{"never-told', Type="SecureString", Overwrite=True
    )
    shown = here.run("merchants", "show", "acme")
    assert shown.exit_code == 0
    assert "is not a JSON object of texts" in " ".join(shown.stdout.split())
    assert "never-told" not in shown.output
    assert here.ask("merchants", "show", "acme")["settings"] == '{"mode": "live'


# ---- set


@pytest.mark.parametrize(
    ("assignment", "section", "value"),
    [
        ("stock.buffer=7", "stock", {"buffer": 7}),
        ("stock.enabled=false", "stock", {"buffer": 1, "enabled": False}),
        ("bibi.default_ship_method=24", "bibi", {"default_ship_method": "24"}),
        ("bibi.source=WEB 2", "bibi", {"source": "WEB 2"}),
        ('bibi.ship_methods={"DHL Paket": "84"}', "bibi", {"ship_methods": {"DHL Paket": "84"}}),
        ("language=de", "language", "de"),
    ],
)
def test_set_takes_a_value_as_the_setting_has_it(here: CliWorld, assignment: str, section: str, value: Any) -> None:
    before = here.settings()["acme"]
    answer = here.ask("merchants", "set", "acme", assignment)
    assert answer["version"] == 2
    assert here.settings()["acme"] == before | {section: value}
    entry = here.registry.entry("acme")
    assert entry is not None
    assert entry.changed_by == ME


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stock.bufer=7"], "stock.bufer: unknown key"),
        (["stock.buffer=many"], "stock.buffer"),
        (["bibi.order_prefix=SA-15"], "bibi.order_prefix"),
        (["stock.buffer"], "is no KEY=VALUE"),
        (["mode.deep=1"], "mode"),
        (["--unset", "bibi.source"], "bibi.source is not set"),
        ([], "nothing to change"),
        (["--settings", "no-such-file.json"], "No such file"),
    ],
)
def test_set_writes_nothing_unless_all_of_it_is_right(here: CliWorld, arguments: list[str], said: str) -> None:
    before = here.written()
    result = here.run("merchants", "set", "acme", *arguments)
    assert (result.exit_code, said in " ".join(result.stderr.split())) == (2, True), result.output
    assert here.written() == before


def test_set_what_is_so_already_makes_no_version(here: CliWorld) -> None:
    assert here.ask("merchants", "set", "acme", "stock.buffer=1") == {"merchant": "acme", "version": 1, "changes": {}}
    assert "nothing changes" in here.run("merchants", "set", "acme", "stock.buffer=1").stdout


def test_set_replaces_all_settings_by_those_of_a_file_also_where_they_were_broken(
    here: CliWorld, tmp_path: Path
) -> None:
    here.registry.put("acme", "not json", by="a test")
    settings = {"billbee": {"username": "shop@acme.example", "order_tag": "other"}}
    path = tmp_path / "acme.json"
    path.write_text(json.dumps(settings))
    assert here.run("merchants", "set", "acme", "mode=test").exit_code == 2, "there is nothing to change it in"
    assert here.run("merchants", "set", "acme", "--settings", str(path)).exit_code == 0
    assert here.settings()["acme"] == settings
    assert here.run("merchants", "set", "acme", "mode=test", "--settings", str(path)).exit_code == 2


# ---- add, export and remove


def test_add_takes_settings_from_a_file_and_asks_for_secrets_only(here: CliWorld, tmp_path: Path) -> None:
    settings = {"mode": "test", "billbee": {"username": "u", "order_tag": "t"}, "stock": {"buffer": 2}}
    path = tmp_path / "new.json"
    path.write_text(json.dumps(settings))
    typed = ["typed-password-1", "typed-public", "typed-secret"]
    here.billbee.add_account("u", "typed-password-1")
    here.bibi.add_account("typed-public", "typed-secret")
    result = here.run("merchants", "add", "new", "--settings", str(path), said="\n".join(typed) + "\n")
    assert result.exit_code == 0, result.output
    assert here.settings()["new"] == settings
    assert here.secrets()["merchants/new"]["bibi_public_key"] == "typed-public"
    assert shows_no_secret(here, result.output)
    path.write_text('{"mode": "lively"}')
    broken = here.run("merchants", "add", "newer", "--settings", str(path))
    assert (broken.exit_code, "mode" in broken.stderr) == (2, True), "before anything is asked for"
    assert list(here.settings()) == ["acme", "new"]


def test_what_was_exported_brings_the_merchants_back_after_the_table_was_lost(here: CliWorld, tmp_path: Path) -> None:
    here.open_merchant("bolt", language="de")
    settings = here.settings()
    path = tmp_path / "merchants.json"
    assert here.ask("merchants", "export", str(path))["merchants"] == ["acme", "bolt"]
    exported = path.read_text(encoding="utf-8")
    assert json.loads(exported) == {"merchants": {name: {"settings": found} for name, found in settings.items()}}
    assert json.loads(here.run("merchants", "export").stdout) == json.loads(exported)
    assert shows_no_secret(here, exported)
    for name in settings:
        here.registry.remove(name, by="a test")
    result = here.run("merchants", "add", "--file", str(path))
    assert result.exit_code == 0, result.output
    assert here.settings() == settings
    assert here.secrets()["application"] == {"billbee_api_key": API_KEY}


def test_an_export_is_no_way_in_for_a_merchant_without_secrets(here: CliWorld, tmp_path: Path) -> None:
    path = tmp_path / "merchants.json"
    path.write_text(json.dumps({"merchants": {"new": {"settings": here.settings()["acme"]}}}))
    result = here.run("merchants", "add", "--file", str(path))
    assert (result.exit_code, "secrets.billbee_password: is missing" in " ".join(result.stderr.split())) == (2, True)


def test_remove_says_what_it_removed_and_keeps_the_orders(here: CliWorld) -> None:
    here.note("acme", 1, Status.SHIPPED)
    here.client("ssm").put_parameter(Name="/orderbridge/local/bibi_tokens/acme", Value="{}", Type="SecureString")
    answer = here.ask("merchants", "remove", "acme")
    assert answer == {
        "removed": "acme",
        "parameters": ["/orderbridge/local/merchants/acme", "/orderbridge/local/bibi_tokens/acme"],
        "open_orders": 0,
    }
    assert here.settings() == {}
    assert list(here.secrets()) == ["application"]
    assert here.ledger.get("acme", 1) is not None
    assert [(one.version, one.changed_by) for one in here.registry.history("acme")] == [(2, ME), (1, "a test")]
    assert here.run("merchants", "show", "acme").exit_code == 2


@pytest.mark.parametrize("status", [Status.QUEUED, Status.ACKNOWLEDGED, Status.HELD])
def test_remove_refuses_while_orders_are_open_unless_it_is_forced(here: CliWorld, status: Status) -> None:
    here.note("acme", 4711, status)
    before = here.written()
    refused = here.run("merchants", "remove", "acme")
    assert (refused.exit_code, "1 open order: 4711" in refused.stderr) == (2, True)
    assert here.written() == before
    forced = here.run("merchants", "remove", "acme", "--force")
    assert (forced.exit_code, "not followed any more" in " ".join(forced.stdout.split())) == (0, True)
    assert here.settings() == {}


# ---- The switch


def test_r22_pause_all_says_so_everywhere_and_resume_all_brings_back_who_was_not_paused_alone(here: CliWorld) -> None:
    here.open_merchant("asleep", mode="paused")
    here.open_merchant("trying", mode="test")
    before = here.settings()
    assert here.ask("merchants", "pause", "--all") == {
        "all_paused": True,
        "before": False,
        "paused_by_themselves": ["asleep"],
    }
    assert here.settings() == before
    listed = here.run("merchants", "list", width=200).stdout
    assert "All merchants have been paused since" in listed
    assert f"by {ME}" in listed
    assert here.ask("merchants", "list")["all_paused"]["by"] == ME
    assert f"by {ME}" in here.run("merchants", "show", "acme").stdout
    (trouble,) = here.ask("jobs", status=1)["troubles"]
    assert (trouble["merchant"], trouble["kind"]) == ("*", "all-paused")
    started = here.ask("jobs", "start", "poll-orders", status=1)
    assert (started["started"], started["paused"]) == ([], ["acme", "asleep", "trying"])
    assert here.messages("poll-orders") == []
    assert here.run("merchants", "pause", "--all").stdout.startswith("All merchants are paused already, since")
    assert here.ask("merchants", "resume", "--all")["before"] is True
    assert here.settings() == before
    assert {one["merchant"]: one["mode"] for one in here.ask("merchants", "list")["merchants"]} == {
        "acme": "live",
        "asleep": "paused",
        "trying": "test",
    }
    started = here.ask("jobs", "start", "poll-orders")
    assert (started["started"], started["paused"]) == (["acme", "trying"], ["asleep"])


def test_what_would_have_no_effect_while_all_are_paused_says_how_to_end_it(here: CliWorld) -> None:
    here.note("acme", 1, Status.QUEUED)
    here.run("merchants", "pause", "--all")
    retried = here.run("order", "retry", "1")
    assert (retried.exit_code, "orderbridge merchants resume --all" in retried.stderr) == (2, True)
    resumed = here.run("merchants", "resume", "acme", "--mode", "test")
    assert "All merchants have been paused since" in resumed.stdout, "its mode alone does not end it"
    assert here.settings()["acme"]["mode"] == "test"


@pytest.mark.parametrize(
    "arguments",
    [["pause", "acme", "--all"], ["resume", "acme", "--all"], ["resume", "--all", "--mode", "live"]],
)
def test_all_and_one_do_not_go_together(here: CliWorld, arguments: list[str]) -> None:
    assert here.run("merchants", *arguments).exit_code == 2
    assert (REGISTRY, "PAUSE") not in [(item["pk"], item["sk"]) for item in here.table.all_of(REGISTRY)]


def test_resume_all_without_a_pause_changes_nothing(here: CliWorld) -> None:
    result = here.run("merchants", "resume", "--all")
    assert (result.exit_code, "were not paused" in result.stdout) == (0, True)
    assert here.registry.pause() is None
