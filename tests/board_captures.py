"""Takes the pictures of the board in docs/images: `make captures`. Chromium must be installed."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from tests.board_showcase import showcase
from tests.browser import browser

IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"


class Capture(NamedTuple):
    """One picture: of which page, how wide and in which light; ``height`` cuts it off."""

    name: str
    path: str
    query: dict[str, str]
    width: int = 1280
    scheme: str = "light"
    height: int = 1100


CAPTURES: Final = (
    Capture("board", "/", {}),
    Capture("board-dark", "/", {}, scheme="dark"),
    Capture("board-phone", "/", {}, width=360),
    Capture("board-order", "/orders/nordlicht/5034", {}),
    Capture("board-order-phone", "/orders/nordlicht/5034", {}, width=360, scheme="dark"),
    Capture("board-orders", "/orders", {}, height=900),
    Capture("board-figures", "/figures", {}),
    Capture("board-figures-phone", "/figures", {}, width=360),
    Capture("board-sku", "/stock/acme", {"sku": "MUG-BLUE-01"}),
)


def main() -> int:
    scene = showcase()
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        tab = chromium.open("about:blank")
        for one in CAPTURES:
            file = Path(folder) / f"{one.name}.html"
            html = scene.page(one.path, **one.query)
            assert "<h1>No such" not in html, one.name
            file.write_text(html, encoding="utf-8")
            tab.resize(one.width, one.height)
            tab.use_scheme(one.scheme)
            tab.go(file.as_uri())
            (IMAGES / f"{one.name}.png").write_bytes(tab.picture(whole=False))
            sys.stdout.write(f"docs/images/{one.name}.png\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
