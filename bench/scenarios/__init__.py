"""The seven scenarios: programs on a small real project, for any angel."""
