"""Prompts: cut into sections, stored once, shown by section."""
