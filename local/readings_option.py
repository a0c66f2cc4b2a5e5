"""The option `--reading` of the local stack: which of the simulators' readings are in force."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from local.simulators.readings import BadReading, Vendor, listing, of_vendor, parsed


def _checked(written: list[str] | None) -> list[str] | None:
    if "list" in (written or []):
        print(listing())
        raise typer.Exit(0)
    try:
        parsed(written or [])
    except BadReading as error:
        raise typer.BadParameter(f"{error} (--reading list names them all)") from None
    return written


ReadingOption = Annotated[
    list[str] | None,
    typer.Option(
        "--reading",
        metavar="NAME=VALUE",
        callback=_checked,
        help="How the simulators read an open point of the documents; may be repeated. `list` names them.",
    ),
]


def readings(written: Sequence[str] | None, *, billbee_url: str | None, bibi_url: str | None) -> dict[str, str]:
    """The readings that were asked for, by name. Raises BadParameter where a service with a URL is to have one."""
    chosen = parsed(written or [])
    urls: tuple[tuple[Vendor, str | None], ...] = (("billbee", billbee_url), ("bibi", bibi_url))
    for vendor, url in urls:
        if url and (names := sorted(of_vendor(vendor, chosen))):
            raise typer.BadParameter(
                f"{names[0]} is a reading of the built-in simulator, but --{vendor}-url names another service",
                param_hint="--reading",
            )
    return chosen
