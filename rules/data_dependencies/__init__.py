"""Rules about data dependencies."""
