"""The business rules: pure values and decisions, without I/O and without a vendor's terms."""
