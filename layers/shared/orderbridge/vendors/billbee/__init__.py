"""The client of Billbee, the hub to which the merchants' shops send their orders."""
