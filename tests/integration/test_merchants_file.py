"""The merchants file, and what becomes of it in the registry and in SSM."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from cli.failures import ToolError
from cli.merchants_file import MerchantsFileError, load, parse
from cli.parameters import Writer, put_all
from local.aws import Aws
from orderbridge.merchants.registry import Registry
from orderbridge.platform.table import Table
from testkit.aws import MemoryDynamoDB, MemorySSM
from testkit.clock import ManualClock
from testkit.template import make_table

ACME: dict[str, Any] = {
    "settings": {"billbee": {"username": "shop@acme.example", "order_tag": "bibi"}},
    "secrets": {"billbee_password": "a secret of acme", "bibi_public_key": "public"},
}


def test_settings_stand_in_the_registry_and_secrets_in_one_parameter_for_each_merchant() -> None:
    merchants = parse({"billbee_api_key": "the key", "merchants": {"acme": ACME}}, "a test")
    dynamodb = MemoryDynamoDB()
    registry = Registry(Table(dynamodb, make_table(dynamodb, "table")), ManualClock())  # type: ignore[arg-type]
    with Aws() as aws:
        ssm = aws.client("ssm")
        put_all(merchants, Writer(ssm, "local"), registry, by="a test")
        put_all(merchants, Writer(ssm, "local"), registry, by="a test")
        answer = ssm.get_parameters_by_path(Path="/orderbridge/local", Recursive=True, WithDecryption=True)
        found = {p["Name"]: (p["Type"], p["Version"], json.loads(p["Value"])) for p in answer["Parameters"]}
    assert found == {
        "/orderbridge/local/application": ("SecureString", 1, {"billbee_api_key": "the key"}),
        "/orderbridge/local/merchants/acme": ("SecureString", 1, ACME["secrets"]),
    }
    assert registry.merchants() == {"acme": json.dumps(ACME["settings"])}


def test_a_merchant_without_secrets_gets_no_parameter() -> None:
    ssm = MemorySSM()
    Writer(ssm, "local").put("acme", {})
    assert ssm.values == {}


def test_a_secret_that_was_written_meanwhile_is_told() -> None:
    ssm = MemorySSM()
    writer = Writer(ssm, "local")
    writer.put("acme", ACME["secrets"])
    get = ssm.get_parameter

    def raced(**request: Any) -> Any:
        answer = get(**request)
        ssm.put_parameter(Name=request["Name"], Value="{}", Type="SecureString", Overwrite=True)
        return answer

    with patch.object(ssm, "get_parameter", raced), pytest.raises(ToolError, match="by another user") as caught:
        writer.put("acme", {"webhook_secret": "a secret that nobody may see"})
    assert "nobody may see" not in f"{caught.value} {caught.value.hint}"


def test_an_export_needs_no_key_and_a_file_for_this_machine_does() -> None:
    raw = {"merchants": {"acme": {"settings": ACME["settings"]}}}
    assert parse(raw, "an export", needs_key=False).billbee_api_key == ""
    with pytest.raises(MerchantsFileError, match="billbee_api_key must be a text"):
        parse(raw, "a file")
    with pytest.raises(MerchantsFileError, match="billbee_api_key must be a text"):
        parse(raw | {"billbee_api_key": ""}, "an export", needs_key=False)


@pytest.mark.parametrize(
    ("settings", "stored"),
    [("{not json", "{not json"), ({"modee": "live"}, '{"modee": "live"}'), (None, "null"), ([], "[]")],
)
def test_bad_settings_go_to_the_registry_as_they_stand_for_the_functions_to_report(settings: Any, stored: str) -> None:
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
