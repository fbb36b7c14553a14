"""Rules about dead experiments."""
