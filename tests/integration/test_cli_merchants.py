"""`orderbridge merchants` and `orderbridge webhooks`: adding, the doctor, pausing, the doorbell's registration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.simulators.billbee import enums
from local.simulators.billbee.orders import product
from local.simulators.faults import Fault
from orderbridge.desk.doctor.check_merchant import ABILLIFY_CALLS, BIBI_CALLS, BIBI_MORE_PAGES, BILLBEE_CALLS
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.record import Parcel
from orderbridge.merchants.registry import Entry, Registry
from tests.cli_world import API_KEY, CliWorld, echoing

SECRET = "a-webhook-secret-of-thirty-two-characters-or-more"
GOOD: dict[str, Any] = {
    "settings": {"mode": "test", "billbee": {"username": "shop@new.example", "order_tag": "bibi"}},
    "secrets": {
        "billbee_password": "password-of-the-new-one",
        "bibi_public_key": "public-key-of-it",
        "bibi_secret_key": "secret-key-of-it",
    },
}


pytestmark = pytest.mark.xdist_group(__name__)  # one deployed stack


@pytest.fixture
def here(stack: CliWorld) -> CliWorld:
    """The stack with the merchant acme, and with nothing of the test before."""
    stack.clear()
    stack.open_merchant("acme", {"webhook_secret": SECRET})
    secrets = GOOD["secrets"]
    stack.billbee.add_account(GOOD["settings"]["billbee"]["username"], secrets["billbee_password"])
    stack.bibi.add_account(secrets["bibi_public_key"], secrets["bibi_secret_key"])
    return stack


@pytest.fixture(scope="module")
def bell() -> Iterator[str]:
    with echoing() as url:
        yield url


def merchants_file(folder: Path, **merchants: Any) -> str:
    path = folder / "merchants.json"
    path.write_text(json.dumps({"billbee_api_key": API_KEY, "merchants": merchants}), encoding="utf-8")
    return str(path)


# ---- list and add


def test_the_list_names_what_is_wrong_with_settings_and_ends_with_1(here: CliWorld) -> None:
    assert here.run("merchants", "list").exit_code == 0
    here.open_merchant("typo", wrapping="gift")
    answer = here.ask("merchants", "list", status=1)
    assert {one["merchant"]: one["error"] for one in answer["merchants"]} == {
        "acme": None,
        "typo": "wrapping: unknown key",
    }
    assert {one["mode"] for one in answer["merchants"]} == {"live"}, "functions go on without the key"


def test_add_from_a_file_writes_what_the_functions_read(here: CliWorld, tmp_path: Path) -> None:
    result = here.run("merchants", "add", "--file", merchants_file(tmp_path, new=GOOD, other=GOOD))
    assert result.exit_code == 0, result.output
    assert "new is added" in result.stdout
    assert here.settings()["new"] == GOOD["settings"]
    assert here.secrets()["merchants/other"] == GOOD["secrets"]
    shown = here.run("merchants", "list").output + result.output
    assert not any(secret in shown for secret in (*GOOD["secrets"].values(), API_KEY))
    assert here.ask("merchants", "list")["merchants"][-1]["merchant"] == "other"


def test_add_writes_secrets_first_and_settings_last(
    here: CliWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Registry.put

    def late(self: Registry, merchant: str, settings: str, **details: Any) -> Entry:
        assert here.secrets()["merchants/new"] == GOOD["secrets"]
        assert here.registry.entry("new") is None
        return put(self, merchant, settings, **details)

    monkeypatch.setattr(Registry, "put", late)
    assert here.run("merchants", "add", "new", "--file", merchants_file(tmp_path, new=GOOD, x=GOOD)).exit_code == 0
    assert list(here.settings()) == ["acme", "new"]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({**GOOD, "settings": {"modee": "live", **GOOD["settings"]}}, "modee: unknown key"),
        ({**GOOD, "settings": {"billbee": {"username": "x", "order_tag": "a,b"}}}, "billbee.order_tag"),
        ({**GOOD, "secrets": {"billbee_password": "password-of-the-new-one"}}, "secrets.bibi_public_key: is missing"),
        ({**GOOD, "secrets": {**GOOD["secrets"], "billbee_password": "too-short"}}, "at least 12 characters"),
        ({**GOOD, "secrets": {**GOOD["secrets"], "webhok_secret": "x" * 40}}, "did you mean webhook_secret?"),
    ],
)
def test_nothing_is_written_unless_all_of_it_is_right(
    here: CliWorld, tmp_path: Path, broken: dict[str, Any], said: str
) -> None:
    before = here.written()
    result = here.run("merchants", "add", "--file", merchants_file(tmp_path, good=GOOD, broken=broken))
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert "too-short" not in result.output
    assert here.written() == before


def test_what_is_wrong_in_a_file_is_said_of_the_file_and_not_of_what_is_stored(here: CliWorld, tmp_path: Path) -> None:
    path = merchants_file(tmp_path, new={**GOOD, "settings": GOOD["settings"] | {"mode": "nope"}})
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"billbee": {"username": 3}}), encoding="utf-8")
    for command, where in (
        (("add", "--file", path), f"{path}: merchants.new: mode: "),
        (("add", "new", "--settings", str(settings)), f"{settings}: billbee.username: "),
        (("set", "acme", "--settings", str(settings)), f"{settings}: billbee.username: "),
    ):
        result = here.run("merchants", *command, width=400)
        assert (result.exit_code, where in result.stderr) == (2, True), result.stderr
        assert "correct the file" in result.stderr
        assert "set-secret" not in result.stderr


def test_add_refuses_a_merchant_that_is_there_a_bad_name_and_a_bad_file(here: CliWorld, tmp_path: Path) -> None:
    there = here.run("merchants", "add", "--file", merchants_file(tmp_path, acme=GOOD))
    assert (there.exit_code, "--replace" in there.stderr) == (2, True)
    named = here.run("merchants", "add", "--file", merchants_file(tmp_path, Acme=GOOD))
    assert (named.exit_code, "lower-case" in named.stderr) == (2, True)
    missing = here.run("merchants", "add", "--file", str(tmp_path / "none.json"))
    assert (missing.exit_code, "No such file" in " ".join(missing.stderr.split())) == (2, True)
    other = here.run("merchants", "add", "nobody", "--file", merchants_file(tmp_path, new=GOOD))
    assert (other.exit_code, "there is: new" in other.stderr) == (2, True)
    assert here.run("merchants", "add", "--replace", "--file", merchants_file(tmp_path, acme=GOOD)).exit_code == 0


def test_another_api_key_in_the_file_is_no_silent_change_for_all_merchants(here: CliWorld, tmp_path: Path) -> None:
    path = tmp_path / "merchants.json"
    path.write_text(json.dumps({"billbee_api_key": "another-key-than-before", "merchants": {"new": GOOD}}))
    result = here.run("merchants", "add", "--file", str(path))
    assert result.exit_code == 2
    assert "another Billbee API key" in result.stderr
    assert here.secrets()["application"] == {"billbee_api_key": API_KEY}


def test_add_asks_at_prompts_and_shows_no_secret(here: CliWorld) -> None:
    typed = ["shop@typed.example", "tag", "WEB", "typed-password-1", "typed-public", "typed-secret"]
    here.billbee.add_account("shop@typed.example", "typed-password-1")
    here.bibi.add_account("typed-public", "typed-secret")
    result = here.run("merchants", "add", "typed", said="\n".join(typed) + "\n")
    assert result.exit_code == 0, result.output
    assert here.settings()["typed"] == {
        "mode": "test",
        "billbee": {"username": "shop@typed.example", "order_tag": "tag"},
        "bibi": {"source": "WEB"},
    }
    assert here.secrets()["merchants/typed"]["bibi_secret_key"] == "typed-secret"
    assert not any(secret in result.output for secret in typed[3:])


def test_a_wrong_answer_is_asked_for_again_and_refused_credentials_are_not_stored(here: CliWorld) -> None:
    here.billbee.add_account("shop@typed.example", "typed-password-1")
    here.bibi.add_account("typed-public", "typed-secret")
    wrong = [
        "Not a name",
        "typed",
        "shop@typed.example",
        "tag",
        "WEB",
        "short",
        "typed-password-2",
        "typed-public",
        "x",
    ]
    right = ["", "tag", "WEB", "typed-password-1", "typed-public", "typed-secret"]
    result = here.run("merchants", "add", said="\n".join([*wrong, *right]) + "\n")
    assert result.exit_code == 0, result.output
    said = " ".join(result.stderr.split())
    assert "cannot be a merchant's name" in said
    assert "at least 12 characters" in said
    assert "Billbee: the credentials are refused" in said
    assert here.secrets()["merchants/typed"]["billbee_password"] == "typed-password-1"
    assert here.settings()["typed"]["billbee"]["username"] == "shop@typed.example"


def test_a_refused_api_key_that_was_typed_is_asked_for_again(here: CliWorld) -> None:
    here.client("ssm").delete_parameter(Name="/orderbridge/local/application")
    here.billbee.add_account("shop@typed.example", "typed-password-1")
    here.bibi.add_account("typed-public", "typed-secret")
    typed = ["shop@typed.example", "tag", "WEB", "typed-password-1", "typed-public", "typed-secret"]
    result = here.run("merchants", "add", "typed", said="\n".join(["a-wrong-key", *typed, API_KEY, *typed]) + "\n")
    assert result.exit_code == 0, result.output
    assert "Billbee: the credentials are refused" in " ".join(result.stderr.split())
    assert here.secrets()["application"] == {"billbee_api_key": API_KEY}


def test_a_name_that_a_merchant_has_is_refused_before_anything_else_is_asked(here: CliWorld) -> None:
    result = here.run("merchants", "add", said="acme\n")
    assert "there is a merchant 'acme' already" in result.stderr
    assert "Billbee user" not in result.output
    assert result.exit_code == 130


def test_a_vendor_that_cannot_be_reached_ends_the_prompts_and_nothing_is_stored(here: CliWorld) -> None:
    before = here.written()
    here.billbee.add_account("shop@typed.example", "typed-password-1")
    here.bibi.faults.add(Fault(kind="status", status=503, times=50))
    typed = ["shop@typed.example", "tag", "WEB", "typed-password-1", "typed-public", "typed-secret"]
    try:
        result = here.run("merchants", "add", "typed", said="\n".join(typed) + "\n")
    finally:
        here.bibi.faults.clear()
    assert result.exit_code == 2
    assert "--untried stores them without a trial" in " ".join(result.stderr.split())
    assert result.output.count("Billbee user") == 1
    assert here.written() == before


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("billbee_password", "Billbee: the credentials are refused"),
        ("bibi_secret_key", "warehouse: the credentials are refused"),
    ],
)
def test_credentials_of_a_file_that_a_vendor_refuses_are_stored_only_if_asked_for(
    here: CliWorld, tmp_path: Path, secret: str, said: str
) -> None:
    bad = {**GOOD, "secrets": {**GOOD["secrets"], secret: "another-secret-than-theirs"}}
    before = here.written()
    result = here.run("merchants", "add", "--file", merchants_file(tmp_path, new=bad))
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert "another-secret-than-theirs" not in result.output
    assert here.written() == before
    assert here.run("merchants", "add", "--file", merchants_file(tmp_path, new=bad), "--untried").exit_code == 0
    assert here.secrets()["merchants/new"][secret] == "another-secret-than-theirs"


def test_a_changed_secret_that_a_vendor_refuses_is_not_stored_though_a_token_of_the_old_one_is_good(
    here: CliWorld,
) -> None:
    assert here.run("merchants", "check").exit_code in (0, 1)  # leaves a token
    before = here.secrets()
    result = here.run("merchants", "set-secret", "bibi_secret_key", said="a-wrong-key")
    assert result.exit_code == 2
    assert "warehouse: the credentials are refused" in " ".join(result.stderr.split())
    assert here.secrets() == before


def test_prompts_that_end_early_write_nothing(here: CliWorld) -> None:
    before = here.written()
    assert here.run("merchants", "add", "typed", said="shop@typed.example\n").exit_code == 130
    assert here.run("merchants", "add", "typed", "--json").exit_code == 2
    assert here.written() == before


def test_one_secret_is_changed_from_standard_input(here: CliWorld) -> None:
    here.billbee.add_account("shop@acme.example", "another-password-2")
    result = here.run("merchants", "set-secret", "billbee_password", said="another-password-2\n")
    assert result.exit_code == 0, result.output
    assert "another-password-2" not in result.output
    changed = here.secrets()["merchants/acme"]
    assert changed.pop("billbee_password") == "another-password-2"
    assert changed == {"bibi_public_key": "public-acme", "bibi_secret_key": "secret-of-acme", "webhook_secret": SECRET}
    assert here.run("merchants", "set-secret", "billbee_api_key", "--untried", said="another-key").exit_code == 0
    assert here.secrets()["application"] == {"billbee_api_key": "another-key"}
    assert here.run("merchants", "set-secret", "billbee_password", said="").exit_code == 2


# ---- pause and resume


@pytest.mark.parametrize("mode", ["live", "test"])
def test_r22_pause_keeps_all_else_and_resume_goes_back_to_the_mode_from_before(here: CliWorld, mode: str) -> None:
    settings = {"bibi": {"source": "ÄÖ"}, "mode": mode, "billbee": {"username": "u", "order_tag": "t"}}
    here.registry.put("acme", json.dumps(settings, ensure_ascii=False), by="a test")
    assert here.ask("merchants", "pause")["before"] == mode
    assert here.settings()["acme"] == {**settings, "mode": "paused"}
    assert here.ask("merchants", "pause", "acme")["before"] == "paused"
    assert here.ask("merchants", "resume")["mode"] == mode
    assert here.settings()["acme"] == settings


def test_resume_says_what_it_cannot_know(here: CliWorld) -> None:
    here.open_merchant("asleep", mode="paused")
    result = here.run("merchants", "resume", "asleep")
    assert (result.exit_code, "--mode live or --mode test" in result.stderr) == (2, True)
    assert here.ask("merchants", "resume", "asleep", "--mode", "test")["mode"] == "test"
    assert here.run("merchants", "resume", "asleep", "--mode", "lively").exit_code == 2


def test_a_change_by_somebody_else_at_the_same_moment_is_told(here: CliWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    put = Registry.put

    def raced(self: Registry, merchant: str, settings: str, **details: Any) -> Entry:
        put(here.registry, merchant, json.dumps(GOOD["settings"]), by="somebody else")
        return put(self, merchant, settings, **details)

    monkeypatch.setattr(Registry, "put", raced)
    result = here.run("merchants", "pause")
    assert (result.exit_code, "version 2, and 1 was expected" in result.stderr) == (2, True)
    assert here.settings()["acme"] == GOOD["settings"]


# ---- the doctor


def findings(here: CliWorld, bell: str, *, status: int) -> dict[str, list[str]]:
    answer = here.ask("merchants", "check", "acme", "--url", bell, status=status)
    found: dict[str, list[str]] = {"ok": [], "hint": [], "wrong": []}
    for one in answer["findings"]:
        found[one["severity"]].append(f"{one['area']}: {one['what']} → {one['remedy']}")
    assert all(one["remedy"] for one in answer["findings"] if one["severity"] == "wrong")
    return found


def test_the_doctor_finds_nothing_wrong_with_a_merchant_that_is_well(here: CliWorld, bell: str) -> None:
    here.sell("acme", 1)
    assert here.run("webhooks", "register", "--url", bell).exit_code == 0
    here.billbee.calls.clear()
    here.bibi.calls.clear()
    found = findings(here, bell, status=0)
    assert found["wrong"] == []
    areas = {line.partition(":")[0] for line in found["ok"]}
    assert areas >= {"settings", "Billbee", "orders", "warehouse", "shipping", "stock", "products", "webhook", "clock"}
    assert len(here.billbee.calls) <= BILLBEE_CALLS
    assert len(here.bibi.calls) <= BIBI_CALLS
    assert {call.method for call in here.billbee.calls} == {"GET"}
    assert {call.route for call in here.bibi.calls} <= {
        "/", "/listShipMethods", "/listPayMethods", "/listProductStatusCodes", "/listProducts", "/listASNs",
        "/listProduct/{number}", "/orderStatus",
    }  # fmt: skip


def test_the_doctor_tries_billbees_credentials(here: CliWorld, bell: str) -> None:
    here.shops["acme"].password = "quite-another-password"
    (line,) = findings(here, bell, status=1)["wrong"]
    assert line.startswith("Billbee: the credentials are refused")
    assert "activate the API" in line


def test_the_doctor_tries_the_warehouses_keys(here: CliWorld, bell: str) -> None:
    here.run("merchants", "set-secret", "bibi_secret_key", "--untried", said="a-wrong-key")
    (line,) = findings(here, bell, status=1)["wrong"]
    assert line.startswith("warehouse: the credentials are refused")
    assert "bibi_secret_key" in line
    assert "a-wrong-key" not in line


def test_the_doctor_says_that_a_secret_or_setting_is_missing(here: CliWorld, bell: str) -> None:
    text = json.dumps({"billbee_password": "password-of-acme", "bibi_secret_key": "secret-of-acme"})
    name = "/orderbridge/local/merchants/acme"
    here.client("ssm").put_parameter(Name=name, Value=text, Type="SecureString", Overwrite=True)
    (line,) = findings(here, bell, status=1)["wrong"]
    assert line.startswith("settings: secrets.bibi_public_key: is missing")


def test_the_doctor_looks_at_ship_methods_carriers_and_stock(here: CliWorld, bell: str) -> None:
    here.open_merchant(
        "acme",
        {"webhook_secret": SECRET},
        billbee={"stock_id": 7},
        bibi={"default_ship_method": "999", "ship_methods": {"DHL Paket": "84"}},
        carriers={"Ground": 4711, "Grund": 5},
    )
    here.sell("acme", 1, shipping_product="Kurier des Chefs")
    here.sell("acme", 2, shipping_product="DHL Paket")
    here.note("acme", 3, Status.SHIPPED, parcels={"X": Parcel("Truck", datetime.now(UTC))})
    found = findings(here, bell, status=1)
    wrong, hints = "\n".join(found["wrong"]), "\n".join(found["hint"])
    assert "bibi.default_ship_method is 999, and the account has no such ship method" in wrong
    assert "carriers.Ground is 4711, and Billbee has no carrier of that number" in wrong
    assert 'billbee.stock_id is 7, and Billbee has no such stock → set "billbee": {"stock_id": 0}' in wrong
    assert "orders for Kurier des Chefs are shipped by the default 999 (1 order)" in hints
    assert "parcels by International are posted without a carrier" in hints
    assert "parcels by Truck are posted without a carrier" in hints
    assert "carriers has Grund, and the account has no ship method of that name" in hints


def test_the_doctor_fits_80_columns_and_says_the_same_as_json(here: CliWorld, bell: str) -> None:
    here.open_merchant(
        "acme",
        bibi={"default_ship_method": "999", "ship_methods": {"Ein sehr langer Name " * 4: "1"}},
        carriers={"Grund": 4711},
        billbee={"stock_id": 7},
    )
    for number in range(1, 9):
        here.sell("acme", number, shipping_product=f"Versand mit einem langen Namen {number}")
    shown = here.run("merchants", "check", "acme", "--url", bell, width=80)
    assert shown.exit_code == 1
    assert max(len(line) for line in shown.stdout.splitlines()) <= 80
    answer = here.ask("merchants", "check", "acme", "--url", bell, status=1)
    said = " ".join(shown.stdout.split())
    for one in answer["findings"]:
        assert " ".join(f"{one['severity']} {one['area']}: {one['what']}".split()) in said
        assert " ".join(one["remedy"].split()) in said
    assert (answer["trouble"], answer["hints"]) == tuple(
        sum(one["severity"] == severity for one in answer["findings"]) for severity in ("wrong", "hint")
    )


def test_the_doctors_help_says_how_many_calls_it_makes(here: CliWorld) -> None:
    told = " ".join(here.run("merchants", "check", "--help").output.replace("│", " ").split())
    assert f"at most {BILLBEE_CALLS} calls to Billbee, {BIBI_CALLS} to the warehouse" in told
    assert f"up to {BIBI_MORE_PAGES} more" in told
    assert f"{ABILLIFY_CALLS} to Abillify" in told


def test_the_doctor_looks_at_products(here: CliWorld, bell: str) -> None:
    for sku, ean in (("NO-EAN", ""), ("A" * 21, "40"), ("TWIN", "41"), ("twin", "42"), ("OTHER", "41")):
        here.shops["acme"].add_product(product(sku, ean=ean))
    hints = "\n".join(findings(here, bell, status=0)["hint"])
    assert "1 without an EAN: NO-EAN" in hints
    assert f"1 with a SKU of more than 20 characters: {'A' * 21}" in hints
    assert "1 with the SKU of another one: twin" in hints
    assert "1 with the EAN of another one: 41" in hints


def test_r26_the_doctor_says_which_bundles_are_no_kits(here: CliWorld, bell: str) -> None:
    shop = here.shops["acme"]
    assert not [line for line in findings(here, bell, status=0)["hint"] if "kits" in line]
    here.open_merchant("acme", bundles="kits")
    shop = here.shops["acme"]
    shop.add_product(product("SET-1", components=[("MUG-01", 1)]))
    shop.add_product(product("SET-2", components=[("MUG-01", 0.5)]))
    hints = "\n".join(findings(here, bell, status=0)["hint"])
    assert "1 of 2 bundles cannot be kits: SET-2" in hints
    assert "1 are not at the warehouse yet: SET-1" in hints


def test_the_doctor_looks_at_tags_states_and_other_merchants(here: CliWorld, bell: str) -> None:
    assert any("no order of 14 days has the tag bibi" in line for line in findings(here, bell, status=0)["hint"])
    here.sell("acme", 1, tags=["BIBI", "order_received_by_bibi", "order_rejected_by_bibi"])
    here.sell("acme", 2, state=1)
    here.open_merchant("shadow", billbee={"username": "shop@acme.example"})
    found = findings(here, bell, status=1)
    assert "shadow has the same Billbee user and the same order tag" in found["wrong"][0]
    hints = "\n".join(found["hint"])
    assert "received and rejected at once: 1" in hints
    assert "in state 3: 1 in state 1" in hints


def test_the_doctor_looks_at_the_webhook(here: CliWorld, bell: str) -> None:
    assert any("webhook: not registered" in line for line in findings(here, bell, status=0)["hint"])
    url = f"{bell}/webhooks/billbee/acme"
    hooks = here.shops["acme"].webhooks
    hooks["1"] = {"Id": "1", "WebHookUri": url, "Secret": "x" * 40, "Filters": ["product.created"], "IsPaused": True}
    hooks["2"] = {"Id": "2", "WebHookUri": "https://old.example/webhooks/billbee/acme", "Secret": "", "Filters": ["*"]}
    found = findings(here, bell, status=1)
    (line,) = found["wrong"]
    for flaw in ("it is paused", "not registered for order.created and order.updated", "signed with another secret"):
        assert flaw in line
    assert any("1 more for this merchant at another address" in hint for hint in found["hint"])
    assert SECRET not in here.run("merchants", "check", "--url", bell).output


def test_the_doctor_names_each_unknown_setting_and_looks_at_all_the_rest(here: CliWorld, bell: str) -> None:
    here.open_merchant("acme", wrapping="gift", stock={"bufer": 1})
    found = findings(here, bell, status=1)
    assert [one.partition(" →")[0] for one in found["wrong"]] == [
        "settings: stock.bufer: unknown key",
        "settings: wrapping: unknown key",
    ]
    assert any(one.startswith("Billbee: the API is activated") for one in found["ok"])


def test_the_doctor_says_when_a_service_is_down(here: CliWorld, bell: str) -> None:
    here.bibi.faults.add(Fault(kind="status", status=503, times=50))
    try:
        found = findings(here, bell, status=1)
    finally:
        here.bibi.faults.clear()
    assert any(line.startswith("warehouse: bibi") and "try again" in line for line in found["wrong"])
    assert any(line.startswith("products: ") for line in found["ok"])


def test_test_mode_and_pause_are_told_as_hints(here: CliWorld, bell: str) -> None:
    for mode, said in (("test", "the mode is test"), ("paused", "the mode is paused")):
        here.open_merchant("acme", {"webhook_secret": SECRET}, mode=mode)
        assert any(said in line for line in findings(here, bell, status=0)["hint"])


# ---- webhooks


def test_r21_register_is_done_once_and_touches_no_other_registration(here: CliWorld, bell: str) -> None:
    hooks = here.shops["acme"].webhooks
    hooks["erp"] = {"Id": "erp", "WebHookUri": "https://erp.example/x", "Secret": "x" * 40, "Filters": ["*"]}
    here.billbee.calls.clear()
    first = here.ask("webhooks", "register", "--url", bell)
    assert first["done"] == ["registered for order.created and order.updated"]
    assert here.ask("webhooks", "register", "--url", bell)["done"] == ["it is registered already"]
    (ours,) = [hook for hook in hooks.values() if hook["WebHookUri"] == f"{bell}/webhooks/billbee/acme"]
    assert (ours["Filters"], ours["Secret"]) == (["order.created", "order.updated"], SECRET)
    listed = here.ask("webhooks", "list", "--url", bell)["webhooks"][0]
    assert (len(listed["registered"]), listed["others"]) == (1, 1)
    assert here.ask("webhooks", "remove", "--url", bell)["removed"] == 1
    assert here.ask("webhooks", "remove", "--url", bell)["removed"] == 0
    assert list(hooks) == ["erp"]
    assert "DELETE /webhooks" not in {call.name for call in here.billbee.calls}


def test_a_merchant_whose_password_is_refused_hides_no_other_from_the_list_of_webhooks(
    here: CliWorld, bell: str
) -> None:
    here.open_merchant("nordlicht", {"webhook_secret": SECRET})
    here.ask("webhooks", "register", "--url", bell, "-m", "nordlicht")
    here.shops["acme"].password = "quite-another-password"
    broken, well = here.ask("webhooks", "list", "--url", bell, status=1)["webhooks"]
    assert broken["error"].startswith("billbee list webhooks (HTTP 401)")
    assert (well["merchant"], len(well["registered"]), well["error"]) == ("nordlicht", 1, None)
    shown = here.run("webhooks", "list", "--url", bell).stdout
    assert "not known" in shown
    assert "registered" in shown
    assert here.run("webhooks", "list", "--url", bell, "-m", "acme").exit_code == 2


def test_r21_a_registration_that_is_amiss_is_replaced(here: CliWorld, bell: str) -> None:
    url = f"{bell}/webhooks/billbee/acme"
    hooks = here.shops["acme"].webhooks
    hooks["1"] = {"Id": "1", "WebHookUri": url, "Secret": SECRET, "Filters": ["*"], "IsPaused": True}
    assert here.ask("webhooks", "list", "--url", bell, status=1)["webhooks"][0]["flaws"] == ["it is paused"]
    done = here.ask("webhooks", "register", "--url", bell)["done"]
    assert done == ["registered for order.created and order.updated", "removed the registration 1"]
    assert [hook["IsPaused"] for hook in hooks.values()] == [False]


@pytest.mark.parametrize(
    ("offered", "filters", "told"),
    [
        ("order.created", ["order.created"], "Billbee does not offer order.updated, so the schedules find"),
        ("*", ["*"], "registered for everything (*)"),
    ],
)
def test_r21_register_takes_what_filters_there_are_once_and_says_which(
    here: CliWorld, bell: str, monkeypatch: pytest.MonkeyPatch, offered: str, filters: list[str], told: str
) -> None:
    monkeypatch.setattr(enums, "WEBHOOK_FILTERS", {offered: "", "product.created": ""})
    hooks = here.shops["acme"].webhooks
    (line,) = here.ask("webhooks", "register", "--url", bell)["done"]
    assert told in line
    assert here.ask("webhooks", "register", "--url", bell)["done"] == ["it is registered already"]
    assert [hook["Filters"] for hook in hooks.values()] == [filters]
    assert here.ask("webhooks", "list", "--url", bell)["webhooks"][0]["flaws"] == []
    assert any("webhook: it is registered" in line for line in findings(here, bell, status=0)["ok"])


def test_r21_register_makes_a_secret_where_there_is_none(here: CliWorld, bell: str) -> None:
    here.open_merchant("quiet")
    result = here.run("webhooks", "register", "-m", "quiet", "--url", bell)
    assert result.exit_code == 0, result.output
    secret = here.secrets()["merchants/quiet"]["webhook_secret"]
    assert 32 <= len(secret) <= 64
    assert secret not in result.output
    assert [hook["Secret"] for hook in here.shops["quiet"].webhooks.values()] == [secret]


def test_register_needs_an_address_that_answers_and_a_secret_that_fits(here: CliWorld) -> None:
    unknown = here.run("webhooks", "register", "-m", "acme")
    assert (unknown.exit_code, "--url" in unknown.stderr) == (2, True)
    silent = here.run("webhooks", "register", "-m", "acme", "--url", "http://127.0.0.1:9")
    assert (silent.exit_code, "echo" in silent.stderr) == (2, True)
    here.writer.put("acme", {"webhook_secret": "short"})
    short = here.run("webhooks", "register", "-m", "acme", "--url", "http://127.0.0.1:9")
    assert (short.exit_code, "32 to 64" in short.stderr) == (2, True)
    assert here.run("webhooks", "list", "--url", "ftp://x").exit_code == 2
