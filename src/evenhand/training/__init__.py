"""Training: objective, schedule, loop, checkpoints."""
