"""A contractor's monthly score, worked out from tickets and records by a scorecard that is data (S03)."""
