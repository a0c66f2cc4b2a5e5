"""Who sees what on the board: every route under every limit (R44)."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from orderbridge.desk.board.acknowledgements import Acknowledgements
from orderbridge.desk.board.acting import Acting
from orderbridge.desk.board.reader import Reader
from orderbridge.desk.board.viewer import May, limits_in, name_in, viewer_of
from orderbridge.desk.digest_records import Digests
from orderbridge.desk.digest_report import Report, Section
from orderbridge.figures.counter_names import IMPORTED
from orderbridge.figures.day_figures import DayFigures
from orderbridge.inbound.notice_records import NoticeRecord
from orderbridge.ledger.defect import Defect
from orderbridge.ledger.effects import Effect, EffectKind
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.merchants.health import Health
from orderbridge.merchants.usage import Usage
from orderbridge.products.product_records import ProductRecord
from orderbridge.returns.returned_pieces import ReturnedPieces
from orderbridge.stock.figures import StockFigure
from testkit.functions import board_event, function_module
from tests.integration.board_scene import STEPS, Scene
from tests.integration.test_board_acting import form_at, get, post

LOOKS: Final = {"orderbridge_role": "look", "sub": "jane"}
ACTS: Final = {"orderbridge_role": "act", "sub": "jane"}
OF_NORD: Final = {"orderbridge_merchants": "nord"}
SECRET: Final = "acme-only"
"""Stands in everything of the merchant that the viewer may not see."""

ASKED: Final[dict[str, list[tuple[str, dict[str, str]]]]] = {
    "/": [("/", {}), ("/", {"merchant": "acme"})],
    "/orders": [("/orders", {"show": "rejected"}), ("/orders", {"show": "rejected", "merchant": "acme"})],
    "/figures": [("/figures", {}), ("/figures", {"merchant": "acme"})],
    "/jobs": [("/jobs", {}), ("/jobs", {"merchant": "acme"})],
    "/returns": [("/returns", {}), ("/returns", {"merchant": "acme"})],
    "/inbound": [("/inbound", {}), ("/inbound", {"merchant": "acme"})],
    "/products": [("/products", {}), ("/products", {"merchant": "acme"})],
    "/usage": [("/usage", {}), ("/usage", {"merchant": "acme"})],
    "/digests": [("/digests", {}), ("/digests", {"merchant": "acme"})],
    "/digests/<merchant>/<day>": [("/digests/acme/2026-06-30", {})],
    "/orders/<merchant>/<billbee_id>": [("/orders/acme/1", {})],
    "/search": [("/search", {"q": f"{SECRET}-1"}), ("/search", {"q": "1"})],
    "/stock": [("/stock", {})],
    "/stock/<merchant>": [("/stock/acme", {}), ("/stock/acme", {"sku": SECRET})],
    "/billing": [("/billing", {})],
    "/failed": [("/failed", {})],
    "/done": [("/done", {})],
    "/login": [("/login", {"to": "/orders/acme/1"})],
    "/callback": [("/callback", {"code": "x", "state": "y"})],
    "/sign-out": [("/sign-out", {})],
    "/signed-out": [("/signed-out", {})],
    "/act/<action>": [
        ("/act/acknowledge", {"merchant": "acme", "entry": "ENTRY"}),
        ("/act/retry", {"merchant": "acme", "order": "1"}),
        ("/act/drop", {"merchant": "acme", "order": "1", "effect": f"tag {SECRET}"}),
        ("/act/redrive", {"message": "MESSAGE"}),
        ("/act/discard", {"message": "MESSAGE"}),
        ("/act/start", {"merchant": "acme", "job": "sync-stock"}),
        ("/act/pause", {"merchant": "acme"}),
        ("/act/resume", {"merchant": "acme"}),
        ("/act/pause-all", {}),
        ("/act/resume-all", {}),
    ],
}
"""For each route with GET, requests for what only `acme` has."""
POSTED: Final = {"/act", "/sign-out"}
"""The routes with POST. What they act on is in a form, which a page made for whom may see it."""


ABSENT: Final = object()
SIGN_IN: Final = {"/login", "/callback", "/sign-out", "/signed-out"}
"""Those that are there only if the board signs people in itself."""


@pytest.fixture
def here(scene: Scene) -> Scene:
    """Two merchants; all that can be known of one of them says so."""
    nord(scene)
    acme(scene)
    return scene


def nord(scene: Scene) -> None:
    scene.open_merchant("nord")
    scene.order(2, shop_number="nord-2", merchant="nord", pieces={"MUG": 1})
    Usage(scene.table, scene.clock).add("nord", {"billbee": 11})


def acme(scene: Scene) -> None:
    record = scene.order(1, Status.REJECTED, shop_number=f"{SECRET}-1", pieces={SECRET: 1}, last={"reason": SECRET})
    scene.ledger.note(record, effects=(Effect(kind=EffectKind.TAG, key=f"tag {SECRET}"),))
    returned = ReturnedPieces(OrderNumber("1"), SECRET, "1", "R1", "", "2026-06-30", "")
    scene.workspace().returned.note(1, returned)
    scene.notices().save(NoticeRecord(SECRET, "open", announced={SECRET: 1}))
    scene.workspace().products.save(ProductRecord(1, "x", SECRET, problem=SECRET))
    Usage(scene.table, scene.clock).add("acme", {"billbee": 77_777})
    Digests(scene.table, "acme", scene.clock).confirm(date(2026, 6, 30), Report(SECRET, (SECRET,), (Section(SECRET),)))
    Health(scene.table, scene.clock).failed("acme", "sync-stock", RuntimeError(SECRET))
    scene.dead_letter({"job": "push-orders", "merchant": "acme", "billbee_id": 1, "version": 1}, SECRET)
    scene.dead_letter({"hello": "world"}, SECRET, merchant="stranger")
    DayFigures(scene.table).add("acme", scene.clock.now().date(), "s", [("1", Counter({IMPORTED: 77_777}))])
    scene.stock_records().sent(StockFigure("MUG", 77_777, 0, 0, 0), 77_777)
    later = scene.order(3, *STEPS, shop_number="nord-3", pieces={"MUG": 77_777})
    scene.ledger.note(later, defect=Defect("KeyError", "push-orders", 4, scene.clock.now(), None))


def routes(method: str) -> set[str]:
    """What the function answers."""
    app = function_module("board").app
    return {route.path for route in (*app._static_routes, *app._dynamic_routes) if route.method == method}


def requests(here: Scene) -> list[tuple[str, dict[str, str]]]:
    (entry,) = [one for one in here.board.workbench("acme").work if one.about == "1"]
    there = {"MESSAGE": here.board.failed()[0].message_id, "ENTRY": entry.key}
    return [
        (path, {name: there.get(value, value) for name, value in query.items()})
        for asked in ASKED.values()
        for path, query in asked
    ]


def test_r44_every_route_is_asked_below() -> None:
    assert routes("GET") == set(ASKED)
    assert routes("POST") == POSTED
    methods = {route.method for route in function_module("board").app._static_routes}
    assert methods == {"GET", "POST"}


def test_r44_every_action_is_asked_below(here: Scene) -> None:
    parts, jane = here.function("board"), viewer_of("jane", ACTS, May.ACT)
    seen = Acknowledgements(here.table, here.clock)
    say = Reader(here.clock.now())
    letters, send = parts.dead_letters, parts.senders
    acting = Acting(here.board, here.ledger, parts.registry, letters, seen, send, here.clock, jane, say)
    assert acting.actions == {path.removeprefix("/act/") for path, _ in ASKED["/act/<action>"]}


@pytest.mark.parametrize("claims", [LOOKS | OF_NORD, ACTS | OF_NORD])
def test_r44_a_merchant_whom_one_may_not_see_looks_as_if_it_did_not_exist(here: Scene, claims: dict[str, str]) -> None:
    for path, query in requests(here):
        shown = here.invoke("board", board_event(path, query=query, claims=claims))
        text = f"{shown.get('body')} {shown['headers']}"
        assert SECRET not in text.replace(query.get("q", "-"), "").replace(query.get("sku", "-"), "").replace(
            f"tag {SECRET}", ""
        ), path
        elsewhere = {name: value.replace("acme", "qqqq") for name, value in query.items()}
        other = here.invoke("board", board_event(path.replace("acme", "qqqq"), query=elsewhere, claims=claims))
        assert shown["statusCode"] == other["statusCode"], path
        assert (shown.get("body") or "").replace("acme", "qqqq") == (other.get("body") or ""), path


@pytest.mark.parametrize("claims", [LOOKS | OF_NORD, ACTS | OF_NORD])
def test_r44_no_page_changes_by_what_happens_at_a_merchant_whom_one_may_not_see(
    scene: Scene, claims: dict[str, str]
) -> None:
    """Neither a total nor a hint tells of it."""
    nord(scene)
    asked = [
        "/",
        "/?merchant=nord",
        "/orders",
        "/orders/nord/2",
        "/figures",
        "/jobs",
        "/returns",
        "/inbound",
        "/products",
    ]
    asked += [
        "/usage",
        "/digests",
        "/search?q=nord",
        "/search?q=mug",
        "/search?q=3",
        "/stock",
        "/stock/nord",
        "/billing",
    ]
    asked += ["/stock/nord?sku=MUG", "/failed", "/act/start?merchant=nord&job=sync-stock", "/none", "/?merchant=acne"]

    def seen(**who: Any) -> dict[str, tuple[int, str, str]]:
        scene.cold_start()
        answers = {url: get(scene, url, **who) for url in asked}
        made = re.compile(r'name="form" value="[^"]*"')
        return {
            url: (one["statusCode"], one["headers"].get("Location", ""), made.sub("", one.get("body") or ""))
            for url, one in answers.items()
        }

    before, all_before = seen(claims=claims), seen(claims=ACTS)
    acme(scene)
    assert seen(claims=claims) == before
    told = {url for url, one in seen(claims=ACTS).items() if one != all_before[url]}
    assert told >= {"/", "/orders", "/figures", "/jobs", "/returns", "/inbound", "/products", "/usage", "/digests"}
    assert told >= {"/search?q=nord", "/search?q=3", "/failed"}


def test_r44_whoever_may_see_all_sees_that_it_exists(here: Scene) -> None:
    """The requests above are such that they would show something."""
    shown = [
        here.invoke("board", board_event(path, query=query, claims=ACTS))
        for path, query in requests(here)
        if path not in SIGN_IN
    ]
    assert [one["statusCode"] for one in shown if one["statusCode"] not in (200, 303, 409)] == [404]  # no such SKU
    assert sum(SECRET in (one.get("body") or "") for one in shown) >= 6


@pytest.mark.parametrize("claims", [LOOKS, LOOKS | OF_NORD])
def test_r44_whoever_may_only_look_is_offered_no_action_and_can_take_none(here: Scene, claims: dict[str, str]) -> None:
    before = here.items()
    for path, query in requests(here):
        answer = here.invoke("board", board_event(path, query=query, claims=claims))
        assert "/act/" not in (answer.get("body") or ""), path
        assert (answer["statusCode"] == 403) is path.startswith("/act/"), path
    form = form_at(here, "/act/pause?merchant=acme", claims=ACTS)
    assert post(here, form, claims=claims)["statusCode"] == 403
    assert here.items() == before


def test_r44_whoever_acts_for_some_merchants_is_offered_only_what_they_may_do(here: Scene) -> None:
    here.open_merchant("west")
    who = ACTS | {"orderbridge_merchants": "nord west"}
    pages = [path for path, _ in requests(here) if not path.startswith("/act/") and path not in SIGN_IN]
    offered = {
        html.unescape(url)
        for path in [*pages, "/jobs?merchant=nord", "/orders/nord/2"]
        for url in re.findall(r'href="(/act/[^"]*)"', get(here, path, claims=who).get("body") or "")
    }
    assert offered
    assert {url: get(here, url, claims=who)["statusCode"] for url in offered} == dict.fromkeys(offered, 200)
    assert "/act/pause-all" in get(here, "/jobs", claims=ACTS)["body"]


def test_r44_a_form_does_not_act_for_a_merchant_that_was_taken_from_its_sender(here: Scene) -> None:
    form = form_at(here, "/act/pause?merchant=acme", claims=ACTS)
    assert post(here, form, claims=ACTS | OF_NORD)["statusCode"] == 404
    entry = here.registry.entry("acme")
    assert entry is not None
    assert "paused" not in (entry.settings or "")


def test_r44_whoever_acts_for_some_merchants_acts_for_them(here: Scene) -> None:
    form = form_at(here, "/act/pause?merchant=nord", claims=ACTS | OF_NORD)
    assert post(here, form, claims=ACTS | OF_NORD)["statusCode"] == 303
    entry = here.registry.entry("nord")
    assert entry is not None
    assert (json.loads(entry.settings or "")["mode"], entry.changed_by) == ("paused", "jane")


NOBODY: Final[list[dict[str, Any]]] = [
    {"claims": {"sub": "jane", "orderbridge_role": "boss"}},
    {"claims": {"sub": "jane", "orderbridge_role": ""}},
    {"claims": {"sub": "jane", "orderbridge_role": "look act"}},
    {"claims": {"sub": "jane", "orderbridge_role": 7}},
    {"claims": {"sub": "jane", "orderbridge_role": None}},
    {"claims": {"sub": "jane"}, "otherwise": "nothing"},
    {"claims": {}},
    {"claims": {"email": "jane@shop.example"}},
    {"principal": ""},
    {"claims": {"sub": "jane"}, "otherwise": ""},
    {"claims": {"sub": "jane"}, "otherwise": "everything"},
]


@pytest.mark.parametrize("who", NOBODY)
def test_r44_nobody_gets_in_without_a_name_and_a_role_that_can_be_read(here: Scene, who: dict[str, Any]) -> None:
    for path, query in requests(here):
        answer = get(here, f"{path}?{urlencode(query)}", **who)
        assert (answer["statusCode"], "nord" in answer["body"], SECRET in answer["body"]) == (403, False, False), path
    assert get(here, "/no-such-page", **who)["statusCode"] == 403
    assert post(here, {"form": "x"}, **who)["statusCode"] == 403


@pytest.mark.parametrize("gone", ["stageVariables", "requestContext.authorizer"])
def test_r44_a_request_past_the_boards_api_is_refused(here: Scene, gone: str) -> None:
    event = board_event("/")
    *folder, name = gone.split(".")
    del (event[folder[0]] if folder else event)[name]
    assert here.invoke("board", event)["statusCode"] == 403


def test_r44_iam_does_not_let_in_whom_a_token_names_nor_the_other_way_round(here: Scene) -> None:
    for auth, claims in (("jwt", None), ("iam", ACTS)):
        event = board_event("/", claims=claims)
        event["stageVariables"]["auth"] = auth
        assert here.invoke("board", event)["statusCode"] == 403


def test_r44_without_a_role_one_may_do_what_the_parameter_says() -> None:
    for otherwise in May:
        assert viewer_of("jane", {}, otherwise).may is otherwise
    for role in (May.LOOK, May.ACT):
        assert viewer_of("jane", {"orderbridge_role": str(role)}, May.NOTHING).may is role


@pytest.mark.parametrize(
    ("claim", "merchants"),
    [
        (ABSENT, None),
        (None, set()),
        ("*", None),
        ("acme", {"acme"}),
        ("acme nord", {"acme", "nord"}),
        ("acme, nord", {"acme", "nord"}),
        ("[acme nord]", {"acme", "nord"}),
        (["acme", "nord"], {"acme", "nord"}),
        (["*"], None),
        ("* acme", {"*", "acme"}),
        ("", set()),
        ([], set()),
        ([1, {"acme": 1}], set()),
        (True, set()),
    ],
)
@pytest.mark.parametrize("name", ["orderbridge_merchants", "custom:orderbridge_merchants"])
def test_r44_the_claim_of_merchants_is_a_text_or_a_list(name: str, claim: object, merchants: set[str] | None) -> None:
    claims = {} if claim is ABSENT else {name: claim}
    viewer = viewer_of("jane", limits_in(claims), May.LOOK)
    assert viewer.merchants == (None if merchants is None else frozenset(merchants))


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"sub": "1", "preferred_username": "anybody", "cognito:username": "jane"}, "jane"),
        ({"sub": "1", "preferred_username": "anybody", "username": "jane"}, "jane"),
        ({"sub": "1", "preferred_username": "jane"}, "jane"),
        ({"sub": "1", "email": "jane@shop.example"}, "1"),
        ({"sub": "\u202eenaj\n" + "x" * 99}, "enaj" + "x" * 60),
        ({"sub": 7}, ""),
    ],
)
def test_r44_a_person_has_the_name_that_they_cannot_change(claims: dict[str, object], name: str) -> None:
    assert name_in(claims) == name
