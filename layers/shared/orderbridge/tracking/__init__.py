"""The warehouse's reports about orders: parcels, statuses, weights and costs (R14-R17, R27)."""
