"""The business of moving orders: pure values and decisions, without I/O and without either vendor's words."""
