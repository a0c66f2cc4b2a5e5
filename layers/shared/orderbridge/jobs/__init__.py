"""How work is asked for and delivered: messages, queues, dead letters, and orders that are set aside."""
