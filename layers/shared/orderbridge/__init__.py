"""orderbridge: orders from Billbee to the BiBi Solutions warehouse, tracking and stock back."""
