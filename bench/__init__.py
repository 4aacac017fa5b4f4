"""What this project promises, measured beside what it is compared with: `python -m bench`."""
