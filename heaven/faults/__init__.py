"""Page faults: context on demand, within a budget, each shard once."""
