"""orderbridge: orders from Billbee to the BiBi Solutions warehouse, tracking and stock back."""

import gc

# What imports make stays, and the collector would look through it again and again: a tenth of a cold start.
gc.set_threshold(50_000)
