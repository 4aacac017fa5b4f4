"""The session that comes with the shell."""
