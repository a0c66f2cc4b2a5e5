"""`orderbridge merchants`: who there is, adding one, the doctor, pausing and going on."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cli.commands import MerchantOption, command, group
from cli.failures import FOUND_TROUBLE, BadInput, nearest
from cli.merchants_file import MerchantsFileError, load
from cli.output import styled
from cli.parameters import API_KEY, SECRETS, Writer, checked_secret
from cli.tool import Tool

app = group("Who there is; add one, look whether it is well, pause it.")

NameArgument = Annotated[str | None, typer.Argument(metavar="[NAME]", help="May be left out where there is only one.")]


@command(app, "list")
def list_merchants(tool: Tool) -> None:
    """Every merchant with its mode, and what is wrong with its settings."""
    from orderbridge.errors import SettingsError
    from orderbridge.settings import find_settings

    found: list[dict[str, Any]] = []
    for name, text in tool.settings_texts.items():
        try:
            read = find_settings(name, text)
            tool.deployment.parameters.secrets(name)
        except SettingsError as error:
            found.append({"merchant": name, "mode": None, "order_tag": None, "error": f"{error.key}: {error.reason}"})
            continue
        settings, unknown = read.settings, ", ".join(f"{key}: unknown key" for key in read.unknown)
        one = {"mode": settings.mode, "order_tag": settings.billbee.order_tag, "error": unknown or None}
        found.append({"merchant": name, **one})

    def render() -> None:
        rows = [
            (one["merchant"], styled(one["mode"] or "unusable"), one["order_tag"] or "–", one["error"] or "ok")
            for one in found
        ]
        tool.out.table(("merchant", "mode", "tag", "settings and secrets"), rows)

    if not found:
        raise tool.no_merchants()
    tool.out.show({"merchants": found}, render)
    if any(one["error"] for one in found):
        raise typer.Exit(FOUND_TROUBLE)


@dataclass(frozen=True)
class _Newcomer:
    """A merchant to add, checked. Secrets never show in a repr."""

    name: str
    settings: str
    secrets: dict[str, str] = field(repr=False)


@command(app, "add")
def add(
    tool: Tool,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="At prompts, unless in a file.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Merchants file; all of them, or only NAME.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Also those that there are already.")] = False,
) -> None:
    """Add a merchant: from a merchants file, or asked for at prompts. Everything is checked before anything is written.

    Secrets are written first and settings last, since a merchant exists once it has settings. New ones start in mode
    test, unless a file says otherwise.
    """
    writer = Writer(tool.ssm, tool.found.stage)
    known = set(tool.settings_texts)
    api_key, newcomers = _from_file(file, name) if file is not None else _asked(tool, name, writer)
    for one in newcomers:
        if one.name in known and not replace:
            raise BadInput(f"there is a merchant {one.name!r} already", "--replace writes it anew")
    if api_key is not None:
        stored = writer.api_key()
        if stored is not None and stored != api_key:
            raise BadInput(
                "the file has another Billbee API key than this stage",
                f"all merchants of a stage share it; to change it: orderbridge merchants set-secret {API_KEY}",
            )
        if stored is None:
            writer.put_api_key(api_key)
    for one in newcomers:
        for secret, value in one.secrets.items():
            writer.put_secret(one.name, secret, value)
        writer.put_settings(one.name, one.settings)
    names = [one.name for one in newcomers]

    def render() -> None:
        for one in names:
            tool.out.line(f"{one} is there. Functions know it within five minutes.")
            tool.out.line(f"Next: orderbridge merchants check {one}", indent=2)

    tool.out.show({"added": names}, render)


def _from_file(path: Path, name: str | None) -> tuple[str, list[_Newcomer]]:
    try:
        merchants = load(path)
    except MerchantsFileError as error:
        raise BadInput(str(error)) from None
    names = [one.name for one in merchants]
    if name is not None and name not in names:
        raise BadInput(f"{path}: there is no merchant {name!r}", nearest(name, names))
    if not names:
        raise BadInput(f"{path}: there is no merchant in it")
    chosen = [one for one in merchants if name in (None, one.name)]
    key = checked_secret(API_KEY, merchants.billbee_api_key)
    return key, [_checked(one.name, one.settings, dict(one.secrets)) for one in chosen]


def _asked(tool: Tool, name: str | None, writer: Writer) -> tuple[str | None, list[_Newcomer]]:
    """What prompts say. Secrets are not shown while they are typed."""
    if tool.out.as_json:
        raise BadInput("prompts and --json do not go together", "give a merchants file with --file")
    name = name or typer.prompt("Name of the merchant (lower-case letters, digits, - and _)")
    _check_name(name)
    api_key = None
    if writer.api_key() is None:
        api_key = _hidden(API_KEY, "Billbee API key of the application")
    settings = {
        "mode": "test",
        "billbee": {
            "username": typer.prompt("Billbee user"),
            "order_tag": typer.prompt("Order tag", default="bibi"),
        },
        "bibi": {"source": typer.prompt("Offer code at the warehouse", default="WEB")},
    }
    secrets = {
        "billbee_password": _hidden("billbee_password", "Billbee API password"),
        "bibi_public_key": _hidden("bibi_public_key", "BiBi public key"),
        "bibi_secret_key": _hidden("bibi_secret_key", "BiBi secret key"),
    }
    return api_key, [_checked(name, json.dumps(settings, ensure_ascii=False, indent=2), secrets)]


def _hidden(secret: str, question: str) -> str:
    return checked_secret(secret, typer.prompt(question, hide_input=True))


def _checked(name: str, settings: str, secrets: dict[str, str]) -> _Newcomer:
    """A merchant that can be worked for. Raises BadInput and SettingsError."""
    from orderbridge.settings import parse_secrets, parse_settings

    _check_name(name)
    parse_settings(name, settings)
    checked = {secret: checked_secret(secret, value) for secret, value in secrets.items()}
    parse_secrets(name, checked)
    return _Newcomer(name, settings, checked)


def _check_name(name: str) -> None:
    from orderbridge.settings import MERCHANT_NAME

    if not re.fullmatch(MERCHANT_NAME.strip("^$"), name):
        raise BadInput(
            f"{name!r} cannot be a merchant's name",
            "lower-case letters, digits, - and _, beginning with a letter or digit, at most 64 characters",
        )


@command(app, "set-secret")
def set_secret(
    tool: Tool,
    secret: Annotated[str, typer.Argument(metavar="SECRET", help=f"{', '.join(SECRETS)}, or {API_KEY}.")],
    merchant: MerchantOption = None,
) -> None:
    """Change one secret: asked for at a prompt that shows nothing, or read from standard input."""
    writer = Writer(tool.ssm, tool.found.stage)
    if secret not in (*SECRETS, API_KEY):
        raise BadInput(f"{secret!r} is no secret that orderbridge knows", nearest(secret, (*SECRETS, API_KEY)))
    whose = None if secret == API_KEY else tool.merchant(merchant)
    given = typer.prompt(secret, hide_input=True) if sys.stdin.isatty() else sys.stdin.read()
    value = checked_secret(secret, given)
    if whose is None:
        writer.put_api_key(value)
    else:
        writer.put_secret(whose, secret, value)
    told = (
        f"{secret} is changed{f' for {whose}' if whose else ''}. Functions know it as soon as the old one is refused."
    )
    tool.out.show({"changed": secret, "merchant": whose}, lambda: tool.out.line(told))


@command(app, "check")
def check(
    tool: Tool,
    name: NameArgument = None,
    merchant: MerchantOption = None,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Where the doorbell is, if the deployment does not say.")
    ] = None,
) -> None:
    """The doctor: tries every credential, compares the accounts' lists with the settings, looks at orders and products.

    It only reads: at most 11 calls to Billbee, 14 to the warehouse (up to 57 more where its lists come in pages) and 1
    to Abillify. Hints do not count as trouble.
    """
    from orderbridge.errors import SettingsError
    from orderbridge.services.check_merchant import check_merchant
    from orderbridge.services.findings import Finding, Severity, wrong

    chosen = tool.merchant(name or merchant)
    address = tool.webhook_url(chosen, url)
    found: list[Finding] = []
    try:
        with tool.working(chosen) as workspace:
            others = {other: settings for other, settings in tool.settings().items() if other != chosen}
            secret = tool.deployment.parameters.webhook_secret(chosen)
            for key in tool.deployment.parameters.unknown_settings(chosen):
                remedy = "correct it in the Parameter Store; until then it is ignored"
                found.append(wrong("settings", f"{key}: unknown key", remedy))
            for finding in check_merchant(workspace, webhook_url=address, webhook_secret=secret, others=others):
                tool.out.progress(f"{finding.area} …")
                found.append(finding)
    except SettingsError as error:
        remedy = "correct the parameter in the Parameter Store, or: orderbridge merchants set-secret"
        found.append(wrong("settings", f"{error.key}: {error.reason}", remedy))
    trouble = [one for one in found if one.severity is Severity.WRONG]
    hints = [one for one in found if one.severity is Severity.HINT]

    def render() -> None:
        # The mark leads and the remedy stands below what it is for.
        for one in found:
            tool.out.fields([(f"{one.severity.value:<5}", styled_finding(one))])
            if one.remedy:
                tool.out.line(f"→ {one.remedy}", indent=7)
        tool.out.line()
        tool.out.line(f"{chosen}: {_told(len(trouble), len(hints))}", style="red" if trouble else "green")

    def styled_finding(one: Finding) -> Any:
        text = styled(one.severity.value)
        text.plain = f"{one.area}: {one.what}"
        return text

    answer = {"merchant": chosen, "trouble": len(trouble), "hints": len(hints), "findings": found}
    tool.out.show(answer, render)
    if trouble:
        raise typer.Exit(FOUND_TROUBLE)


def _told(trouble: int, hints: int) -> str:
    parts = []
    if trouble:
        parts.append(f"{trouble} {'thing is' if trouble == 1 else 'things are'} wrong")
    if hints:
        parts.append(f"{hints} {'hint' if hints == 1 else 'hints'}")
    return ", ".join(parts) or "all is well"


@command(app, "pause")
def pause(tool: Tool, name: NameArgument = None, merchant: MerchantOption = None) -> None:
    """Do nothing for a merchant until `resume`. What is at the warehouse goes on there."""
    chosen = tool.merchant(name or merchant)
    before = Writer(tool.ssm, tool.found.stage).change_mode(chosen, "paused")
    told = f"{chosen} is paused already." if before == "paused" else f"{chosen} is paused; it was {before}."
    _tell_mode(tool, chosen, "paused", before, told)


@command(app, "resume")
def resume(
    tool: Tool,
    name: NameArgument = None,
    merchant: MerchantOption = None,
    mode: Annotated[
        Literal["live", "test"] | None, typer.Option("--mode", help="Otherwise the one from before the pause.")
    ] = None,
) -> None:
    """Go on for a paused merchant, in the mode it had before; with --mode also from test to live and back."""
    chosen = tool.merchant(name or merchant)
    writer = Writer(tool.ssm, tool.found.stage)
    wanted: str | None = mode or writer.mode_before_pause(chosen)
    if wanted is None:
        raise BadInput(f"the history does not say which mode {chosen} had before", "say it: --mode live or --mode test")
    before = writer.change_mode(chosen, wanted)
    told = f"{chosen} is {wanted} already." if before == wanted else f"{chosen} is {wanted}; it was {before}."
    _tell_mode(tool, chosen, wanted, before, told)


def _tell_mode(tool: Tool, merchant: str, mode: str, before: str, told: str) -> None:
    if mode != before:
        told += " Functions know it within five minutes."
    tool.out.show({"merchant": merchant, "mode": mode, "before": before}, lambda: tool.out.line(told))
