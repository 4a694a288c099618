"""Training: the replication of what was approved, leaders first, until the last signature."""
