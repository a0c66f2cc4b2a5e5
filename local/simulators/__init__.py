"""Billbee, BiBi and Abillify on one machine: real HTTP over loopback, as strict as their documents.

    with Billbee(api_key="key") as billbee, Bibi() as bibi:
        shop = billbee.add_account("shop@example.com", "Password-1234")
        warehouse = bibi.add_account("public", "secret")

Each service records its `calls` and takes `faults`; each account holds its state and controls to change it.
"""

from local.simulators.abillify import Abillify
from local.simulators.bibi import Bibi
from local.simulators.billbee import Billbee
from local.simulators.faults import Fault
from local.simulators.server import Call

__all__ = ["Abillify", "Bibi", "Billbee", "Call", "Fault"]
