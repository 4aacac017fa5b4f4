"""What devices do in a scan: axes that step, a timer, counters that are read."""
