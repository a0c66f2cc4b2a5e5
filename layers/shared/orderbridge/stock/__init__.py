"""How much of each product may be sold (R18), and what moved in the warehouse (R25)."""
