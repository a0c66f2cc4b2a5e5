"""Billbee, the hub that the merchants' shops send their orders to."""
