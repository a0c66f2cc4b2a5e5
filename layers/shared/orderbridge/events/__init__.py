"""What other systems are told: events on a bus of EventBridge (R47)."""
