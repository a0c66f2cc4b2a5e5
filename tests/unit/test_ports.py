"""The rooms' ports hold what the rooms use, and a room sees a merchant through its own port alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2] / "layers" / "shared" / "orderbridge"
ROOMS: Final = sorted(path.parent.name for path in ROOT.glob("*/ports.py"))
PARTS: Final = {
    "Notices": {"notices", "at_warehouse"},
    "StockSource": {"warehouse"},
    "Workspace": {"workspace", "ws"},
}
"""What the rooms call a part; the others as their protocol is called."""


def modules(room: str) -> Iterator[ast.Module]:
    """A room's modules without its port, and what puts its effects together."""
    for path in (*(ROOT / room).rglob("*.py"), ROOT / "sayings.py"):
        if path.name != "ports.py":
            yield ast.parse(path.read_text(encoding="utf-8"))


def used(rooms: list[str]) -> set[tuple[str, str]]:
    """Each attribute with the name of what it is read from: ``hub`` and ``orders`` for ``self._ws.hub.orders``."""
    found = set()
    for node in (node for room in rooms for module in modules(room) for node in ast.walk(module)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            found.add((owner.removeprefix("_"), node.attr))
    return found


def members(room: str) -> dict[str, list[str]]:
    """What each protocol of a room's port has of its own."""
    return {
        node.name: [one.name for one in node.body if isinstance(one, ast.FunctionDef)]
        for node in ast.parse((ROOT / room / "ports.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Protocol" for base in node.bases)
    }


@pytest.mark.parametrize("room", ROOMS)
def test_every_member_of_a_port_is_used_in_its_room(room: str) -> None:
    reads = used(ROOMS if room == "jobs" else [room])  # all rooms are given what `jobs` has
    protocols = members(room)
    assert any(protocols.values())
    unused = [
        f"{name}.{member}"
        for name, members in protocols.items()
        for member in members
        if not any((part, member) in reads for part in PARTS.get(name, {name.lower()}))
    ]
    assert unused == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_s_use_cases_take_the_workspace_of_their_own_port(room: str) -> None:
    others = [
        node.module
        for path in (ROOT / room).rglob("*.py")
        if path.name != "ports.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and "Workspace" in {one.name for one in node.names}
        and node.module != f"orderbridge.{room}.ports"
    ]
    assert others == []


def test_the_page_on_a_second_warehouse_names_each_call_of_the_ports() -> None:
    page = (ROOT.parents[2] / "docs" / "second-warehouse.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)/ports.py` \| (.+)", page, re.MULTILINE)
    of_a_warehouse = ("Warehouse", "StockSource", "Movements", "Notices")
    own = {room: {one for name in of_a_warehouse for one in members(room).get(name, ())} for room in ROOMS}
    named = {room: set(re.findall(r"`(\w+)`", calls)) for room, calls in rows}
    assert named == {room: calls for room, calls in own.items() if calls}
