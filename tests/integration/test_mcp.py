"""`orderbridge mcp`: what an assistant can ask, over standard input and output and in this process; it only reads."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters, stdio_client

from cli.choice import Asked, choose
from cli.mcp_server import server
from cli.output import Output
from cli.tool import Tool
from orderbridge.ledger.lifecycle import Status
from orderbridge.stock.figures import StockFigure
from orderbridge.stock.stock_records import StockRecords
from tests.cli_world import CliWorld
from tests.integration.test_cli_upkeep import bury

TOOLS = {"order", "why_not_imported", "list_orders", "search", "sku", "figures", "promise", "troubles"}
SECRETS = ("application-key-of-the-tests", "password-of-acme", "public-acme", "secret-of-acme")

pytestmark = pytest.mark.xdist_group(__name__)  # one deployed stack


@pytest.fixture
def here(stack: CliWorld) -> CliWorld:
    stack.clear()
    stack.open_merchant("acme")
    stack.open_merchant("nordlicht")
    stack.note("acme", 5001, Status.SHIPPED, shop_number="ACME-1")
    stack.note("acme", 5002, Status.REJECTED, reason="The order has no shipping address: add one. [OB-101]")
    stack.note("nordlicht", 7001, Status.ACKNOWLEDGED)
    return stack


@pytest.fixture
def tool(here: CliWorld) -> Iterator[Tool]:
    choice = choose(Asked(stage="local", endpoint_url=here.aws.endpoint), {})
    with ExitStack() as exits:
        yield Tool(choice, Output(as_json=True), debug=False, exits=exits)


def asked(tool: Tool, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """The results of calls by a client in this process."""

    async def ask() -> list[Any]:
        async with Client(server(tool)) as client:
            return [await client.call_tool(name, given) for name, given in calls]

    return asyncio.run(ask())


def answers(tool: Tool, name: str, **given: Any) -> dict[str, Any]:
    (result,) = asked(tool, (name, given))
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content
    answer: dict[str, Any] = result.structured_content
    return answer


def refused(tool: Tool, name: str, **given: Any) -> str:
    (result,) = asked(tool, (name, given))
    assert result.is_error
    text: str = result.content[0].text
    return text


def test_each_tool_has_a_description_a_typed_schema_and_says_that_it_only_reads(tool: Tool) -> None:
    async def listed() -> Any:
        async with Client(server(tool)) as client:
            assert "no instructions" in (client.instructions or "")
            return (await client.list_tools()).tools

    tools = asyncio.run(listed())
    assert {one.name for one in tools} == TOOLS
    for one in tools:
        assert one.description
        assert one.annotations.read_only_hint
        assert one.annotations.destructive_hint is False
        assert one.output_schema["type"] == "object"
        for field in one.input_schema["properties"].values():
            assert field["description"]
            assert field.keys() & {"type", "anyOf", "enum"}


def test_the_answers_are_those_of_the_commands(here: CliWorld, tool: Tool) -> None:
    assert answers(tool, "order", number="acme-1") == here.ask("order", "show", "ACME-1")
    (listed,) = answers(tool, "list_orders")["orders"]
    assert listed["billbee_id"] == 7001
    assert answers(tool, "list_orders", status="rejected", merchant="acme")["orders"][0]["reason"].endswith("[OB-101]")
    figures = answers(tool, "figures", since="7d")
    assert figures == here.ask("figures", "--since", "7d")
    assert figures["merchants"].keys() == {"acme", "nordlicht"}
    assert "handling_days" in refused(tool, "promise")
    here.registry.put("acme", json.dumps(here.settings()["acme"] | {"promise": {"handling_days": 1}}), by="a test")
    assert answers(tool, "promise") == here.ask("promise")
    assert answers(tool, "search", text="acme") == here.ask("search", "acme")
    here.sell("acme", 5003, tags=[])
    (why,) = answers(tool, "why_not_imported", number="5003", merchant="acme")["orders"]
    assert [check["rule"] for check in why["checks"] if not check["passed"]] == ["R1 poll", "R1 order tag"]
    bury(here, 11)
    assert answers(tool, "troubles")["failed_messages"] == {"push-orders": 1}
    assert answers(tool, "troubles", merchant="nordlicht")["failed_messages"] == {}


def test_r18_a_sku_is_explained(here: CliWorld, tool: Tool) -> None:
    figure = StockFigure(sku="MUG-01", physical=9, allocated=2, elsewhere=1, buffer=1)
    StockRecords(here.table, "acme", here.clock).sent(figure, 6)
    (shown,) = answers(tool, "sku", sku="mug-01")["skus"]
    assert (shown["merchant"], shown["sku"]) == ("acme", "MUG-01")
    assert shown["explained"]
    assert "no stock figure is known for the SKU 'MUG-99'. did you mean MUG-01?" in refused(tool, "sku", sku="MUG-99")


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("order", {"number": "999"}, "the ledger has no order '999' of any merchant. orderbridge order why 999"),
        ("order", {"number": "5001", "merchant": "acmee"}, "did you mean acme?"),
        ("order", {}, "Field required"),
        ("order", {"number": ""}, "at least 1 character"),
        ("list_orders", {"status": "foo"}, "Input should be 'open'"),
        ("list_orders", {"since": "yesterday"}, "say how long ago, as 30m"),
        ("list_orders", {"limit": 0}, "greater than or equal to 1"),
        ("figures", {"since": "yesterday"}, "say how long ago"),
        ("why_not_imported", {"number": "999"}, "Billbee has no order '999'"),
        ("retry", {"number": "5001"}, "Unknown tool"),
    ],
)
def test_what_goes_wrong_is_an_error_with_what_to_do(tool: Tool, name: str, given: dict[str, Any], said: str) -> None:
    assert said in refused(tool, name, **given)


def test_a_refused_password_and_a_defect_are_told_without_their_words(
    here: CliWorld, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.shops["acme"].password = "quite-another-password"
    told = refused(tool, "why_not_imported", number="5001", merchant="acme")
    assert "orderbridge merchants check says which credential is refused" in told

    def broken(*given: object) -> None:
        raise KeyError("jane.doe@example.com")

    monkeypatch.setattr("cli.tool.find", broken)
    told = refused(tool, "troubles")
    assert "a defect of this tool: KeyError in test_mcp.py" in told
    assert "jane.doe" not in told


def test_no_tool_writes_an_order_a_message_or_a_setting_and_none_shows_a_secret_or_an_address(
    here: CliWorld, tool: Tool
) -> None:
    here.sell("acme", 5001, state=4)
    here.sell("acme", 5004)
    bury(here, 12)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("order", {"number": "5001"}),
        ("why_not_imported", {"number": "5004", "merchant": "acme"}),
        ("list_orders", {"status": "rejected"}),
        ("troubles", {}),
        ("search", {"text": "ACME-1"}),
        ("figures", {}),
        ("sku", {"sku": "MUG-01"}),
    ]
    before = _kept(here)
    told = " ".join(result.content[0].text for result in asked(tool, *calls))
    assert _kept(here) == before
    assert here.messages("push-orders") == []
    for hidden in (*SECRETS, "Jane", "Willis", "jane.doe@example.com", "91402", "Berlin"):
        assert hidden not in told
    assert {call.name.partition(" ")[0] for call in here.billbee.calls} == {"GET"}


def _kept(here: CliWorld) -> Any:
    """All items but the counters of calls."""
    pages = here.client("dynamodb").get_paginator("scan").paginate(TableName=here.stack.physical_id("Table"))
    items = [item for page in pages for item in page["Items"]]
    counted = ("USAGE#", "SLOTS#", "BUDGET#", "ORDERNUMBERS")
    return deepcopy(sorted((one for one in items if not one["sk"]["S"].startswith(counted)), key=str))


def over_stdio(here: CliWorld, do: Callable[[Client], Awaitable[None]], **more: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | more
    command = ["-m", "cli", "mcp", "--stage", "local", "--endpoint-url", here.aws.endpoint]
    parameters = StdioServerParameters(command=sys.executable, args=command, env=env, cwd=Path.cwd())

    async def run() -> None:
        async with Client(stdio_client(parameters)) as client:
            await do(client)

    asyncio.run(run())


def test_it_serves_over_standard_input_and_output(here: CliWorld) -> None:
    async def questions(client: Client) -> None:
        assert {one.name for one in (await client.list_tools()).tools} == TOOLS
        shown = await client.call_tool("order", {"number": "5001"})
        assert shown.structured_content is not None
        assert shown.structured_content["orders"][0]["status"] == "shipped"
        # Several at once are answered one after the other.
        both = await asyncio.gather(client.call_tool("list_orders", {}), client.call_tool("order", {"number": "1"}))
        assert [one.is_error for one in both] == [False, True]

    over_stdio(here, questions)


def test_without_the_package_it_says_how_to_get_it() -> None:
    without = (
        "import sys; sys.modules['mcp'] = None; sys.argv[1:] = ['mcp', '--stage', 'local']; import cli; cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "the server for assistants is not installed" in done.stderr
    assert "pip install '.[mcp]'" in done.stderr
