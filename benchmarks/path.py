"""How much has to be read to follow one order: the functions and files entered from the poll to `acknowledged`.

    python -m benchmarks.path

The real handlers run one plain order in a world in memory, with `sys.setprofile`. Nothing is timed. An order before it
has warmed the environment: what is made once (settings, secrets, tokens, lists of codes) is not counted. The polls in
between leave that order behind, so that the last one lists only the order that is followed.

Counted are code objects of the package `orderbridge`, each once. There are three ways to count them:

- all: every code object that is entered.
- named: without dunder methods, properties, lambdas and comprehensions, which are read as part of a line elsewhere.
  Methods that `dataclass` generates belong to no file and are counted in no way. A function within a function counts.
- the order's own: the named ones without the files that every call of any job goes through (`SHARED`): HTTP and its
  pace, the table and its codec, messages and their deliveries, logging, errors, a merchant's workspace, settings and
  secrets. Of these, the ones of the vendors' clients are shown by themselves.

The goal is for the order's own, clients included.
"""

from __future__ import annotations

import inspect
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import orderbridge
from benchmarks.results import rows, save, say
from orderbridge import bootstrap, handlers, workspace
from orderbridge.jobs import deliveries, messages, publisher
from orderbridge.merchants import breaker, health, registry, secrets, settings, usage
from orderbridge.platform import (
    clock,
    codec,
    copying,
    defects,
    documents,
    errors,
    expressions,
    observability,
    patience,
    table,
    texts,
)
from orderbridge.vendors import drift, error_details, http, pacing
from orderbridge.vendors.bibi import budgets
from orderbridge.vendors.bibi import warehouse as bibi
from orderbridge.vendors.billbee import client as billbee
from orderbridge.vendors.billbee import slots
from testkit.world import World, world

SHARED: Final = frozenset(
    str(module.__file__)
    for module in (
        *(bootstrap, clock, defects, errors, handlers, observability, patience, settings, texts, workspace),
        *(drift, error_details, http, pacing),
        *(deliveries, messages, publisher),
        *(breaker, budgets, codec, copying, documents, expressions, health, registry, secrets, slots, table, usage),
    )
)
_CLIENTS: Final = tuple(str(Path(str(client.__file__)).parent) for client in (bibi, billbee))
FUNCTIONS_GOAL: Final = 80
FILES_GOAL: Final = 14
_WAYS: Final = ("all", "named", "own", "clients")
_HOME: Final = str(Path(orderbridge.__file__).parent)


def walk(here: World, billbee_id: int) -> dict[str, set[CodeType]]:
    """Bring an order from the shop to `acknowledged`. Returns the code that the poll and the push entered."""
    here.sell(billbee_id)
    here.wait(minutes=5)
    here.ask_poll()
    with _entered() as polled:
        here.work("poll")
    with _entered() as pushed:
        here.work("push")
    assert here.status(billbee_id) == "acknowledged"
    assert here.submitted(str(billbee_id)) == 1
    return {"poll": polled, "push": pushed}


@contextmanager
def _entered() -> Iterator[set[CodeType]]:
    found: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(_HOME):
            found.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)


def _properties() -> set[CodeType]:
    """The code of all properties of the package, which are read like attributes."""
    found: set[CodeType] = set()
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] != "orderbridge":
            continue
        for _, kind in inspect.getmembers(module, inspect.isclass):
            for member in list(vars(kind).values()):
                getter: Callable[..., Any] | None = getattr(member, "fget", None) or getattr(member, "func", None)
                if inspect.isfunction(getter):
                    found.add(getter.__code__)
    return found


def named(codes: set[CodeType]) -> set[CodeType]:
    unnamed = _properties()
    return {code for code in codes if code not in unnamed and not code.co_name.startswith(("__", "<"))}


def own(codes: set[CodeType]) -> set[CodeType]:
    return {code for code in named(codes) if code.co_filename not in SHARED}


def counted(codes: set[CodeType]) -> dict[str, int]:
    ours = own(codes)
    ways = {
        "all": codes,
        "named": named(codes),
        "own": ours,
        "clients": {code for code in ours if code.co_filename.startswith(_CLIENTS)},
    }
    sizes = {f"{way}_functions": len(chosen) for way, chosen in ways.items()}
    return sizes | {f"{way}_files": len({code.co_filename for code in chosen}) for way, chosen in ways.items()}


def listed(codes: set[CodeType]) -> dict[str, list[str]]:
    """The named functions of each file, in their sequence in it."""
    by_file: dict[str, list[CodeType]] = defaultdict(list)
    for code in named(codes):
        by_file[code.co_filename].append(code)
    return {
        str(Path(file).relative_to(_HOME)): [
            code.co_qualname.replace(".<locals>", "")
            for code in sorted(by_file[file], key=lambda code: code.co_firstlineno)
        ]
        for file in sorted(by_file)
    }


def measure() -> dict[str, Any]:
    with world() as here:
        walk(here, 1)
        for _ in range(4):
            here.wait(minutes=20)
            here.poll()
        entered = walk(here, 2)
        assert here.failures == []
    both = entered["poll"] | entered["push"]
    shared = sorted(str(Path(file).relative_to(_HOME)) for file in SHARED)
    return {
        "counts": {name: counted(codes) for name, codes in (*entered.items(), ("both", both))},
        "files": listed(both),
        "shared": shared,
        "goal": {"functions": FUNCTIONS_GOAL, "files": FILES_GOAL},
    }


def counts(found: Mapping[str, Any]) -> str:
    return rows(
        ("functions / files entered", "all", "named", "the order's own", "of these clients"),
        [
            (name, *(f"{one[f'{way}_functions']} / {one[f'{way}_files']}" for way in _WAYS))
            for name, one in found["counts"].items()
        ],
    )


def files(found: Mapping[str, Any]) -> str:
    return "\n".join(
        f"{file} ({len(names)}{', shared' if file in found['shared'] else ''}): {', '.join(names)}"
        for file, names in found["files"].items()
    )


def is_met(found: Mapping[str, Any]) -> bool:
    both = found["counts"]["both"]
    return bool(both["own_functions"] <= FUNCTIONS_GOAL and both["own_files"] <= FILES_GOAL)


def main() -> int:
    found = measure()
    save("path", found)
    say(f"{counts(found)}\n\n{files(found)}")
    return 0 if is_met(found) else 1


if __name__ == "__main__":
    sys.exit(main())
