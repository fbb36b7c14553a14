"""Rules about changes in the external world."""
