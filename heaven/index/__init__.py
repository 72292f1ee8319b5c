"""The symbol index: what is defined where, and what refers to it."""
