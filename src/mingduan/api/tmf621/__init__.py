"""Trouble tickets as TM Forum describes them (TMF621, v4 and v5): other systems' way to the cases of this house."""
