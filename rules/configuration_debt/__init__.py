"""Rules about configuration debt."""
