"""Rules about abstractions that are missing."""
