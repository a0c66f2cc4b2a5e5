"""The pages keep in step with the tree: links, paths, rooms and moves that they name exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from orderbridge.ledger.lifecycle import MOVES, Status

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers/shared/orderbridge"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_leads_to_a_page_and_a_heading_that_exist(page: Path) -> None:
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        to = page if not path else (page.parent / path).resolve()
        if not to.exists() or (anchor and anchor not in anchors(to)):
            wrong.append(target)
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_module_that_a_page_names_exists(page: Path) -> None:
    """By its path from the root, from the layer, or from the tests."""
    named = {path for path in re.findall(r"`([\w./-]+\.py)`", text_of(page)) if "/" in path}
    assert {path for path in named if not any((base / path).exists() for base in (ROOT, LAYER, LAYER.parent))} == set()


@pytest.mark.parametrize("page", PAGES[1:], ids=NAMES[1:])
def test_every_page_says_first_whom_it_is_for(page: Path) -> None:
    assert text_of(page).split("\n", 3)[2].startswith("For ")


def test_the_page_on_architecture_is_read_in_an_hour() -> None:
    assert len(text_of(ROOT / "docs/architecture.md").splitlines()) <= 200


def test_the_picture_of_the_rooms_shows_each_room_on_its_floor() -> None:
    """As `make lint` keeps them: the highest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(one for one in project["tool"]["importlinter"]["contracts"] if one["containers"] == ["orderbridge"])
    floors = [set(floor.split(" | ")) for floor in contract["layers"]]
    picture = text_of(ROOT / "docs/architecture.md").split("## The rooms")[1].split("```")[1]
    drawn = [set(re.findall(r"(\w+)/", line)) for line in picture.splitlines() if "/" in line]
    assert drawn == [floor for floor in floors if (LAYER / min(floor)).is_dir()]


def test_the_picture_of_an_orders_life_shows_moves_that_are_allowed_and_every_status() -> None:
    picture = text_of(ROOT / "docs/architecture.md").split("stateDiagram-v2")[1].split("```")[0]
    moves = set(re.findall(r"^ +(\w+) --> (\w+)", picture, re.MULTILINE))
    assert moves <= {(before.value, after.value) for before, to in MOVES.items() for after in to}
    assert {status for move in moves for status in move} == {status.value for status in Status}
