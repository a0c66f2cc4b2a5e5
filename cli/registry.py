"""`orderbridge merchants` show, set, remove, export, pause and resume: reads and changes the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli import times
from cli.commands import MerchantOption
from cli.failures import BadInput, NotThere, ToolError
from cli.merchants_file import named, read_settings
from cli.parameters import Writer
from cli.tool import Tool

if TYPE_CHECKING:
    from orderbridge.merchants.registry import Entry

NameArgument = Annotated[str | None, typer.Argument(metavar="[NAME]", help="May be left out where there is only one.")]
AllOption = Annotated[bool, typer.Option("--all", help="All merchants, by one switch.")]
_NAMED = 3


# ---- show and export


def show(
    tool: Tool,
    name: NameArgument = None,
    merchant: MerchantOption = None,
    history: Annotated[bool, typer.Option("--history", help="Also who changed what, and when.")] = False,
) -> None:
    """A merchant's settings, who last changed them, and which secrets exist; never a secret itself."""
    from orderbridge.platform.errors import SettingsError

    chosen = tool.merchant(name or merchant)
    entry = _entry(tool, chosen)
    try:
        held: list[str] | None = tool.deployment.secrets.names(chosen)
    except SettingsError as error:
        held, problem = None, str(error)
    versions = tool.registry.history(chosen) if history else []
    settings = entry.fields
    answer: dict[str, Any] = {
        "merchant": chosen,
        "version": entry.version,
        "changed_at": entry.changed_at,
        "changed_by": entry.changed_by,
        "all_paused": tool.listing.pause,
        "settings": entry.settings if settings is None else settings,
        "secrets": held,
    }
    if history:
        answer["history"] = [
            {"version": one.version, "at": one.changed_at, "by": one.changed_by, "changes": changes}
            for one, changes in _with_changes(versions)
        ]

    def render() -> None:
        tool.out.line(chosen, style="bold")
        say_pause(tool)
        tool.out.fields(
            [
                ("version", str(entry.version)),
                ("changed", f"{times.local(entry.changed_at)} by {entry.changed_by}"),
                ("secrets", problem if held is None else ", ".join(held) or "none"),
            ],
            indent=2,
        )
        text = entry.settings if settings is None else json.dumps(settings, ensure_ascii=False, indent=2)
        for line in str(text).splitlines():
            indent = len(line) - len(line.lstrip())
            tool.out.line(line.strip(), indent=2 + indent)
        if history:
            tool.out.line()
            rows = [
                (str(one.version), times.local(one.changed_at), one.changed_by, _told(changes))
                for one, changes in _with_changes(versions)
            ]
            tool.out.table(("version", "when", "by", "what"), rows)

    tool.out.show(answer, render)


def export(
    tool: Tool,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Standard output, if left out.")] = None,
) -> None:
    """All settings in the form of a merchants file, without secrets; `add --file` reads it."""
    listing = tool.listing
    found = {}
    for name, text in listing.merchants.items():
        try:
            found[name] = {"settings": json.loads(text)}
        except ValueError:
            found[name] = {"settings": text}  # unchecked
    exported = {"merchants": found}
    if file is None:
        tool.out.show(exported, lambda: typer.echo(json.dumps(exported, ensure_ascii=False, indent=2)))
        return
    try:
        file.write_text(json.dumps(exported, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}") from None
    answer = {"file": str(file), "merchants": list(found)}
    told = f"{len(found)} {'merchant is' if len(found) == 1 else 'merchants are'} in {file}, without their secrets."
    tool.out.show(answer, lambda: tool.out.line(told))


# ---- set


def set_settings(
    tool: Tool,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    assignments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]…", help="e.g. stock.buffer=3. A value may be JSON."),
    ] = None,
    unset: Annotated[
        list[str] | None, typer.Option("--unset", metavar="KEY", help="Back to its default; may be repeated.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--settings", metavar="FILE", help="Replace all settings by those of a JSON file.")
    ] = None,
) -> None:
    """Change settings of a merchant. The result is checked as a whole before anything is written."""
    from orderbridge.merchants.settings import parse_settings

    chosen = tool.merchant(name)
    entry = _entry(tool, chosen)
    if file is not None and (assignments or unset):
        raise BadInput("--settings replaces all settings: say single ones in another command")
    if file is not None:
        text = read_settings(file)
        with named(file):
            parse_settings(chosen, text)
        after = json.loads(text)
    else:
        if not assignments and not unset:
            raise BadInput("nothing to change", "orderbridge merchants set NAME stock.buffer=3")
        after = _assigned(chosen, _readable(entry), assignments or [], unset or [])
    changes = _changes(entry.fields or {}, after)
    written = _write(tool, entry, after) if changes or entry.fields is None else entry
    answer = {"merchant": chosen, "version": written.version, "changes": changes}

    def render() -> None:
        if not changes:
            tool.out.line(f"{chosen}: nothing changes")
            return
        tool.out.line(f"{chosen} has version {written.version}. It takes effect within five minutes.")
        tool.out.fields([(key, f"{_word(was)} → {_word(now)}") for key, (was, now) in changes.items()], indent=2)

    tool.out.show(answer, render)


def _assigned(
    merchant: str, before: dict[str, Any], assignments: Sequence[str], unset: Sequence[str]
) -> dict[str, Any]:
    """The settings with some keys changed; a value counts as JSON if the key accepts that, otherwise as text."""
    from orderbridge.merchants.settings import parse_settings
    from orderbridge.platform.errors import SettingsError

    as_text: dict[str, str] = {}
    for one in assignments:
        key, equals, value = one.partition("=")
        if not equals or not key.strip("."):
            raise BadInput(f"{one!r} is no KEY=VALUE", "e.g. stock.buffer=3, or --unset stock.buffer")
        as_text[key] = value
    values: dict[str, Any] = {key: _json_or_text(value) for key, value in as_text.items()}
    while True:
        after: dict[str, Any] = json.loads(json.dumps(before))
        for key in unset:
            _remove(after, key)
        for key, value in values.items():
            _put(after, key, value)
        try:
            parse_settings(merchant, json.dumps(after))
        except SettingsError as error:
            refused = values.get(error.key)
            if refused == as_text.get(error.key) or isinstance(refused, dict | list):
                raise
            values[error.key] = as_text[error.key]  # "24" is a ship method, and a number as JSON
        else:
            return after


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _put(settings: dict[str, Any], key: str, value: Any) -> None:
    *path, last = key.split(".")
    section: Any = settings
    for part in path:
        section = section.setdefault(part, {})
        if not isinstance(section, dict):
            raise BadInput(f"{key}: {part} has no keys of its own")
    section[last] = value


def _remove(settings: dict[str, Any], key: str) -> None:
    *path, last = key.split(".")
    section: Any = settings
    for part in path:
        section = section.get(part) if isinstance(section, dict) else None
    if not isinstance(section, dict) or last not in section:
        raise BadInput(f"{key} is not set")
    del section[last]


# ---- remove


def remove(
    tool: Tool,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    force: Annotated[bool, typer.Option("--force", help="Also while orders are open.")] = False,
) -> None:
    """Remove a merchant with its secrets. Orders, stock and history stay in the table until they expire."""
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.merchants.registry import EntryChanged

    chosen = tool.merchant(name)
    ledger = Ledger(tool.deployment.table, tool.clock)
    waiting = [*ledger.open_orders(chosen), *ledger.quarantined_orders(chosen)]
    if waiting and not force:
        shown = ", ".join(str(order.billbee_id) for order in waiting[:_NAMED])
        raise ToolError(
            f"{chosen} has {len(waiting)} open {'order' if len(waiting) == 1 else 'orders'}: {shown}"
            f"{' …' if len(waiting) > _NAMED else ''}",
            "pause the merchant and wait until they are shipped; --force removes it anyway",
        )
    try:
        tool.registry.remove(chosen, by=tool.who)
    except EntryChanged as error:
        raise ToolError(str(error), "look with orderbridge merchants show, then again") from None
    gone = Writer(tool.ssm, tool.found.stage).remove(chosen)

    def render() -> None:
        tool.out.line(f"{chosen} is removed. It takes effect within five minutes.")
        tool.out.line("the settings, whose history stays", indent=2)
        for parameter in gone:
            tool.out.line(f"the parameter {parameter}", indent=2)
        if waiting:
            tool.out.line(f"{len(waiting)} open orders stay as they are and are not followed any more", style="yellow")
        tool.out.line("A webhook that is still registered in Billbee is refused from now on; delete it there.")

    tool.out.show({"removed": chosen, "parameters": gone, "open_orders": len(waiting)}, render)


# ---- pause and resume


def pause(tool: Tool, name: NameArgument = None, merchant: MerchantOption = None, everybody: AllOption = False) -> None:
    """Do nothing for a merchant, or for all, until `resume`. The warehouse still ships the orders that it has."""
    if everybody:
        _switch(tool, name or merchant, on=True)
        return
    chosen = tool.merchant(name or merchant)
    before = _change_mode(tool, chosen, "paused")
    told = f"{chosen} is paused already." if before == "paused" else f"{chosen} is paused; it was {before}."
    _tell_mode(tool, chosen, "paused", before, told)


def resume(
    tool: Tool,
    name: NameArgument = None,
    merchant: MerchantOption = None,
    mode: Annotated[
        Literal["live", "test"] | None, typer.Option("--mode", help="Without it, the one from before the pause.")
    ] = None,
    everybody: AllOption = False,
) -> None:
    """Resume a paused merchant, in its previous mode; with --mode also from test to live and back.

    With --all, resume all who are not paused individually.
    """
    if everybody:
        if mode is not None:
            raise BadInput("--all changes no merchant's mode", "say --mode for one merchant")
        _switch(tool, name or merchant, on=False)
        return
    from orderbridge.merchants.modes import mode_before_pause

    chosen = tool.merchant(name or merchant)
    wanted: str | None = mode or mode_before_pause(tool.registry, chosen)
    if wanted is None:
        raise BadInput(f"the history does not say which mode {chosen} had before", "say it: --mode live or --mode test")
    before = _change_mode(tool, chosen, wanted)
    told = f"{chosen} is {wanted} already." if before == wanted else f"{chosen} is {wanted}; it was {before}."
    _tell_mode(tool, chosen, wanted, before, told)


def _switch(tool: Tool, name: str | None, *, on: bool) -> None:
    if name is not None:
        raise BadInput("say either a merchant or --all")
    before = tool.registry.pause()
    if on and before is None:
        tool.registry.pause_all(by=tool.who)
    elif not on and before is not None:
        tool.registry.resume_all(by=tool.who)
    apart = [one for one, settings in tool.settings().items() if settings.mode == "paused"]

    def render() -> None:
        if on:
            already = f" already, since {times.local(before.since)} by {before.by}" if before else ""
            tool.out.line(f"All merchants are paused{already}. It takes effect within five minutes.")
            return
        done = "Work resumes for all merchants" if before else "All merchants were not paused"
        tool.out.line(f"{done}. It takes effect within five minutes." if before else f"{done}.")
        if apart:
            tool.out.line(f"Paused individually: {', '.join(apart)}", indent=2)

    answer = {"all_paused": on, "before": before is not None, "paused_by_themselves": apart}
    tool.out.show(answer, render)


def _tell_mode(tool: Tool, merchant: str, mode: str, before: str, told: str) -> None:
    if mode != before:
        told += " It takes effect within five minutes."

    def render() -> None:
        tool.out.line(told)
        say_pause(tool)

    tool.out.show({"merchant": merchant, "mode": mode, "before": before}, render)


def _change_mode(tool: Tool, merchant: str, mode: str) -> str:
    """Set only the mode in a merchant's settings. Returns the previous mode."""
    from orderbridge.merchants.modes import change_mode
    from orderbridge.merchants.registry import EntryChanged

    entry = _entry(tool, merchant)
    _readable(entry)
    try:
        return change_mode(tool.registry, entry, mode, by=tool.who)
    except EntryChanged as error:
        raise _changed(merchant, error) from None


# ---- entries


def say_pause(tool: Tool) -> None:
    """Say so if all merchants are paused."""
    if (found := tool.listing.pause) is not None:
        since = times.local(found.since)
        tool.out.line(f"All merchants have been paused since {since}, by {found.by}.", style="yellow")


def _entry(tool: Tool, merchant: str) -> Entry:
    entry = tool.registry.entry(merchant)
    if entry is None:
        raise NotThere(f"there is no merchant {merchant!r} any more")
    return entry


def _readable(entry: Entry) -> dict[str, Any]:
    settings = entry.fields
    if settings is None:
        hint = f"orderbridge merchants set {entry.merchant} --settings FILE replaces them"
        raise ToolError(f"the settings of {entry.merchant} are no JSON object", hint)
    return settings


def _write(tool: Tool, entry: Entry, settings: Mapping[str, Any]) -> Entry:
    """Replace the settings, if they still have this version. Raises ToolError."""
    from orderbridge.merchants.registry import EntryChanged

    text = json.dumps(settings, ensure_ascii=False, indent=2)
    try:
        return tool.registry.put(entry.merchant, text, by=tool.who, expected=entry.version)
    except EntryChanged as error:
        raise _changed(entry.merchant, error) from None


def _changed(merchant: str, error: Exception) -> ToolError:
    return ToolError(str(error), f"orderbridge merchants show {merchant} --history says who did; then again")


def _with_changes(versions: Sequence[Entry]) -> list[tuple[Entry, dict[str, tuple[Any, Any]] | str]]:
    """Each version, the latest first, with its changes."""
    found: list[tuple[Entry, dict[str, tuple[Any, Any]] | str]] = []
    for one, before in zip(versions, [*versions[1:], None], strict=True):
        if one.settings is None:
            found.append((one, "removed"))
        elif before is None or before.settings is None:
            found.append((one, "added"))
        else:
            found.append((one, _changes(before.fields or {}, one.fields or {})))
    return found


def _told(changes: dict[str, tuple[Any, Any]] | str) -> str:
    if isinstance(changes, str):
        return changes
    return ", ".join(f"{key}: {_word(was)} → {_word(now)}" for key, (was, now) in changes.items()) or "nothing"


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The differences by dotted key: old and new value; None for a key that is not set."""
    was, now = _flat(before), _flat(after)
    both = {key: (was.get(key), now.get(key)) for key in sorted(was.keys() | now.keys())}
    return {key: pair for key, pair in both.items() if pair[0] != pair[1]}


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def _word(value: Any) -> str:
    return "not set" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
