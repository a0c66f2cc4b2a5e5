"""orderbridge: orders from Billbee to the BiBi Solutions warehouse, tracking and stock back."""

import gc

# Objects made by imports stay; scanning them again and again took a tenth of a cold start.
gc.set_threshold(50_000)
