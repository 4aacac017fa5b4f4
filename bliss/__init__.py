"""What makes the shell work: configuration, data pipeline, scan engine, servers."""

__version__ = "0.1.0"
