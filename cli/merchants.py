"""`orderbridge merchants` list, add, set-secret and check. The commands of the registry are in registry.py."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from cli.commands import MerchantOption, command, group
from cli.failures import FOUND_TROUBLE, BadInput, ToolError, explain, nearest
from cli.merchants_file import Merchant, MerchantsFileError, load, named, read_settings
from cli.output import styled
from cli.parameters import API_KEY, SECRETS, WEBHOOK_SECRET, Writer, checked_secret
from cli.registry import NameArgument, say_pause
from cli.tool import Tool

app = group("List, add, check, change, pause and remove merchants.")
T = TypeVar("T")
_TRIES: Final = 3
"""How often a prompt may be answered wrongly."""

UntriedOption = Annotated[
    bool, typer.Option("--untried", help="Store credentials without trying them at Billbee and the warehouse.")
]


@command(app, "list")
def list_merchants(tool: Tool) -> None:
    """Every merchant with its mode, and what is wrong with its settings."""
    from orderbridge.merchants.settings import find_settings
    from orderbridge.platform.errors import SettingsError

    found: list[dict[str, Any]] = []
    for name, text in tool.settings_texts.items():
        try:
            read = find_settings(name, text)
            tool.deployment.secrets.of(name)
        except SettingsError as error:
            found.append({"merchant": name, "mode": None, "order_tag": None, "error": f"{error.key}: {error.reason}"})
            continue
        settings, unknown = read.settings, ", ".join(f"{key}: unknown key" for key in read.unknown)
        one = {"mode": settings.mode, "order_tag": settings.billbee.order_tag, "error": unknown or None}
        found.append({"merchant": name, **one})

    def render() -> None:
        say_pause(tool)
        rows = [
            (one["merchant"], styled(one["mode"] or "unusable"), one["order_tag"] or "–", one["error"] or "ok")
            for one in found
        ]
        tool.out.table(("merchant", "mode", "tag", "settings and secrets"), rows)

    if not found:
        raise tool.no_merchants()
    tool.out.show({"all_paused": tool.listing.pause, "merchants": found}, render)
    if any(one["error"] for one in found):
        raise typer.Exit(FOUND_TROUBLE)


@command(app, "add")
def add(
    tool: Tool,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="At prompts, unless in a file.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Merchants file; all of them, or only NAME.")
    ] = None,
    settings: Annotated[
        Path | None, typer.Option("--settings", metavar="FILE", help="The settings of NAME, as a JSON file.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite merchants that exist already.")] = False,
    untried: UntriedOption = False,
) -> None:
    """Add a merchant: from a file, or asked for at prompts. Everything is checked before anything is written, and
    credentials are tried.

    Secrets are written first and settings last, because a merchant exists once it has settings. New ones start in mode
    test, unless a file names another. Secrets that a file does not have, such as one of `export`, may be there already.
    """
    from orderbridge.merchants.registry import EntryChanged

    writer = Writer(tool.ssm, tool.found.stage)
    stored = writer.api_key()
    if name is not None:
        _check_name(tool, name, replace=replace)
    if file is not None:
        if settings is not None:
            raise BadInput("say either --file or --settings")
        api_key, newcomers = _from_file(tool, file, name, replace=replace)
        if api_key is not None and stored is not None and stored != api_key:
            raise BadInput(
                "the file has another Billbee API key than this stage",
                f"all merchants of a stage share it; to change it: orderbridge merchants set-secret {API_KEY}",
            )
        if not untried:
            for one in newcomers:
                _try(tool, one, api_key or stored, writer)
    else:
        api_key, newcomers = _asked(tool, name, settings, stored, writer, replace=replace, untried=untried)
    if api_key is not None and stored is None:
        writer.put_api_key(api_key)
    for one in newcomers:
        writer.put(one.name, one.secrets)
        try:
            tool.registry.put(one.name, one.settings, by=tool.who, expected=None if replace else 0)
        except EntryChanged as error:
            raise ToolError(str(error), "look with orderbridge merchants show, then again") from None
    names = [one.name for one in newcomers]

    def render() -> None:
        for one in names:
            tool.out.line(f"{one} is added. It takes effect within five minutes.")
            tool.out.line(f"Next: orderbridge merchants check {one}", indent=2)

    tool.out.show({"added": names}, render)


def _from_file(tool: Tool, path: Path, name: str | None, *, replace: bool) -> tuple[str | None, list[Merchant]]:
    """The application's key, if the file has it, and the merchants to add, checked."""
    try:
        merchants = load(path, needs_key=False)
    except MerchantsFileError as error:
        raise BadInput(str(error)) from None
    names = [one.name for one in merchants]
    if name is not None and name not in names:
        raise BadInput(f"{path}: there is no merchant {name!r}", nearest(name, names))
    if not names:
        raise BadInput(f"{path}: there is no merchant in it")
    chosen = [one for one in merchants if name in (None, one.name)]
    for one in chosen:
        _check_name(tool, one.name, replace=replace)
    key = checked_secret(API_KEY, merchants.billbee_api_key) if merchants.billbee_api_key else None
    checked = []
    for one in chosen:
        with named(path, f"merchants.{one.name}: "):
            checked.append(_checked(tool, one))
    return key, checked


def _asked(
    tool: Tool,
    name: str | None,
    file: Path | None,
    stored: str | None,
    writer: Writer,
    *,
    replace: bool,
    untried: bool,
) -> tuple[str, list[Merchant]]:
    """The application's key and the merchant to add, from prompts, or from a file for the settings. Typed secrets are
    not shown. A question is asked again after a wrong answer; all are asked again if a vendor refuses the credentials.

    Args:
        stored: the application's key, if the stage has it.
    """
    from orderbridge.merchants.settings import parse_settings

    if tool.out.as_json:
        raise BadInput("prompts and --json do not go together", "give a merchants file with --file")

    def ask_name() -> str:
        typed = str(typer.prompt("Name of the merchant (lower-case letters, digits, - and _)"))
        _check_name(tool, typed, replace=replace)
        return typed

    def ask_secret(secret: str) -> str:
        return _until_right(tool, lambda: checked_secret(secret, typer.prompt(_ASKED_SECRETS[secret], hide_input=True)))

    chosen = name or _until_right(tool, ask_name)
    settings = None
    if file is not None:
        settings = read_settings(file)
        with named(file):
            parse_settings(chosen, settings)  # before anything is typed
    user: str | None = None

    def ask_rest() -> tuple[str, Merchant]:
        nonlocal user
        api_key = stored or ask_secret(API_KEY)
        text = settings
        if text is None:
            user = str(typer.prompt("Billbee user", default=user))
            text = _asked_settings(user)
        secrets = {secret: ask_secret(secret) for secret in _ASKED_SECRETS if secret != API_KEY}
        newcomer = _checked(tool, Merchant(chosen, text, secrets))
        if not untried:
            _try(tool, newcomer, api_key, writer)
        return api_key, newcomer

    api_key, newcomer = _until_right(tool, ask_rest)
    return api_key, [newcomer]


_ASKED_SECRETS: Final = {
    API_KEY: "Billbee API key of the application",
    "billbee_password": "Billbee API password",
    "bibi_public_key": "BiBi public key",
    "bibi_secret_key": "BiBi secret key",
}


def _asked_settings(user: str) -> str:
    settings = {
        "mode": "test",
        "billbee": {"username": user, "order_tag": typer.prompt("Order tag", default="bibi")},
        "bibi": {"source": typer.prompt("Offer code at the warehouse", default="WEB")},
    }
    return json.dumps(settings, ensure_ascii=False, indent=2)


def _until_right(tool: Tool, ask: Callable[[], T]) -> T:
    """Ask; after a wrong answer say what is wrong and ask again, up to three times in all."""
    from orderbridge.platform.errors import SettingsError

    for _ in range(_TRIES - 1):
        try:
            return ask()
        except (BadInput, SettingsError) as error:
            if (told := explain(error)) is not None:
                tool.out.fail(told)
    return ask()


def _try(tool: Tool, one: Merchant, api_key: str | None, writer: Writer) -> None:
    """Try a merchant's credentials, with those that are stored already.

    Raises:
        BadInput: a vendor refuses one.
        ToolError: a vendor cannot be reached.
    """
    from pydantic import SecretStr

    from orderbridge.desk.doctor.findings import failure
    from orderbridge.desk.doctor.try_credentials import try_credentials
    from orderbridge.merchants.settings import find_settings, parse_secrets
    from orderbridge.platform.errors import RetryableError

    if api_key is None:
        return  # the file has none, and neither has the stage: nothing works before there is one
    settings = find_settings(one.name, one.settings).settings
    secrets = parse_secrets(one.name, writer.held(one.name) | dict(one.secrets))
    tool.out.progress(f"trying the credentials of {one.name} …")
    with tool.deployment.working(tool.working_seconds) as deployment:
        failed = try_credentials(deployment.trial(one.name, settings, secrets, SecretStr(api_key)))
    if failed is not None:
        finding = failure(*failed)
        kind = ToolError if isinstance(failed[1], RetryableError) else BadInput
        raise kind(
            f"{one.name}: {finding.area}: {finding.what}",
            f"{finding.remedy}. Nothing is stored; --untried stores them without a trial",
        )


def _checked(tool: Tool, one: Merchant) -> Merchant:
    """The merchant, if it is valid. Raises BadInput and SettingsError."""
    from orderbridge.merchants.settings import parse_secrets, parse_settings
    from orderbridge.platform.errors import SettingsError

    parse_settings(one.name, one.settings)
    checked = {secret: checked_secret(secret, value) for secret, value in one.secrets.items()}
    try:
        parse_secrets(one.name, checked)
    except SettingsError:
        stored = dict.fromkeys(tool.deployment.secrets.names(one.name), "is there")
        parse_secrets(one.name, stored | checked)
    return Merchant(one.name, one.settings, checked)


def _check_name(tool: Tool, name: str, *, replace: bool) -> None:
    """Raises BadInput for a name that no merchant can have, or that one has already."""
    from orderbridge.merchants.settings import MERCHANT_NAME

    if not re.fullmatch(MERCHANT_NAME.strip("^$"), name):
        raise BadInput(
            f"{name!r} cannot be a merchant's name",
            "lower-case letters, digits, - and _, beginning with a letter or digit, at most 64 characters",
        )
    if name in tool.settings_texts and not replace:
        raise BadInput(f"there is a merchant {name!r} already", "--replace overwrites it")


@command(app, "set-secret")
def set_secret(
    tool: Tool,
    secret: Annotated[str, typer.Argument(metavar="SECRET", help=f"{', '.join(SECRETS)}, or {API_KEY}.")],
    merchant: MerchantOption = None,
    untried: UntriedOption = False,
) -> None:
    """Change one secret: asked for at a prompt that shows nothing, or read from standard input. Before it is stored, it
    is tried.
    """
    writer = Writer(tool.ssm, tool.found.stage)
    if secret not in (*SECRETS, API_KEY):
        raise BadInput(f"{secret!r} is no secret that orderbridge knows", nearest(secret, (*SECRETS, API_KEY)))
    whose = None if secret == API_KEY else tool.merchant(merchant)
    given = typer.prompt(secret, hide_input=True) if sys.stdin.isatty() else sys.stdin.read()
    value = checked_secret(secret, given)
    if not untried:
        _try_changed(tool, secret, value, whose, writer)
    if whose is None:
        writer.put_api_key(value)
    else:
        writer.put(whose, {secret: value})
    told = f"{secret} is changed{f' for {whose}' if whose else ''}. Functions use it once the old one is refused."
    tool.out.show({"changed": secret, "merchant": whose}, lambda: tool.out.line(told))


def _try_changed(tool: Tool, secret: str, value: str, merchant: str | None, writer: Writer) -> None:
    """Try a changed secret with the merchant's other ones; the application's key with the first usable merchant."""
    from orderbridge.platform.errors import SettingsError

    if secret == WEBHOOK_SECRET:
        return  # no vendor checks it
    names = [merchant] if merchant is not None else list(tool.settings_texts)
    for name in names:
        changed = {secret: value} if merchant is not None else {}
        api_key = writer.api_key() if merchant is not None else value
        try:
            _try(tool, Merchant(name, tool.settings_texts[name], changed), api_key, writer)
        except SettingsError:
            continue  # others are missing or unusable: `merchants check` says so
        return


@command(app, "check")
def check(
    tool: Tool,
    name: NameArgument = None,
    merchant: MerchantOption = None,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Where the doorbell is, if the deployment does not say.")
    ] = None,
) -> None:
    """Tries every credential, compares the accounts' lists with the settings, looks at orders and products.

    It only reads: at most 11 calls to Billbee, 14 to the warehouse (up to 57 more if its lists come in pages) and 1 to
    Abillify. Hints do not count as trouble.
    """
    from orderbridge.desk.doctor.check_merchant import check_merchant
    from orderbridge.desk.doctor.findings import Finding, Grade, wrong
    from orderbridge.platform.errors import SettingsError

    chosen = tool.merchant(name or merchant)
    address = tool.webhook_url(chosen, url)
    found: list[Finding] = []
    try:
        with tool.working(chosen) as workspace:
            others = {other: settings for other, settings in tool.settings().items() if other != chosen}
            secret = tool.deployment.secrets.of_webhook(chosen)
            for key in tool.registry.unknown_settings(chosen):
                remedy = f"orderbridge merchants set {chosen} --unset {key}; until then it is ignored"
                found.append(wrong("settings", f"{key}: unknown key", remedy))
            for finding in check_merchant(workspace, webhook_url=address, webhook_secret=secret, others=others):
                tool.out.progress(f"{finding.area} …")
                found.append(finding)
    except SettingsError as error:
        remedy = "correct it with orderbridge merchants set or set-secret"
        found.append(wrong("settings", f"{error.key}: {error.reason}", remedy))
    trouble = [one for one in found if one.severity is Grade.WRONG]
    hints = [one for one in found if one.severity is Grade.HINT]

    def render() -> None:
        # The mark comes first, and the remedy below its finding.
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
