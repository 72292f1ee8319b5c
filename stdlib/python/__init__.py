"""Macro ops on Python."""
