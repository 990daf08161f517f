"""Settings and the map of addresses."""
