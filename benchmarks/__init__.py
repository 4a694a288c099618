"""What is measured, against what; each module has `run()` giving the shape of `bench --json`."""
