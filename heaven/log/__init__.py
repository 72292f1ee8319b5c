"""The event log, and how state follows from it."""
