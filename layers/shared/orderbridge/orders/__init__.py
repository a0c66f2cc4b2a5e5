"""From the shop to the warehouse: import, submit, and follow what the merchant does afterwards (R1-R13, R21)."""
