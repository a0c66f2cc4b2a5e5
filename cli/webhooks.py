"""`orderbridge webhooks`: the doorbell's registration with Billbee. Others are only counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.commands import EveryMerchantOption, MerchantOption, command, group
from cli.failures import FOUND_TROUBLE, BadInput
from cli.output import styled
from cli.parameters import Writer
from cli.tool import Tool

if TYPE_CHECKING:
    from pydantic import SecretStr

    from orderbridge.orders.webhooks import Webhook
    from orderbridge.workspace import Workspace

app = group("The doorbell: have Billbee ring as soon as an order comes.")

UrlOption = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="Where the doorbell is, if the deployment does not say.")
]


@command(app, "list")
def list_webhooks(tool: Tool, merchant: EveryMerchantOption = None, url: UrlOption = None) -> None:
    """Our registrations, and what is wrong with them; how many others there are."""
    from orderbridge.platform.errors import OrderbridgeError

    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    found: list[dict[str, Any]] = []
    for name in names:
        try:
            found.append(_registered(tool, name, url))
        except OrderbridgeError as error:
            if len(names) == 1:
                raise
            found.append({"merchant": name, "registered": [], "flaws": [], "error": str(error)})

    def render() -> None:
        rows = []
        for one in found:
            if one["error"] is not None:
                mark, told = styled("wrong"), one["error"]
                mark.plain = "not known"
            else:
                mark = styled("wrong" if one["flaws"] else "ok" if one["registered"] else "hint")
                mark.plain = "registered" if one["registered"] else "not registered"
                others = f"; {one['others']} of others" if one["others"] else ""
                told = f"{', '.join(one['flaws']) or one['url']}{others}"
            rows.append((one["merchant"], mark, told))
        tool.out.table(("merchant", "webhook", "address"), rows)

    tool.out.show({"webhooks": found}, render)
    if any(one["error"] or one["flaws"] for one in found):
        raise typer.Exit(FOUND_TROUBLE)


def _registered(tool: Tool, merchant: str, url: str | None) -> dict[str, Any]:
    """A merchant's registrations as Billbee has them."""
    from orderbridge.desk.doctor import webhook_registration as registration

    address = _address(tool, merchant, url)
    secret = tool.deployment.secrets.of_webhook(merchant)
    with tool.working(merchant) as workspace:
        webhooks = workspace.hub.webhooks()
        ours = registration.own(webhooks, address)
        flawed = [flaw for one in ours for flaw in _flaws(workspace, one, secret)]
    return {
        "merchant": merchant,
        "url": address,
        "registered": [{"id": one.id, "events": one.filters, "paused": one.is_paused} for one in ours],
        "flaws": flawed,
        "same_merchant_elsewhere": len(registration.elsewhere(webhooks, address)),
        "others": len(webhooks) - len(ours),
        "error": None,
    }


@command(app, "register")
def register(tool: Tool, merchant: MerchantOption = None, url: UrlOption = None) -> None:
    """Have Billbee ring for a merchant, once. Creates a secret if there is none, and fixes a wrong registration.

    Billbee asks the address for an echo meanwhile, which the deployed function answers.
    """
    from orderbridge.desk.doctor import webhook_registration as registration

    name = tool.merchant(merchant)
    address = _address(tool, name, url)
    secret = tool.deployment.secrets.of_webhook(name)
    made = secret is None
    if secret is None:
        secret = registration.new_secret()
        Writer(tool.ssm, tool.found.stage).put(name, {"webhook_secret": secret.get_secret_value()})
    with tool.working(name) as workspace:
        done = registration.register(workspace, address, secret)
    if made:
        done.append("made a webhook_secret; functions know it within five minutes, rings before that are refused")

    def render() -> None:
        tool.out.line(f"{name}: {address}", style="bold")
        for line in done:
            tool.out.line(line, indent=2)

    tool.out.show({"merchant": name, "url": address, "done": done}, render)


@command(app, "remove")
def remove(tool: Tool, merchant: MerchantOption = None, url: UrlOption = None) -> None:
    """Stop the ringing for a merchant: removes only our registration. The schedules then find orders."""
    from orderbridge.desk.doctor import webhook_registration as registration

    name = tool.merchant(merchant)
    address = _address(tool, name, url)
    with tool.working(name) as workspace:
        count = registration.remove(workspace, address)
    told = f"{name}: {count} removed" if count else f"{name}: there was none for {address}"
    tool.out.show({"merchant": name, "url": address, "removed": count}, lambda: tool.out.line(told))


def _flaws(workspace: Workspace, webhook: Webhook, secret: SecretStr | None) -> list[str]:
    from orderbridge.desk.doctor.webhook_registration import find_flaws

    return find_flaws(workspace, webhook, secret) if secret is not None else ["there is no webhook_secret"]


def _address(tool: Tool, merchant: str, url: str | None) -> str:
    address = tool.webhook_url(merchant, url)
    if address is None:
        hint = "python -m local serve prints where it listens: --url http://127.0.0.1:PORT"
        raise BadInput("the local stack does not say where its doorbell is", hint)
    return address
