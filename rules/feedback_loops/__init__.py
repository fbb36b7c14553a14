"""Rules about feedback loops."""
