"""Studies: several trainings that answer one question, in one folder, each trained once."""
