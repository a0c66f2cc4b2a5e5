"""BiBi Solutions, the warehouse."""
