"""What the processes of a measurement do."""
