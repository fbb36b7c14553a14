"""Rules about common smells: plain old data, several languages, prototypes in production."""
