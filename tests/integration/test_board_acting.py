"""What a person does on the board: each action asks first, acts once, and acts on what was shown (R44)."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from orderbridge.desk.board.board_secrets import BoardSecrets
from orderbridge.desk.board.forms import LASTS
from orderbridge.ledger.defect import Defect
from orderbridge.ledger.effects import Effect, EffectKind
from orderbridge.ledger.lifecycle import Status
from testkit.functions import board_event
from tests.integration.board_scene import NASTY, STEPS, Scene

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

ME = "local"


def get(scene: Scene, url: str, **who: Any) -> dict[str, Any]:
    """The answer to a link."""
    parts = urlsplit(url)
    answer: dict[str, Any] = scene.invoke("board", board_event(parts.path, query=dict(parse_qsl(parts.query)), **who))
    return answer


def post(scene: Scene, form: dict[str, str], **who: Any) -> dict[str, Any]:
    """The answer to a form."""
    answer: dict[str, Any] = scene.invoke("board", board_event("/act", form=form, **who))
    return answer


def form_at(scene: Scene, url: str, **who: Any) -> dict[str, str]:
    """The fields of the form on a page that asks for confirmation."""
    answer = get(scene, url, **who)
    assert answer["statusCode"] == 200, answer["body"]
    assert 'action="/act" method="post"' in answer["body"]
    form = answer["body"].partition('action="/act"')[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    return {name: html.unescape(value) for name, value in found}


def said(scene: Scene, answer: dict[str, Any], **who: Any) -> str:
    """What the page says to which an answer leads."""
    assert answer["statusCode"] == 303, answer["body"]
    page = get(scene, answer["headers"]["Location"], **who)
    assert page["statusCode"] == 200
    found = re.search(r'role="status">([^<]*)<', page["body"])
    assert found is not None
    return html.unescape(found[1])


def do(scene: Scene, url: str, **who: Any) -> str:
    """Confirm an action; gives what the board says afterwards."""
    return said(scene, post(scene, form_at(scene, url, **who), **who), **who)


def sent_to(scene: Scene, queue: str) -> list[dict[str, Any]]:
    """The messages of a queue, which are taken out of it."""
    scene.wait(seconds=10)
    event = scene.queues.receive(queue)
    return [json.loads(one["body"]) for one in event["Records"]] if event else []


# ---- Each action


def test_r44_an_entry_is_acknowledged_by_name_once(scene: Scene) -> None:
    scene.order(1, Status.REJECTED, last={"reason": "no street"})
    (entry,) = scene.board.workbench().to_do
    (url,) = re.findall(r'href="(/act/acknowledge[^"]*)"', scene.page("/"))
    assert do(scene, html.unescape(url)) == "Order A-1 of acme: acknowledged."
    bench = scene.board.workbench()
    assert [(one.key, one.acknowledged.by) for one in bench.work if one.acknowledged] == [(entry.key, ME)]
    assert bench.to_do == []
    again = get(scene, html.unescape(url))
    assert (again["statusCode"], "acknowledged by local already" in again["body"]) == (409, True)


def note_on(scene: Scene, note: str) -> dict[str, Any]:
    """The answer to an acknowledgement of the only entry, with a note."""
    (url,) = re.findall(r'href="(/act/acknowledge[^"]*)"', scene.page("/"))
    return post(scene, form_at(scene, html.unescape(url)) | {"note": note})


def test_r44_an_acknowledgement_has_a_note_that_the_others_see(scene: Scene) -> None:
    scene.order(1, Status.REJECTED)
    assert note_on(scene, f"  asked the shop\n{NASTY} ")["statusCode"] == 303
    assert html.escape(f"asked the shop {NASTY}") in scene.page("/")
    (entry,) = scene.board.workbench().work
    assert entry.acknowledged is not None
    assert (entry.acknowledged.by, entry.acknowledged.note) == (ME, f"asked the shop {NASTY}")


@pytest.mark.parametrize("note", ["mail jane@buyer.example", "bell\x07", "x" * 201])
def test_r44_a_note_that_may_name_a_customer_or_cannot_be_shown_is_not_kept(scene: Scene, note: str) -> None:
    scene.order(1, Status.REJECTED)
    assert note_on(scene, note)["statusCode"] in (400, 409)
    assert [entry.acknowledged for entry in scene.board.workbench().work] == [None]


def test_r44_a_note_where_none_belongs_does_nothing(scene: Scene) -> None:
    form = form_at(scene, "/act/pause-all") | {"note": "hello"}
    assert post(scene, form)["statusCode"] == 400
    assert scene.registry.pause() is None


def test_r44_whoever_sees_all_acknowledges_a_trouble_of_a_merchant_without_settings(scene: Scene) -> None:
    scene.open_merchant("gone")
    scene.order(1, merchant="gone")
    scene.invoke("watch", {})
    scene.registry.remove("gone", by="a test")
    scene.cold_start()
    (url,) = re.findall(r'href="(/act/acknowledge[^"]*merchant=gone[^"]*)"', scene.page("/"))
    assert get(scene, html.unescape(url), claims={"sub": "eve", "orderbridge_merchants": "acme"})["statusCode"] == 404
    assert do(scene, html.unescape(url)) == "A trouble of gone: acknowledged."


def test_r44_an_order_is_processed_again_and_its_timeline_names_who_asked(scene: Scene) -> None:
    scene.order(1, Status.REJECTED)
    assert do(scene, "/act/retry?merchant=acme&order=1").startswith("Order A-1 of acme: it is checked again")
    record = scene.record(1)
    last = record.timeline[-1]
    assert (record.status, last.why, last.call) == (Status.QUEUED, f"{ME} asked for it", "order board")
    (message,) = sent_to(scene, "push")
    assert (message["billbee_id"], message["version"]) == (1, record.version)


def test_r44_a_quarantined_order_is_released(scene: Scene) -> None:
    record = scene.order(1)
    scene.ledger.note(record, defect=Defect("KeyError", "push-orders", 4, scene.clock.now(), None))
    page = get(scene, "/orders/acme/1")["body"]
    assert "Release from quarantine" in page
    asks = get(scene, "/act/retry?merchant=acme&order=1")["body"]
    assert "from quarantine?" in asks
    do(scene, "/act/retry?merchant=acme&order=1")
    assert not scene.record(1).is_quarantined


def test_r44_an_effect_is_dropped_and_its_timeline_names_who_did(scene: Scene) -> None:
    record = scene.order(1, *STEPS)
    effect = Effect(kind=EffectKind.TAG, key="tag received", attempts=3, reason="refused")
    scene.ledger.note(record, effects=(effect,))
    assert "/act/drop?" in get(scene, "/orders/acme/1")["body"]
    url = f"/act/drop?{urlencode({'merchant': 'acme', 'order': 1, 'effect': 'tag received'})}"
    assert do(scene, url) == "Order A-1 of acme: tag received is dropped."
    assert scene.record(1).effects == ()
    assert scene.record(1).timeline[-1].why == f"{ME} dropped it: tag tag received"


def test_r44_a_failed_message_is_sent_again_or_deleted_and_the_others_stay(scene: Scene) -> None:
    for number in (1, 2, 3):
        scene.dead_letter({"job": "push-orders", "merchant": "acme", "billbee_id": number, "version": 1}, "a reason")
    first, second, third = (letter.message_id for letter in scene.board.failed())
    assert do(scene, f"/act/redrive?message={first}") == "The message was sent to push-orders again."
    assert "was deleted" in do(scene, f"/act/discard?message={second}")
    assert [letter.message_id for letter in scene.board.failed()] == [third]
    assert [message["billbee_id"] for message in sent_to(scene, "push")] == [1]


def test_r44_a_job_is_started_for_a_merchant(scene: Scene) -> None:
    assert do(scene, "/act/start?merchant=acme&job=pull-tracking") == "pull-tracking is started for acme."
    (message,) = sent_to(scene, "pull")
    assert (message["merchant"], message["job"]) == ("acme", "pull-tracking")


def test_r44_a_merchant_is_paused_and_gets_its_mode_back_with_who_did_it_in_the_history(scene: Scene) -> None:
    scene.configure(mode="test")
    assert do(scene, "/act/pause?merchant=acme").startswith("acme is paused; it was test.")
    entry = scene.registry.entry("acme")
    assert entry is not None
    assert (json.loads(entry.settings or "")["mode"], entry.changed_by) == ("paused", ME)
    refused = get(scene, "/act/start?merchant=acme&job=pull-tracking")
    assert (refused["statusCode"], "paused" in refused["body"]) == (409, True)
    assert do(scene, "/act/resume?merchant=acme").startswith("acme is test; it was paused.")
    assert [one.changed_by for one in scene.registry.history("acme")][:2] == [ME, ME]


def test_r44_all_merchants_are_paused_and_resumed(scene: Scene) -> None:
    assert do(scene, "/act/pause-all").startswith("All merchants are paused.")
    pause = scene.registry.pause()
    assert pause is not None
    assert pause.by == ME
    scene.order(1, Status.REJECTED)
    assert get(scene, "/act/retry?merchant=acme&order=1")["statusCode"] == 409
    assert do(scene, "/act/resume-all").startswith("Work resumes for all merchants.")
    assert scene.registry.pause() is None


@pytest.mark.parametrize(
    "url",
    [
        "/act/retry?merchant=acme&order=2",
        "/act/retry?merchant=acme&order=1&effect=x",
        "/act/retry?merchant=acme",
        "/act/retry?merchant=acme&order=one",
        "/act/retry?merchant=nobody&order=1",
        "/act/redrive?message=none",
        "/act/start?merchant=acme&job=rm",
        "/act/start?merchant=acme&job=%00",
        "/act/start?merchant=acme&job=poll-orders&scope=all",
        "/act/pause?merchant=" + "a" * 300,
        "/act/forget?merchant=acme",
    ],
)
def test_r44_what_is_not_there_cannot_be_acted_on(scene: Scene, url: str) -> None:
    scene.order(1, Status.REJECTED)
    assert get(scene, url)["statusCode"] == 404


def test_r44_an_order_whose_retry_is_refused_stays_as_it_is(scene: Scene) -> None:
    scene.order(1, *STEPS, Status.CANCELLED)
    answer = post(scene, form_at(scene, "/act/retry?merchant=acme&order=1"))
    assert (answer["statusCode"], "create a new order in Billbee" in answer["body"]) == (409, True)
    assert scene.record(1).timeline[-1].call != "order board"


# ---- Once, and on what was shown


def test_r44_a_form_that_is_sent_twice_acts_once_and_says_the_same(scene: Scene) -> None:
    scene.order(1, Status.REJECTED)
    form = form_at(scene, "/act/retry?merchant=acme&order=1")
    first, second = post(scene, form), post(scene, form)
    assert said(scene, first) == said(scene, second)
    assert len(sent_to(scene, "push")) == 1
    assert [one.call for one in scene.record(1).timeline].count("order board") == 1


def test_r44_a_job_is_started_once_by_a_form_that_is_sent_twice(scene: Scene) -> None:
    form = form_at(scene, "/act/start?merchant=acme&job=sync-stock")
    for _ in range(2):
        post(scene, form)
        scene.wait(minutes=10)
    assert scene.queues.receive("stock") is not None
    assert scene.queues.receive("stock") is None


def test_r44_an_action_on_what_has_moved_meanwhile_is_refused_with_what_it_is_now(scene: Scene) -> None:
    record = scene.order(1, Status.REJECTED)
    form = form_at(scene, "/act/retry?merchant=acme&order=1")
    moved = scene.ledger.move(record, Status.QUEUED, why="the tag is gone", call="poll")
    answer = post(scene, form)
    assert answer["statusCode"] == 409
    assert "It is queued now" in answer["body"]
    assert scene.record(1) == moved
    assert "Nothing was done" in said(scene, post(scene, form))
    assert sent_to(scene, "push") == []


def test_r44_a_pause_is_refused_if_somebody_has_changed_the_settings_meanwhile(scene: Scene) -> None:
    form = form_at(scene, "/act/pause?merchant=acme")
    scene.configure(stock={"buffer": 2})
    assert post(scene, form)["statusCode"] == 409
    entry = scene.registry.entry("acme")
    assert entry is not None
    assert "paused" not in (entry.settings or "")


def test_r44_a_failed_message_that_is_gone_is_not_acted_on(scene: Scene) -> None:
    scene.dead_letter({"job": "push-orders", "merchant": "acme", "billbee_id": 1, "version": 1}, "a reason")
    (letter,) = scene.board.failed()
    forms = [form_at(scene, f"/act/{action}?message={letter.message_id}") for action in ("redrive", "discard")]
    assert post(scene, forms[0])["statusCode"] == 303
    assert post(scene, forms[1])["statusCode"] == 404
    assert "Nothing was done" in said(scene, post(scene, forms[1]))
    assert len(sent_to(scene, "push")) == 1


def test_r44_a_form_that_could_not_act_says_so_again(scene: Scene) -> None:
    form = form_at(scene, "/act/start?merchant=acme&job=sync-stock")
    scene.registry.pause_all(by="a test")
    assert post(scene, form)["statusCode"] == 409
    scene.registry.resume_all(by="a test")
    assert "Nothing was done" in said(scene, post(scene, form))
    assert sent_to(scene, "stock") == []


# ---- Forged forms


def changed(text: str) -> str:
    """A sealed form that asks for something else."""
    body, _, signature = text.partition(".")
    content = json.loads(base64.urlsafe_b64decode(body + "=="))
    content["target"]["order"] = "2"
    again = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    return f"{again}.{signature}"


@pytest.mark.parametrize(
    "forge",
    [
        lambda form: {},
        lambda form: {"form": ""},
        lambda form: {"form": "a.b"},
        lambda form: {"form": changed(form["form"])},
        lambda form: {"form": form["form"][:-1]},
        lambda form: {"form": form["form"] + "é"},
        lambda form: form | {"more": "1"},
        lambda form: {"form": form["form"] * 40},
    ],
)
def test_r44_a_form_that_the_board_did_not_make_does_nothing(
    scene: Scene, forge: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    before = [scene.order(number, Status.REJECTED) for number in (1, 2)]
    form = form_at(scene, "/act/retry?merchant=acme&order=1")
    assert post(scene, forge(form))["statusCode"] == 400
    assert [scene.record(1), scene.record(2)] == before


def test_r44_the_result_of_an_action_is_no_form(scene: Scene) -> None:
    told = urlsplit(post(scene, form_at(scene, "/act/pause-all"))["headers"]["Location"]).query.partition("=")[2]
    assert post(scene, {"form": told})["statusCode"] == 400


def test_r44_a_form_is_too_old_after_half_an_hour(scene: Scene) -> None:
    before = scene.order(1, Status.REJECTED)
    form = form_at(scene, "/act/retry?merchant=acme&order=1")
    scene.wait(seconds=(LASTS + timedelta(seconds=1)).total_seconds())
    assert post(scene, form)["statusCode"] == 400
    assert scene.record(1) == before


def test_r44_a_form_works_for_nobody_else(scene: Scene) -> None:
    before = scene.order(1, Status.REJECTED)
    form = form_at(scene, "/act/retry?merchant=acme&order=1")
    assert post(scene, form, principal="arn:aws:iam::123456789012:user/mallory")["statusCode"] == 400
    assert scene.record(1) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": ""},
        {"origin": "https://evil.example"},
        {"origin": "http://evil.example:8081"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://board.example.evil.example"},
        {"origin": "https://board.example@evil.example"},
        {"origin": "http://["},
    ],
)
def test_r44_a_form_that_another_sites_page_sends_does_nothing(scene: Scene, headers: dict[str, str]) -> None:
    before = scene.order(1, Status.REJECTED)
    form = form_at(scene, "/act/retry?merchant=acme&order=1")
    assert post(scene, form, headers=headers)["statusCode"] == 403
    assert scene.record(1) == before


def test_r44_a_form_through_a_signing_proxy_on_ones_own_machine_acts(scene: Scene) -> None:
    scene.order(1, Status.REJECTED)
    form = form_at(scene, "/act/retry?merchant=acme&order=1")
    assert post(scene, form, headers={"origin": "http://127.0.0.1:8081"})["statusCode"] == 303


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "application/json"}, None),
        ({"content-type": "text/plain"}, None),
        ({"content-type": ""}, None),
        ({}, "form="),
        ({}, "x" * 9000),
        ({}, "%ff%fe"),
        ({}, "form"),
    ],
)
def test_r44_a_body_that_is_no_form_of_the_board_does_nothing(
    scene: Scene, headers: dict[str, str], body: str | None
) -> None:
    before = scene.order(1, Status.REJECTED)
    form = form_at(scene, "/act/retry?merchant=acme&order=1")
    event = board_event("/act", form=form, headers=headers)
    answer = scene.invoke("board", event if body is None else event | {"body": body})
    assert answer["statusCode"] == 400
    assert scene.record(1) == before


@pytest.mark.parametrize("body", ["!!!", "/////w=="])
def test_r44_a_body_that_is_no_text_does_nothing(scene: Scene, body: str) -> None:
    event = board_event("/act", form={"form": "x"}) | {"body": body, "isBase64Encoded": True}
    assert scene.invoke("board", event)["statusCode"] == 400


def test_r44_a_field_twice_does_nothing(scene: Scene) -> None:
    form = form_at(scene, "/act/pause-all")
    event = board_event("/act", form=form)
    assert scene.invoke("board", event | {"body": f"{event['body']}&{event['body']}"})["statusCode"] == 400
    assert scene.registry.pause() is None


def test_r44_a_form_acts_as_base64_too_which_is_how_api_gateway_may_send_it(scene: Scene) -> None:
    event = board_event("/act", form=form_at(scene, "/act/pause-all"))
    coded = {"body": base64.b64encode(event["body"].encode()).decode(), "isBase64Encoded": True}
    assert scene.invoke("board", event | coded)["statusCode"] == 303
    assert scene.registry.pause() is not None


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": ""},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "object"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    ],
)
def test_r44_a_script_of_another_site_reads_nothing_through_a_signing_proxy(
    scene: Scene, headers: dict[str, str]
) -> None:
    """The first is one whose own name leads to the proxy: its browser says nothing of where it comes from."""
    scene.order(1)
    answers = [get(scene, url, headers=headers) for url in ("/", "/orders/acme/1", "/orders/acme/2", "/failed", "/x")]
    assert {answer["statusCode"] for answer in answers} == {403}
    assert len({answer["body"].partition("<main")[2].partition("<footer")[0] for answer in answers}) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
    ],
)
def test_r44_a_page_opens_by_its_address_and_by_a_link_on_another_site(scene: Scene, headers: dict[str, str]) -> None:
    assert get(scene, "/", headers=headers)["statusCode"] == 200


def test_r44_a_page_that_asks_changes_nothing(scene: Scene) -> None:
    scene.order(1, Status.REJECTED)
    before = scene.items()
    for url in ("/act/retry?merchant=acme&order=1", "/act/pause-all", "/act/pause?merchant=acme", "/orders/acme/1"):
        get(scene, url)
    assert scene.items() == before


def test_r44_a_result_is_shown_to_whom_it_was_told_and_to_nobody_else(scene: Scene) -> None:
    where = post(scene, form_at(scene, "/act/pause-all"))["headers"]["Location"]
    assert get(scene, where)["statusCode"] == 200
    for url, who in ((where, {"principal": "arn:aws:iam::1:user/mallory"}), ("/done?told=You+won", {}), ("/done", {})):
        assert get(scene, url, **who)["headers"]["Location"] == "/"


def test_r44_two_functions_that_need_a_key_at_once_use_the_same(scene: Scene) -> None:
    form = form_at(scene, "/act/pause-all")
    scene.cold_start()
    assert post(scene, form)["statusCode"] == 303
    (name,) = [name for name in scene.ssm.values if "/board/" in name]
    assert (name, scene.ssm.types[name]) == ("/orderbridge/test/board/key", "SecureString")
    assert len(bytes.fromhex(scene.ssm.values[name])) == 32


@pytest.mark.parametrize("key", [" ", "-", "ab" * 8, "ab" * 31 + " a"])
def test_r44_a_key_that_could_be_guessed_signs_nothing(
    scene: Scene, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody wrote something into the parameter instead of deleting it."""
    scene.ssm.put_parameter(Name="/orderbridge/test/board/key", Value=key, Type="SecureString")
    assert get(scene, "/act/pause-all")["statusCode"] == 503
    assert "/orderbridge/test/board/key is no key of the board's" in caplog.text


def test_r44_a_key_that_was_made_at_the_same_moment_is_the_one_that_is_used(scene: Scene) -> None:
    """Between the look and the write, another function wrote its key."""
    other, parameter, memory = "ab" * 32, "/orderbridge/test/board/key", scene.ssm

    class Slow:
        def put_parameter(self, **request: Any) -> Any:
            memory.put_parameter(Name=parameter, Value=other, Type="SecureString")
            return memory.put_parameter(**request)

        def get_parameter(self, **request: Any) -> Any:
            return memory.get_parameter(**request)

    secrets = BoardSecrets(cast("SSMClient", Slow()), "test", scene.clock)
    assert secrets.key() == bytes.fromhex(other)
    assert memory.values[parameter] == other


# ---- In German


def test_every_action_asks_and_answers_in_the_readers_language(scene: Scene) -> None:
    """And a refusal does, where it is the board's."""
    scene.order(1, Status.REJECTED, last={"reason": "Die Straße fehlt"})
    effect = Effect(kind=EffectKind.TAG, key="tag received", attempts=3, reason="abgelehnt")
    scene.ledger.note(scene.order(2, *STEPS), effects=(effect,))
    scene.ledger.note(scene.order(3), defect=Defect("KeyError", "push-orders", 4, scene.clock.now(), None))
    for number in (1, 2):
        scene.dead_letter({"job": "push-orders", "merchant": "acme", "billbee_id": number, "version": 1}, "ein Grund")
    first, second = (letter.message_id for letter in scene.board.failed())
    german = {"headers": {"accept-language": "de-DE,de;q=0.9"}}
    (entry,) = [one for one in scene.board.workbench().work if one.about == "1"]
    asked = [
        (f"/act/acknowledge?{urlencode({'merchant': 'acme', 'entry': entry.key})}", "Auftrag A-1 von acme: bestätigt."),
        ("/act/retry?merchant=acme&order=1", "Auftrag A-1 von acme: "),
        ("/act/retry?merchant=acme&order=3", "Auftrag A-3 von acme: "),
        ("/act/drop?merchant=acme&order=2&effect=tag+received", "tag received wurde aufgegeben."),
        (f"/act/redrive?message={first}", "Die Nachricht wurde erneut an push-orders gesendet."),
        (f"/act/discard?message={second}", "Die Nachricht von push-orders wurde gelöscht."),
        ("/act/start?merchant=acme&job=sync-stock", "sync-stock ist für acme gestartet."),
        ("/act/pause?merchant=acme", "acme ist jetzt: "),
        ("/act/resume?merchant=acme", "Es gilt binnen fünf Minuten."),
        ("/act/pause-all", "Alle Händler sind pausiert."),
        ("/act/resume-all", "Für alle Händler geht es weiter."),
        ("/act/resume-all", "Die Händler waren nicht gemeinsam pausiert."),
    ]
    for url, answer in asked:
        assert answer in do(scene, url, **german), url
    for url in ("/act/start?merchant=acme&job=pull-movements", "/act/drop?merchant=acme&order=1&effect=x"):
        assert get(scene, url, **german)["statusCode"] == 409
    form = form_at(scene, "/act/pause?merchant=acme", **german)
    scene.configure(stock={"buffer": 2})
    assert "Die Einstellungen haben die Version" in post(scene, form, **german)["body"]
