"""What German pages of the board say in German, and what they mark as English."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from orderbridge.desk.board import workbench
from orderbridge.desk.board.home_page import home_page
from orderbridge.desk.board.jobs_page import jobs_page
from orderbridge.desk.board.order_page import order_page
from orderbridge.desk.board.orders_page import orders_page
from orderbridge.desk.next_step import next_step_in_words
from orderbridge.desk.troubles.watch import watch
from orderbridge.desk.troubles.watched import Watched
from orderbridge.ledger.defect import Defect
from orderbridge.ledger.effects import message
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.shown import Difference
from orderbridge.ledger.tags import Tags
from orderbridge.ledger.told import Answer
from orderbridge.merchants.breaker import Outage
from orderbridge.merchants.health import Health
from orderbridge.platform.errors import AuthenticationError
from orderbridge.tracking.problems import BACKORDERED, CANCELLED
from testkit.clock import NOON
from tests.integration.board_scene import STEPS, Scene
from tests.integration.test_board_acting import do, form_at, get, post

ENGLISH: Final = re.compile(r'<span lang="en">(.*?)</span>')
GERMAN: Final = {"headers": {"accept-language": "de-DE,de;q=0.9"}}
REASON: Final = "The postcode is missing. [OB-104]"


def german(scene: Scene, billbee_id: int) -> str:
    """An order's page in German."""
    view = scene.board.order("acme", billbee_id)
    assert view is not None
    return order_page(scene.say("/", "de"), view)


# What happens next


def test_what_happens_next_is_german_on_a_german_page(scene: Scene) -> None:
    scene.order(1, Status.REJECTED)
    page = german(scene, 1)
    assert "dann das Tag order_rejected_by_bibi entfernen: Der nächste Abruf importiert ihn." in page
    assert [text for text in ENGLISH.findall(page) if "Fix the order" in text] == []


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("tags", [Tags("bibi"), None])
def test_each_status_has_a_next_step_in_both_languages_that_names_the_same_tags(
    scene: Scene, status: Status, tags: Tags | None
) -> None:
    record = replace(scene.order(1), status=status, held=True)
    said = next_step_in_words(record, tags, scene.clock.now())
    assert said.english != said.german != ""
    assert re.findall(r"\w+_by_\w+|hold_\w+", said.english) == re.findall(r"\w+_by_\w+|hold_\w+", said.german)


def test_what_else_is_known_of_an_order_is_said_in_both_languages(scene: Scene) -> None:
    now = scene.clock.now()
    (effect,) = message("hello", "tag")
    record = replace(
        scene.order(1, *STEPS),
        difference=Difference("abc", NOON, ("products", "of a newer release")),
        defect=Defect("KeyError", "push-orders", 1, now, now + timedelta(minutes=1)),
        effects=(replace(effect, not_before=now + timedelta(hours=1)),),
    )
    said = next_step_in_words(record, Tags("bibi"), now)
    assert "weicht er von dem ab, was das Lager hat: Artikel, of a newer release." in said.german
    assert "das Tag order_received_by_bibi entfernen" in said.german
    assert "in 60 Sekunden neu versucht" in said.german
    assert "wird nach 2026-" in said.german
    assert said.english.count(".") == said.german.count(".")


def test_what_keeps_an_order_is_said_in_both_languages(scene: Scene) -> None:
    now = scene.clock.now()
    record = scene.order(1)
    held = replace(record, status=Status.HELD, held=True)
    outage = Outage("bibi", now, now, timedelta(minutes=1), "ReadTimeout")
    said = [
        next_step_in_words(replace(record, rehearsal=True), None, now),
        next_step_in_words(replace(record, defect=Defect("KeyError", "push-orders", 4, now, None)), None, now),
        next_step_in_words(record, None, now, down=[outage]),
        next_step_in_words(replace(record, status=Status.SUBMITTING), None, now + timedelta(hours=1)),
        next_step_in_words(replace(held, held=False), None, now),
        next_step_in_words(held, None, now, until_billed=True),
        next_step_in_words(replace(held, rule="dear", rule_holds=True), None, now),
    ]
    assert [one.german.partition(" ")[0] for one in said] == ["Nichts:", "Nichts,", "Das", "Er", "Das", "Er", "Er"]
    assert len({one.german for one in said}) == len(said)
    assert "wie es die Regel 'dear' verlangt" in said[-1].german


# Troubles


def test_troubles_and_what_to_do_are_german_on_a_german_page(scene: Scene) -> None:
    scene.at(hours=2).order(1, Status.SUBMITTING)
    bench = scene.at().board.workbench()
    for page in (home_page(scene.say("/", "de"), bench), jobs_page(scene.say("/jobs", "de"), bench)):
        assert "1 Auftrag wartet seit mehr als 60 Minuten auf Annahme: 1" in page
        assert "Warum, sagt `orderbridge order show`" in page
        assert ENGLISH.findall(page) == []


def test_what_a_vendor_or_a_program_wrote_stays_and_is_marked(scene: Scene) -> None:
    scene.settings["acme"] = '{"mode": "live", "billbee": {"username": "shop", "order_tag": "bibi"}}'
    Health(scene.table, scene.clock).failed("acme", "poll-orders", AuthenticationError("list", "not activated"))
    page = home_page(scene.say("/", "de"), scene.board.workbench())
    assert 'poll-orders: <span lang="en">list: not activated</span>' in page
    assert "Zugangsdaten oder Einstellung korrigieren" in page
    assert ENGLISH.search(home_page(scene.say(), scene.board.workbench())) is None


def test_settings_that_cannot_be_used_are_told_in_german_with_the_error_in_english(scene: Scene) -> None:
    scene.settings["acme"] = "{}"
    page = home_page(scene.say("/", "de"), scene.board.workbench())
    assert re.search(r'die Einstellungen sind nicht brauchbar: <span lang="en">merchant &#x27;acme&#x27;: ', page)


def test_troubles_that_the_watch_has_noted_are_german_too(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.settings["acme"] = '{"mode": "live", "billbee": {"username": "shop", "order_tag": "bibi"}}'
    scene.at(hours=2).order(1, Status.SUBMITTING)
    scene.at()
    Health(scene.table, scene.clock).failed("acme", "poll-orders", AuthenticationError("list", "not activated"))
    watch(scene.settings, scene.table, scene.clock, lambda *_: None, "prod", None)
    monkeypatch.setattr(workbench, "FEW", 0)
    page = home_page(scene.say("/", "de"), scene.board.workbench())
    assert "1 Auftrag wartet seit mehr als 60 Minuten auf Annahme: 1" in page
    assert 'poll-orders: <span lang="en">list: not activated</span>' in page
    assert "poll-orders: list: not activated" in home_page(scene.say(), scene.board.workbench())


def test_a_trouble_that_an_earlier_release_noted_is_shown_in_english(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched, now = Watched(scene.table, scene.clock), scene.clock.now()
    watched.remember("acme", replace(watched.of("acme"), is_listed=True))
    noted = {"orders-late": {"kind": "orders-late", "about": "", "what": "1 order waits", "since": now.isoformat()}}
    scene.table.change("MERCHANT#acme", "WATCHED", set={"troubles": noted})
    monkeypatch.setattr(workbench, "FEW", 0)
    assert '<span lang="en">1 order waits</span>' in home_page(scene.say("/", "de"), scene.board.workbench())


# Reasons and timelines


@pytest.mark.parametrize(
    ("language", "reason", "is_marked"),
    [
        ("en", REASON, True),
        ("de", "Die Postleitzahl fehlt. [OB-104]", False),
        ("de", "the warehouse was asked", True),
    ],
)
def test_a_reason_says_in_which_language_it_was_noted(
    scene: Scene, language: str, reason: str, is_marked: bool
) -> None:
    scene.configure(language=language)
    scene.settings = dict(scene.registry.merchants())
    scene.order(1, Status.REJECTED, last={"reason": reason})
    board, say = scene.board, scene.say("/", "de")
    pages = [
        german(scene, 1),
        home_page(say, board.workbench()),
        orders_page(scene.say("/orders", "de"), board.orders(None, "rejected", ""), board.shops()),
    ]
    for page in pages:
        assert reason in page
        assert (f'<span lang="en">{reason}</span>' in page) is is_marked


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_the_warehouse_reports_is_said_in_either_language(scene: Scene, language: str) -> None:
    scene.configure(language=language)
    scene.settings = dict(scene.registry.merchants())
    scene.order(1, *STEPS, last={"reason": f"{BACKORDERED} {CANCELLED}"})
    page = german(scene, 1)
    assert f"{BACKORDERED.say('de')} {CANCELLED.say('de')}" in page
    assert ENGLISH.findall(page.partition("Verlauf")[0]) == []
    view: Any = scene.board.order("acme", 1)
    assert f"{BACKORDERED} {CANCELLED}" in order_page(scene.say(), view)


def test_what_is_only_partly_known_in_german_stays_in_english_and_is_marked(scene: Scene) -> None:
    scene.configure(language="de")
    scene.settings = dict(scene.registry.merchants())
    reason = f"{BACKORDERED} The report does not account for 2 pieces."
    scene.order(1, *STEPS, last={"reason": reason})
    assert f'<span lang="en">{reason}</span>' in german(scene, 1)


def test_a_german_reason_is_marked_on_an_english_page(scene: Scene) -> None:
    scene.configure(language="de")
    scene.settings = dict(scene.registry.merchants())
    scene.order(1, Status.REJECTED, last={"reason": "Die Postleitzahl fehlt. [OB-104]"})
    view: Any = scene.board.order("acme", 1)
    assert '<span lang="de">Die Postleitzahl fehlt. [OB-104]</span>' in order_page(scene.say(), view)


def test_what_differs_is_named_in_german(scene: Scene) -> None:
    told = frozenset({f"{Answer.CONTENT_DIFFERS} abc"})
    scene.order(1, *STEPS, told=told, last={"difference": Difference("abc", NOON, ("products", "ship method"))})
    assert "Artikel, Versandart" in home_page(scene.say("/", "de"), scene.board.workbench())


# Actions


@pytest.mark.parametrize(
    ("url", "status", "told"),
    [
        ("/act/nothing", 404, "Diese Aktion gibt es nicht."),
        ("/act/retry?merchant=acme&order=9", 404, "Diesen Auftrag gibt es nicht."),
        ("/act/start?merchant=acme&job=no-such-job", 404, "Diesen Job gibt es nicht."),
        ("/act/redrive?message=x", 404, "Diese Nachricht gibt es nicht mehr."),
        ("/act/acknowledge?merchant=acme&entry=x", 404, "Diesen Eintrag gibt es nicht mehr."),
    ],
)
def test_r44_what_cannot_be_acted_on_is_told_in_the_readers_language(
    scene: Scene, url: str, status: int, told: str
) -> None:
    answer = get(scene, url, **GERMAN)
    assert (answer["statusCode"], told in answer["body"]) == (status, True)


def test_r44_a_retry_says_in_the_readers_language_what_it_did_or_why_not(scene: Scene) -> None:
    scene.order(1, Status.REJECTED)
    scene.order(2, *STEPS, Status.CANCELLED, last={"submitted_at": scene.clock.now()})
    done = do(scene, "/act/retry?merchant=acme&order=1", **GERMAN)
    assert done.endswith(": er wird neu geprüft und gesendet, wenn nichts mehr falsch ist.")
    refused = post(scene, form_at(scene, "/act/retry?merchant=acme&order=2", **GERMAN), **GERMAN)
    assert refused["statusCode"] == 409
    assert "das Lager hatte ihn, und dort wurde er storniert: in Billbee einen neuen Auftrag" in refused["body"]


def test_r44_a_form_that_cannot_be_used_is_told_in_the_readers_language(scene: Scene) -> None:
    answer = post(scene, {"form": "forged"}, **GERMAN)
    assert answer["statusCode"] == 400
    assert "Nichts wurde getan: das Formular ist zu alt oder nicht für Sie gemacht. Die Seite neu" in answer["body"]
    note = form_at(scene, "/act/pause?merchant=acme", **GERMAN) | {"note": "x"}
    assert "das Formular hat eine Notiz, wo keine hingehört" in post(scene, note, **GERMAN)["body"]


def test_r44_a_note_with_an_address_is_refused_in_the_readers_language(scene: Scene) -> None:
    scene.at(hours=1).order(1, Status.REJECTED)
    (entry,) = [one for one in scene.at().board.workbench().work if one.about == "1"]
    url = f"/act/acknowledge?{urlencode({'merchant': 'acme', 'entry': entry.key})}"
    answer = post(scene, form_at(scene, url, **GERMAN) | {"note": "ask jane@shop.example"}, **GERMAN)
    assert (answer["statusCode"], "Die Notiz hat eine E-Mail-Adresse" in answer["body"]) == (409, True)
