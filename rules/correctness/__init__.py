"""Rules about correctness."""
