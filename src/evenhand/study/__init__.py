"""Studies: several runs on the same rows, from one command, and what their comparison shows."""
