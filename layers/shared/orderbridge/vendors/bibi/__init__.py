"""The client of BiBi Solutions, the warehouse."""
