"""The operator's complaint desk and its contractors: what is particular to them and no rulebook can say."""
