"""Rules about glue code."""
