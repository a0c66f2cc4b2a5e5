"""§5: settings and secrets. A bad one names merchant, key and reason; no secret ever shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orderbridge.merchants.settings import MerchantSettings, find_settings, parse_secrets, parse_settings
from orderbridge.platform.errors import SettingsError

_LEAST: dict[str, Any] = {"billbee": {"username": "shop@acme.example", "order_tag": "bibi"}}
# The example of §5, as it stands there.
_FULL = """{
  "mode": "live",
  "billbee": {"username": "shop@acme.example", "order_tag": "bibi", "order_state": 3, "stock_id": 0,
              "requests_per_second": 2},
  "bibi":    {"source": "WEB", "default_ship_method": "24", "international_ship_method": "81",
              "ship_methods": {"DHL Paket": "84"}, "order_number": "billbee_id", "requests_per_minute": 60},
  "stock":   {"enabled": true, "buffer": 0},
  "products": {"enabled": true, "language": "en"},
  "billing": {"enabled": false},
  "carriers": {"FedEx Smart Post < 1 Lbs": 9}
}"""
_SECRETS = {
    "billbee_password": "billbee-pass-4711",
    "bibi_public_key": "public-key-4712",
    "bibi_secret_key": "secret-key-4713",
    "webhook_secret": "webhook-4714",
    "abillify_username": "abillify-4715",
    "abillify_password": "abillify-4716",
}


def _parse(**changes: Any) -> MerchantSettings:
    return parse_settings("acme", json.dumps(_LEAST | changes))


def _error(text: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        parse_settings("acme", text)
    return caught.value


def test_the_example_of_the_documentation_is_valid() -> None:
    settings = parse_settings("acme", _FULL)
    assert settings.bibi.ship_methods == {"DHL Paket": "84"}
    assert settings.carriers == {"FedEx Smart Post < 1 Lbs": 9}


def test_everything_but_username_and_order_tag_has_the_documented_default() -> None:
    documented = json.loads(_FULL)
    documented["bibi"]["ship_methods"] = {}
    documented["carriers"] = {}
    assert parse_settings("acme", json.dumps(_LEAST)) == parse_settings("acme", json.dumps(documented))


@pytest.mark.parametrize("key", ["username", "order_tag"])
def test_username_and_order_tag_are_asked_for(key: str) -> None:
    billbee = {name: value for name, value in _LEAST["billbee"].items() if name != key}
    error = _error(json.dumps({"billbee": billbee}))
    assert (error.merchant, error.key, error.reason) == ("acme", f"billbee.{key}", "is missing")


def test_settings_without_billbee_say_so() -> None:
    assert _error("{}").key == "billbee"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"colour": "red"}, "colour"),
        ({"billbee": {**_LEAST["billbee"], "tag": "x"}}, "billbee.tag"),
        ({"bibi": {"ship_method": "24"}}, "bibi.ship_method"),
        ({"stock": {"buffers": 1}}, "stock.buffers"),
    ],
)
def test_an_unknown_key_is_named(changes: dict[str, Any], key: str) -> None:
    error = _error(json.dumps(_LEAST | changes))
    assert (error.key, error.reason) == (key, "unknown key")
    assert "'acme'" in str(error)
    assert key in str(error)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"mode": "Live"}, "mode"),
        ({"billbee": {**_LEAST["billbee"], "order_state": 0}}, "billbee.order_state"),
        ({"billbee": {**_LEAST["billbee"], "order_states": [3, 18]}}, "billbee.order_states.2"),
        ({"billbee": {**_LEAST["billbee"], "order_states": [3, 4]}}, "billbee.order_states.2"),
        ({"billbee": {**_LEAST["billbee"], "order_state": 2, "order_states": [3]}}, "billbee"),
        ({"billbee": {**_LEAST["billbee"], "taken_over_state": 8}}, "billbee.taken_over_state"),
        ({"billbee": {**_LEAST["billbee"], "order_states": [3, 16], "taken_over_state": 16}}, "billbee"),
        ({**_LEAST, "changes": "always"}, "changes"),
        ({"billbee": {**_LEAST["billbee"], "order_tag": "a,b"}}, "billbee.order_tag"),
        ({"billbee": {**_LEAST["billbee"], "order_tag": "  "}}, "billbee.order_tag"),
        ({"billbee": {**_LEAST["billbee"], "username": ""}}, "billbee.username"),
        ({"billbee": {**_LEAST["billbee"], "requests_per_second": 0}}, "billbee.requests_per_second"),
        ({"billbee": {**_LEAST["billbee"], "requests_per_second": 3}}, "billbee.requests_per_second"),
        ({"bibi": {"requests_per_minute": 61}}, "bibi.requests_per_minute"),
        ({"bibi": {"requests_per_minute": 0}}, "bibi.requests_per_minute"),
        ({"bibi": {"order_number": "random"}}, "bibi.order_number"),
        ({"bibi": {"ship_methods": {"DHL Paket": 84}}}, "bibi.ship_methods.DHL Paket"),
        ({"bibi": {"pay_method": ""}}, "bibi.pay_method"),
        ({"bibi": {"pay_methods": {"invoice": "IN"}}}, "bibi.pay_methods.invoice.[key]"),
        ({"bibi": {"pay_methods": {"26": ""}}}, "bibi.pay_methods.26"),
        ({"products": {"status": ""}}, "products.status"),
        ({"stock": {"buffer": -1}}, "stock.buffer"),
        ({"stock": {"movements": "often"}}, "stock.movements"),
        ({"bundles": "both"}, "bundles"),
        ({"bundles": "kits", "products": {"enabled": False}}, "bundles"),
        ({"carriers": {"UPS": "five"}}, "carriers.UPS"),
        ({"billing": "yes"}, "billing"),
    ],
)
def test_a_bad_value_names_merchant_key_and_reason_and_not_the_value(changes: dict[str, Any], key: str) -> None:
    error = _error(json.dumps(_LEAST | changes))
    assert (error.merchant, error.key) == ("acme", key)
    assert error.reason
    assert str(error) == f"merchant 'acme': {key}: {error.reason}"


@pytest.mark.parametrize(
    "text", ["", "not json", "[]", "null", '"text"', '{"billbee": ', "[" * 4000, "1" * 5000], ids=lambda text: text[:9]
)
def test_what_is_no_json_object_is_an_error_of_that_merchant_and_no_crash(text: str) -> None:
    error = _error(text)
    assert (error.merchant, error.key) == ("acme", "settings")


def test_a_syntax_error_does_not_repeat_the_text() -> None:
    error = _error('{"billbee": {"username": "shop@acme.example" "order_tag"')
    assert "line 1" in error.reason
    assert "shop@acme.example" not in str(error)


@pytest.mark.parametrize("mode", ["live", "test", "paused"])
def test_r22_a_merchant_is_live_in_test_or_paused(mode: str) -> None:
    assert _parse(mode=mode).mode == mode


def test_secrets_are_read_by_their_names() -> None:
    secrets = parse_secrets("acme", _SECRETS)
    assert secrets.billbee_password.get_secret_value() == "billbee-pass-4711"
    assert secrets.webhook_secret is not None


def test_the_secrets_of_what_a_merchant_does_not_use_may_be_missing() -> None:
    needed = {name: _SECRETS[name] for name in ("billbee_password", "bibi_public_key", "bibi_secret_key")}
    assert parse_secrets("acme", needed).abillify_password is None


@pytest.mark.parametrize("name", ["billbee_password", "bibi_public_key", "bibi_secret_key"])
def test_a_missing_secret_is_named_and_none_is_shown(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_secrets("acme", {key: value for key, value in _SECRETS.items() if key != name})
    assert (caught.value.merchant, caught.value.key, caught.value.reason) == ("acme", f"secrets.{name}", "is missing")
    assert not any(secret in str(caught.value) + repr(caught.value) for secret in _SECRETS.values())


def test_secrets_never_show() -> None:
    secrets = parse_secrets("acme", _SECRETS)
    shown = f"{secrets!r} {secrets} {secrets.model_dump()} {secrets.model_dump_json()}"
    assert not any(secret in shown for secret in _SECRETS.values())


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({"returns": {"label_days": 31}}, "returns.label_days", "7, 14, 30, 60 or 90"),
        ({"returns": {"days": 30}}, "returns.days", "unknown key"),
        ({"bibi": {"shipping_costs": "perhaps"}}, "bibi.shipping_costs", "boolean"),
        ({"bibi": {"paths": {"shipment": "x"}}}, "bibi.paths", "did you mean 'shipments'"),
        ({"bibi": {"paths": {"shipments": "https://elsewhere.example"}}}, "bibi.paths", "without the host"),
    ],
)
def test_what_cannot_be_set_is_named_with_what_can(changes: dict[str, Any], key: str, said: str) -> None:
    error = _error(json.dumps(_LEAST | changes))
    assert error.key == key
    assert said in error.reason


@pytest.mark.parametrize("key", ["modee", "mod", "Mode", "mode ", "moed"])
def test_r22_a_typing_error_of_mode_takes_no_merchant_live(key: str) -> None:
    text = json.dumps({key: "paused", "billbee": {"username": "shop@acme.example", "order_tag": "bibi"}})
    with pytest.raises(SettingsError, match="is mode meant"):
        find_settings("acme", text)


@pytest.mark.parametrize("state", [4, 5, 6, 7, 8, 9, 10, 14])
def test_r1_a_state_from_which_no_import_makes_sense_is_refused_with_the_reason(state: int) -> None:
    for key, value in (("order_state", state), ("order_states", [3, state])):
        error = _error(json.dumps({"billbee": {**_LEAST["billbee"], key: value}}))
        assert error.reason.startswith("no order is imported in the state ")
        assert error.reason.endswith(". Possible are 1, 2, 3, 11, 12, 13, 15, 16")


@pytest.mark.parametrize("state", [1, 2, 3, 11, 12, 13, 15, 16, 17])
def test_r1_every_other_state_is_accepted(state: int) -> None:
    for key, value in (("order_state", state), ("order_states", [state])):
        settings = parse_settings("acme", json.dumps({"billbee": {**_LEAST["billbee"], key: value}}))
        assert settings.billbee.import_states == (state,)
