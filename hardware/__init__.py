"""What scans move and read: axes, counters, and their simulated twins."""
