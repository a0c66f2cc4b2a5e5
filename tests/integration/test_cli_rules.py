"""R40 in the operator's tool: `rules try`, and which rule `order show` and `merchants check` speak of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.simulators.billbee.orders import address, item, order
from orderbridge.ledger.lifecycle import Status
from tests.cli_world import TAG, CliWorld, Stored, cli_world

pytestmark = pytest.mark.xdist_group(__name__)  # one deployed stack

ABROAD = {"name": "abroad", "when": {"country": ["DE", "AT"]}, "then": {"ship_method": "82", "rush": True}}
DEAR = {"name": "dear", "when": {"value": {"min": 100, "currency": "USD"}}, "then": {"hold": True}}
NO_MUGS = {"name": "no mugs to Austria", "when": {"country": "AT", "sku": "MUG-01"}, "then": {"reject": "They break."}}


@pytest.fixture(scope="module")
def stack() -> Iterator[tuple[CliWorld, Stored]]:
    with cli_world() as made:
        made.open_merchant("acme", rules=[ABROAD, DEAR])
        made.open_merchant("nordlicht")
        yield made, made.stored()


@pytest.fixture
def here(stack: tuple[CliWorld, Stored]) -> CliWorld:
    made, stored = stack
    made.restore(stored)
    made.open_accounts("acme")
    made.open_accounts("nordlicht")
    shop = made.shops["acme"]
    germany, austria = (
        address(country=code, state="", zip_code=zip_code) for code, zip_code in (("DE", "10115"), ("AT", "1010"))
    )
    for one in (
        order(1, order_number="A-1", ship_to=germany, tags=[TAG, f"order_received_by_{TAG}"], state=4),
        order(2, order_number="A-2", ship_to=austria, tags=[TAG]),
        order(3, order_number="A-3", items=[item("MUG-01", quantity=11)], tags=[TAG]),
        order(4, order_number="A-4", tags=[TAG]),
        order(5, order_number="A-5", no_address=True, tags=[TAG]),
    ):
        shop.add_order(one)
    return made


def file_of(folder: Path, content: Any) -> str:
    path = folder / "rules.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def test_r40_rules_try_shows_what_the_present_rules_change(here: CliWorld) -> None:
    result = here.run("rules", "try", "--days", "14", "--merchant", "acme")
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "acme since" in text
    assert "no rules → the rules that are set" in text
    assert "1 A-1 none → abroad ship method 81 → 82; rush" in text
    assert "3 A-3 none → dear on hold" in text
    assert "A-4" not in text
    assert "abroad: applies to 2 orders dear: applies to 1 order" in text
    assert "5 orders looked at: 3 differ, 1 do not, 1 cannot be sent as they are, whatever the rules." in text
    assert "That read 1 page of Billbee's orders." in text


def test_r40_rules_try_compares_a_files_rules_with_those_that_are_set(here: CliWorld, tmp_path: Path) -> None:
    for content in ([NO_MUGS, DEAR], {"rules": [NO_MUGS, DEAR]}):
        answer = here.ask("rules", "try", "--rules", file_of(tmp_path, content), "--merchant", "acme")
        assert [(one["shop_number"], one["changes"]) for one in answer["different"]] == [
            (
                "A-1",
                {
                    "rule": {"before": "abroad", "after": None},
                    "ship_method": {"before": "82", "after": "81"},
                    "rush": {"before": True, "after": False},
                },
            ),
            (
                "A-2",
                {
                    "rule": {"before": "abroad", "after": "no mugs to Austria"},
                    "reject": {"before": "", "after": "They break."},
                },
            ),
        ]
        assert answer["applied"] == {"no mugs to Austria": 1, "dear": 1}
        assert (answer["orders"], answer["not_sent_either_way"], answer["unread"]) == (5, 1, 0)
        assert (answer["billbee_list_calls"], answer["bundles_asked_for"]) == (1, 0)


def test_r40_rules_try_only_reads(here: CliWorld, tmp_path: Path) -> None:
    here.billbee.calls.clear()
    here.bibi.calls.clear()
    here.ask("rules", "try", "--rules", file_of(tmp_path, [NO_MUGS]), "--merchant", "acme")
    assert {call.name for call in here.billbee.calls} == {"GET /orders"}
    assert [call.name for call in here.bibi.calls] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[", "rules.json: not JSON in UTF-8"),
        ({"rule": []}, "rules.json: has no rules"),
        ("7", "rules.json: rules: must be a list of rules"),
        ([NO_MUGS, NO_MUGS], "rules 1 and 2 have the same name 'no mugs to Austria'"),
        ([{"name": "x", "when": {"skus": "A"}, "then": {"hold": True}}], "rules.json: rules.1.when.skus: unknown key"),
    ],
)
def test_r40_a_file_without_good_rules_is_refused_with_its_place(
    here: CliWorld, tmp_path: Path, content: Any, said: str
) -> None:
    result = here.run("rules", "try", "--rules", file_of(tmp_path, content), "--merchant", "acme", width=300)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())


def test_r40_without_rules_and_without_a_file_there_is_nothing_to_try(here: CliWorld, tmp_path: Path) -> None:
    result = here.run("rules", "try", "--merchant", "nordlicht")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nordlicht has no rules" in result.stderr
    missing = here.run("rules", "try", "--merchant", "nordlicht", "--rules", str(tmp_path / "none.json"), width=300)
    assert missing.exit_code == 2
    assert "No such file" in missing.stderr


def test_r40_rules_are_set_like_other_settings_and_refused_before_anything_is_written(here: CliWorld) -> None:
    done = here.run("merchants", "set", "nordlicht", f"rules={json.dumps([DEAR])}")
    assert done.exit_code == 0, done.output
    assert here.ask("merchants", "show", "nordlicht")["settings"]["rules"] == [DEAR]
    refused = here.run("merchants", "set", "nordlicht", f"rules={json.dumps([DEAR, DEAR])}", width=300)
    assert refused.exit_code == 2
    assert "rules 1 and 2 have the same name 'dear'" in refused.stderr
    assert here.ask("merchants", "show", "nordlicht")["settings"]["rules"] == [DEAR]


def test_r40_order_show_says_which_rule_was_applied_or_that_none_was(here: CliWorld) -> None:
    here.note("acme", 1, Status.SHIPPED, rule="abroad")
    here.note("acme", 2, Status.SHIPPED)
    here.note("acme", 3, Status.HELD, held=True, rule="dear", rule_holds=True)
    here.note("nordlicht", 4, Status.SHIPPED)
    assert "rule abroad" in " ".join(here.run("order", "show", "1").stdout.split())
    assert here.ask("order", "show", "1")["orders"][0]["rule"] == "abroad"
    assert "rule none of the settings' rules" in " ".join(here.run("order", "show", "2").stdout.split())
    assert here.ask("order", "show", "2")["orders"][0]["rule"] is None
    held = " ".join(here.run("order", "show", "3").stdout.split())
    assert f"It is on hold, as the rule 'dear' asks. Remove the tag hold_{TAG} in Billbee to release it." in held
    assert "rule" not in here.run("order", "show", "4").stdout


def test_r40_order_why_says_which_rule_applies(here: CliWorld) -> None:
    shown = " ".join(here.run("order", "why", "3", "--merchant", "acme").stdout.split())
    assert "✓ R40 rules the rule 'dear' applies: on hold" in shown
    [answer] = here.ask("order", "why", "4", "--merchant", "acme", status=1)["orders"]
    assert [one["text"] for one in answer["checks"] if one["rule"] == "R40 rules"] == ["the order meets none of the 2"]
