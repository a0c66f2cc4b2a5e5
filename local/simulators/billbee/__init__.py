"""Billbee on one machine: the service, an account's controls and builders of wire records."""

from local.simulators.billbee.account import Account
from local.simulators.billbee.server import Billbee

__all__ = ["Account", "Billbee"]
