"""Measurements, printed as a table. Not tests: a busy machine fails none of them."""
