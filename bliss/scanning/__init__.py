"""The scan engine: chain, acquisition, publisher, watchdog."""
