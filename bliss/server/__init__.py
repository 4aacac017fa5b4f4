"""Beacon's own process: configuration, session locks and the two servers."""
