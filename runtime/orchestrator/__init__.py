"""From a task in words to verified edits, by one angel or many: planner, swarm, integrator,
verifier, meter, thrash detector and oracle."""
