"""What a scientist types into."""
