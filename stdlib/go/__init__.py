"""Macro ops on Go."""
