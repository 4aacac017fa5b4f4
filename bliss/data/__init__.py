"""Scan data for any process: the node tree, its walks, and the format in Redis."""
