"""The board's function, and what the template gives it and asks of those who want to see it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from werkzeug.wrappers import Request

from local.aws import Aws
from local.http import http_event
from local.stack import Stack
from orderbridge.desk.board.layout import HEADERS
from orderbridge.desk.digest_records import Digests
from orderbridge.desk.digest_report import Report, Section
from orderbridge.stock.figures import StockFigure
from testkit.aws.service import Paginator
from testkit.environment import TABLE
from testkit.functions import board_event
from tests.integration.board_scene import NASTY, Scene
from tests.integration.test_board_acting import do
from tests.integration.test_template import RESOURCES, TEMPLATE, as_list

# The function


def ask(scene: Scene, path: str, method: str = "GET", **query: str) -> dict[str, Any]:
    """The function's answer to a request."""
    event = board_event(path, query=query, headers={"origin": "https://board.example"})
    event["requestContext"]["http"]["method"] = method
    answer: dict[str, Any] = scene.invoke("board", event)
    return answer


def test_every_answer_is_a_page_with_the_headers_that_keep_it_safe(scene: Scene) -> None:
    scene.order(4711)
    scene.order(4712)
    for path, query, status in [
        ("/", {}, 200),
        ("/", {"merchant": "acme", "refresh": "60"}, 200),
        ("/", {"merchant": "nobody"}, 404),
        ("/orders/acme/4711", {}, 200),
        ("/orders/acme/4713", {}, 404),
        ("/orders/acme/no-number", {}, 404),
        ("/orders/acme/" + "9" * 60, {}, 404),
        ("/orders/nobody/4711", {}, 404),
        ("/search", {}, 200),
        ("/search", {"q": "0815"}, 404),
        ("/orders", {}, 200),
        ("/orders", {"show": "shipped", "merchant": "acme"}, 200),
        ("/orders", {"show": NASTY, "begin": NASTY, "lang": NASTY, "zone": NASTY}, 200),
        ("/orders", {"merchant": "nobody"}, 404),
        ("/jobs", {}, 200),
        ("/figures", {}, 200),
        ("/figures", {"days": NASTY, "merchant": "acme"}, 200),
        ("/billing", {}, 200),
        ("/returns", {}, 200),
        ("/returns", {"begin": NASTY}, 200),
        ("/inbound", {}, 200),
        ("/products", {"merchant": "acme"}, 200),
        ("/usage", {}, 200),
        ("/digests", {}, 200),
        ("/digests", {"merchant": "nobody"}, 404),
        ("/digests/acme/2026-06-30", {}, 404),
        ("/digests/acme/yesterday", {}, 404),
        ("/digests/nobody/2026-06-30", {}, 404),
        ("/stock/acme", {}, 200),
        ("/stock/acme", {"sku": "MUG-01"}, 404),
        ("/stock/nobody", {}, 404),
        ("/failed", {}, 200),
        ("/orders", {"show": "shipped", "begin": "9999-12-31T23:59:59-14:00"}, 200),
        ("/orders", {"begin": "0001-01-01T00:00:00+14:00"}, 200),
        ("/wp-login.php", {}, 404),
        ("//evil.example/", {}, 404),
        ("/orders/" + NASTY + "/1", {}, 404),
    ]:
        answer = ask(scene, path, **query)
        assert answer["statusCode"] == status, path
        assert answer["headers"] | HEADERS == answer["headers"], path
        assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
        assert answer["body"].startswith("<!doctype html>"), path
        assert "<script" not in answer["body"], path
        assert '="//' not in answer["body"], path


def test_a_search_with_one_hit_leads_to_it(scene: Scene) -> None:
    scene.order(4711)
    answer = ask(scene, "/search", q=" #A-4711")
    assert (answer["statusCode"], answer["headers"]["Location"]) == (303, "/orders/acme/4711")


def test_a_search_with_one_sku_leads_to_its_stock(scene: Scene) -> None:
    scene.stock_records().sent(StockFigure("MUG-01", 10, 0, 0, 0), 10)
    answer = ask(scene, "/search", q="mug")
    assert (answer["statusCode"], answer["headers"]["Location"]) == (303, "/stock/acme?sku=MUG-01")


def spoken(scene: Scene, path: str, cookies: tuple[str, ...] = (), accepts: str = "", **query: str) -> dict[str, Any]:
    event = board_event(path, query=query, headers={"accept-language": accepts})
    answer: dict[str, Any] = scene.invoke("board", event | {"cookies": list(cookies)})
    return answer


def test_the_language_is_the_chosen_one_or_else_the_browsers(scene: Scene) -> None:
    assert 'lang="en"' in spoken(scene, "/")["body"]
    assert 'lang="de"' in spoken(scene, "/", accepts="fr-FR,de-DE;q=0.8,en;q=0.5")["body"]
    assert 'lang="en"' in spoken(scene, "/", ("lang=en",), "de")["body"]
    chosen = spoken(scene, "/", ("lang=en",), lang="de", zone="America/New_York")
    assert 'lang="de"' in chosen["body"]
    assert "Alle Zeiten gelten für America/New York." in chosen["body"]
    kept = [cookie.partition(";")[0] for cookie in chosen["cookies"]]
    assert kept == ["lang=de", "zone=America/New_York"]
    assert "08:00:00" in spoken(scene.at(), "/", tuple(kept))["body"]
    assert "cookies" not in spoken(scene, "/") or spoken(scene, "/")["cookies"] == []


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/localtime", "x" * 5000, NASTY, "Europe"])
def test_a_zone_that_is_none_is_berlins(scene: Scene, zone: str) -> None:
    answer = spoken(scene, "/", (f"zone={zone}",), zone=zone)
    assert "All times are those of Europe/Berlin." in answer["body"]


def test_only_a_board_that_is_to_be_kept_fresh_reloads(scene: Scene) -> None:
    assert 'http-equiv="refresh"' not in ask(scene, "/")["body"]
    assert '<meta http-equiv="refresh" content="60">' in ask(scene, "/", refresh="60")["body"]
    assert '<meta http-equiv="refresh" content="60">' in ask(scene, "/", refresh="0;url=//a.example")["body"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_a_page_is_only_for_reading(scene: Scene, method: str) -> None:
    for path in ("/", "/act", "/act/retry"):
        status = 400 if (method, path) == ("POST", "/act") else 404
        assert ask(scene, path, method)["statusCode"] == status


def test_a_table_that_cannot_be_read_is_a_page_and_a_logged_error(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    del scene.dynamodb.tables[TABLE]
    request = board_event("/")
    answer = scene.invoke("board", request)
    assert answer["statusCode"] == 503
    assert request["requestContext"]["requestId"] in answer["body"]
    assert "ResourceNotFound" not in answer["body"]
    assert "Page not shown" in caplog.text


class Noted:
    """A client whose calls are noted as policies name them."""

    def __init__(self, service: str, client: Any, called: set[str]) -> None:
        self._service = service
        self._client = client
        self._called = called

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name == "get_paginator":
            return lambda operation: Paginator(getattr(self, operation), *self._client.tokens)
        if callable(found):
            self._called.add(f"{self._service}:{''.join(part.title() for part in name.split('_'))}")
        return found


def test_a_page_takes_only_what_its_role_may_do(scene: Scene) -> None:
    scene.order(1)
    scene.dead_letter({"job": "push-orders"}, "a reason")
    called: set[str] = set()
    scene.dynamodb, scene.queues = Noted("dynamodb", scene.dynamodb, called), Noted("sqs", scene.queues, called)
    scene.ssm = Noted("ssm", scene.ssm, called)
    lists = ("/orders", "/stock/acme", "/failed", "/returns", "/inbound", "/products", "/usage")
    for path in ("/", "/orders/acme/1", *lists):
        assert ask(scene, path)["statusCode"] == 200
    for url in ("/act/retry?merchant=acme&order=1", "/act/pause?merchant=acme", "/act/resume?merchant=acme"):
        do(scene, url)
    do(scene, f"/act/redrive?message={scene.board.failed()[0].message_id}")
    for path, query in (("/search", {"q": "A-1"}), ("/stock/acme", {"sku": "x"})):
        assert ask(scene, path, **query)["statusCode"] in (303, 404)
    statements = RESOURCES["BoardRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    allowed = {
        action for statement in statements if statement["Effect"] == "Allow" for action in as_list(statement["Action"])
    }
    called -= {"sqs:SendMessageBatch"}  # which SendMessage allows
    assert called == {action for action in allowed if not action.startswith(("logs:", "xray:"))}


# In the template


BOARD = {name: resource for name, resource in RESOURCES.items() if name.startswith("Board")}


def test_there_is_no_board_unless_somebody_asks_for_it() -> None:
    assert TEMPLATE["Parameters"]["BoardAuth"]["Default"] == "off"
    conditions = {resource.get("Condition") for resource in BOARD.values()}
    assert conditions == {"BoardOn", "BoardJwt"}
    assert TEMPLATE["Outputs"]["BoardUrl"]["Condition"] == "BoardOn"


def test_no_route_of_the_board_is_public() -> None:
    routes = [one["Properties"] for one in BOARD.values() if one["Type"] == "AWS::ApiGatewayV2::Route"]
    assert sorted(route["RouteKey"] for route in routes) == ["GET /", "GET /{proxy+}", "POST /{proxy+}"]
    for route in routes:
        asked = {"Fn::If": ["BoardJwt", "JWT", "AWS_IAM"]}
        # With NONE, the function asks for a session at each of its routes: test_board_sign_in.py
        assert route["AuthorizationType"] == {"Fn::If": ["BoardOidc", "NONE", asked]}
        assert route["AuthorizerId"]["Fn::If"][:2] == ["BoardJwt", {"Ref": "BoardAuthorizer"}]
    assert "FunctionUrlConfig" not in BOARD["Board"]["Properties"]
    assert "Events" not in BOARD["Board"]["Properties"]


def test_r44_the_board_can_send_to_every_queue() -> None:
    variables = BOARD["Board"]["Properties"]["Environment"]["Variables"]
    sent_to = {value["Ref"] for name, value in variables.items() if name.endswith("_QUEUE_URL")}
    assert sent_to == {name for name in RESOURCES if name.endswith("Queue")}


def test_the_board_looks_at_every_queues_dead_letters() -> None:
    variables = BOARD["Board"]["Properties"]["Environment"]["Variables"]
    looked_at = {value["Ref"] for name, value in variables.items() if name.endswith("_DEAD_LETTERS_URL")}
    assert looked_at == {name for name in RESOURCES if name.endswith("DeadLetters")}


@pytest.mark.parametrize("auth", ["off", "iam", "jwt", "oidc"])
def test_each_kind_of_authorisation_deploys(auth: str) -> None:
    parameters = {"BoardAuth": auth, "JwtIssuer": "https://login.example", "JwtAudience": "board"}
    with Aws() as aws:
        stack = Stack(aws, parameters)
        routes = {(route.method, route.path) for route in stack.routes if route.function.label == "board"}
    assert ("Board" in stack.functions) == (auth != "off")
    assert routes == (set() if auth == "off" else {("GET", "/"), ("GET", "/{proxy+}"), ("POST", "/{proxy+}")})


def test_r44_a_route_that_iam_opens_lets_everybody_in_as_local_with_the_variables_of_its_stage() -> None:
    with Aws() as aws:
        stack = Stack(aws, {})
    (route,) = [route for route in stack.routes if (route.method, route.path) == ("POST", "/{proxy+}")]
    request = Request.from_values("/act", method="POST", data={"form": "x"})
    event = http_event(route, request, {"proxy": "act"}, datetime(2026, 7, 1, tzinfo=UTC))
    assert event["requestContext"]["authorizer"]["iam"]["userArn"].endswith(":local")
    assert event["stageVariables"] == {"auth": "iam", "otherwise": "act", "issuer": "-", "client": "-"}
    (ring,) = [route for route in stack.routes if route.method == "POST" and "webhooks" in route.path]
    ringing = http_event(ring, request, {}, datetime(2026, 7, 1, tzinfo=UTC))
    assert "authorizer" not in ringing["requestContext"]
    assert "stageVariables" not in ringing


def test_a_digest_is_a_page_with_its_sections(scene: Scene) -> None:
    day = date(2026, 6, 30)
    told = Report("acme, 2026-06-30 (UTC)", ("Imported: 12",), (Section("Rejected since", 2, ("7: <b>", "8"), "… 1"),))
    Digests(scene.table, "acme", scene.clock).confirm(day, told)
    assert f'href="/digests/acme/{day}"' in ask(scene, "/digests")["body"]
    shown = ask(scene, f"/digests/acme/{day}")
    assert shown["statusCode"] == 200
    for words in ("<h1>acme, 2026-06-30 (UTC)</h1>", "<h2>Rejected since: 2</h2>", "<li>7: &lt;b&gt;</li>", "… 1"):
        assert words in shown["body"]
