"""The heart: working time, rulebooks and the engine. Pure Python, no framework, no clock, no I/O."""
