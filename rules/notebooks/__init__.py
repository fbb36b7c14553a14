"""Rules about notebooks."""
