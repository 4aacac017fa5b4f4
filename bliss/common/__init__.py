"""Errors, protocols, clock, log: what every other package may import; imports nothing of ours."""
