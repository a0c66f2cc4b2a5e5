"""The merchants file, and what becomes of it in SSM."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.merchants_file import MerchantsFileError, load, parse
from cli.parameters import Writer
from local.aws import Aws

ACME: dict[str, Any] = {
    "settings": {"billbee": {"username": "shop@acme.example", "order_tag": "bibi"}},
    "secrets": {"billbee_password": "a secret of acme", "bibi_public_key": "public"},
}


def test_settings_and_secrets_stand_in_ssm_under_the_names_the_functions_read() -> None:
    merchants = parse({"billbee_api_key": "the key", "merchants": {"acme": ACME}}, "a test")
    with Aws() as aws:
        ssm = aws.client("ssm")
        Writer(ssm, "local").put_all(merchants)
        Writer(ssm, "local").put_all(merchants)
        answer = ssm.get_parameters_by_path(Path="/orderbridge/local", Recursive=True, WithDecryption=True)
        found = {p["Name"]: (p["Type"], p["Value"]) for p in answer["Parameters"]}
    root = "/orderbridge/local"
    assert found == {
        f"{root}/billbee/api_key": ("SecureString", "the key"),
        f"{root}/merchants/acme/settings": ("String", json.dumps(ACME["settings"])),
        f"{root}/merchants/acme/secrets/billbee_password": ("SecureString", "a secret of acme"),
        f"{root}/merchants/acme/secrets/bibi_public_key": ("SecureString", "public"),
    }


@pytest.mark.parametrize(
    ("settings", "stored"),
    [("{not json", "{not json"), ({"modee": "live"}, '{"modee": "live"}'), (None, "null"), ([], "[]")],
)
def test_bad_settings_go_to_ssm_as_they_stand_for_the_functions_to_report(settings: Any, stored: str) -> None:
    raw = {"billbee_api_key": "k", "merchants": {"acme": {"settings": settings}}}
    (merchant,) = parse(raw, "a test")
    assert merchant.settings == stored
    assert merchant.billbee_username is None


def test_no_secret_shows_in_a_representation() -> None:
    text = repr(parse({"billbee_api_key": "the key", "merchants": {"acme": ACME}}, "a test"))
    assert "the key" not in text
    assert "a secret of acme" not in text


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ([], "the file must be a JSON object"),
        ({"merchants": {}}, "billbee_api_key must be a text"),
        ({"billbee_api_key": "k"}, "merchants must be a JSON object"),
        ({"billbee_api_key": "k", "merchants": {}, "merchant": {}}, "unknown key merchant"),
        ({"billbee_api_key": "k", "merchants": {"a/b": ACME}}, "merchants.a/b: a merchant's name"),
        ({"billbee_api_key": "k", "merchants": {"acme": {}}}, "merchants.acme.settings is missing"),
        (
            {"billbee_api_key": "k", "merchants": {"acme": {**ACME, "secret": {}}}},
            "unknown key merchants.acme.secret",
        ),
        (
            {
                "billbee_api_key": "k",
                "merchants": {"acme": {"settings": {}, "secrets": {"billbee_password": 1}}},
            },
            "merchants.acme.secrets.billbee_password must be a text",
        ),
    ],
)
def test_a_file_of_the_wrong_shape_is_an_error_that_names_the_key(raw: Any, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "merchants.json"
    path.write_text(json.dumps(raw))
    with pytest.raises(MerchantsFileError) as caught:
        load(path)
    assert f"{path}: {problem}" in str(caught.value)


def test_a_file_that_is_missing_or_no_json_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "merchants.json"
    with pytest.raises(MerchantsFileError, match=r"merchants\.json: No such file"):
        load(path)
    path.write_text('{"a":\n')
    with pytest.raises(MerchantsFileError, match=r"merchants\.json: not JSON: .* line 2"):
        load(path)
