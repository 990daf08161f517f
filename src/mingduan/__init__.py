"""Mingduan 明断: a written procedure becomes a running one."""
