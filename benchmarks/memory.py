"""Peak memory of each function with 1,000 orders: the real handlers in their own processes on the local stack.

    python -m benchmarks.memory

A thousand orders are at the warehouse already and carry the received tag, so that a first run adopts and follows them
all; sixty new ones are submitted to it. The figure is each process's high-water mark, Python and its libraries
included. Linux only: it is read from /proc.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from benchmarks.results import save
from local.simulators import Bibi, Billbee
from local.simulators.bibi.submission import read_order
from local.simulators.billbee.orders import item, order

KNOWN, NEW = 1000, 60
LIMIT_MB = 256
_PASSWORD = "Memory-benchmark-1!"  # noqa: S105  of a simulator


def main() -> int:
    with Billbee(api_key="memory", throttles=False) as billbee, Bibi(throttles=False) as bibi:
        shop = billbee.add_account("memory@shop.example", _PASSWORD)
        warehouse = bibi.add_account("public", "secret")
        warehouse.add_product("SKU-1", stock=100_000)
        for number in range(1, KNOWN + NEW + 1):
            tags = ["bibi", "order_received_by_bibi"] if number <= KNOWN else ["bibi"]
            shop.add_order(order(number, items=[item("SKU-1")], tags=tags))
            if number <= KNOWN:
                warehouse.book(read_order(_submission(number), warehouse.rules))
        peaks = _run(billbee.url, bibi.url)
    save("memory", {"known": KNOWN, "new": NEW, "peak_mb": {name: kb / 1024 for name, kb in peaks.items()}})
    print(f"{'function':<16} {'peak memory':>12}")
    for function, kilobytes in sorted(peaks.items()):
        print(f"{function:<16} {kilobytes / 1024:>9.0f} MB")
    return 0 if peaks and max(peaks.values()) / 1024 < LIMIT_MB else 1


def _submission(number: int) -> dict[str, Any]:
    person = {
        "FirstName": "Jane",
        "MiddleInitial": "",
        "LastName": "Doe",
        "CompanyName": "",
        "Address1": "123 Willis Avenue",
        "Address2": "",
        "Address3": "",
        "City": "Los Angeles",
        "State": "CA",
        "ZipCode": "91402",
        "CountryCd": "US",
        "DayPhone": "",
        "Email": "jane@shop.example",
    }
    header = {
        "OrderNumber": str(number),
        "EntryDate": "",
        "Source": "WEB",
        "ProdDollars": 10.0,
        "PHAmt": 0.0,
        "TaxAmt": 0.0,
        "RushProcessing": "N",
        "PayMethod": "PP",
    }
    line = {"LineNo": "1", "ItemNo": "SKU-1", "Amount": "10.00", "Quantity": 1, "Description": "", "Ship-Meth-Cd": 24}
    return {
        "Order": {
            "Header": {"HeaderGroup": header},
            "Billing": {"Billto": person},
            "ProductManifest": {"Product": [line]},
            "Shipping": {"Shipto": person},
        }
    }


def _run(billbee_url: str, bibi_url: str) -> dict[str, int]:
    settings = {"billbee": {"username": "memory@shop.example", "order_tag": "bibi"}}
    secrets = {"billbee_password": _PASSWORD, "bibi_public_key": "public", "bibi_secret_key": "secret"}
    merchants = {"billbee_api_key": "memory", "merchants": {"acme": {"settings": settings, "secrets": secrets}}}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "merchants.json"
        path.write_text(json.dumps(merchants), encoding="utf-8")
        command = [sys.executable, "-m", "local", "run", "--merchants", str(path), "--billbee-url", billbee_url]
        process = subprocess.Popen(  # noqa: S603  our own program
            [*command, "--bibi-url", bibi_url, "--cycles", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        peaks: dict[str, int] = {}
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, peaks, done))
        watcher.start()
        process.wait(timeout=600)
        done.set()
        watcher.join()
    return peaks


def _watch(parent: int, peaks: dict[str, int], done: threading.Event) -> None:
    """Note the high-water mark of every child, by the function it runs, in kilobytes."""
    while not done.wait(0.2):
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
                if int(status["PPid"]) == parent and "VmHWM" in status:
                    function = (folder / "cwd").resolve().name
                    peaks[function] = max(peaks.get(function, 0), int(status["VmHWM"].split()[0]))
            except (OSError, KeyError, ValueError):
                continue  # gone meanwhile


if __name__ == "__main__":
    sys.exit(main())
