"""Studies: what takes several runs to answer, in one folder, each trained once."""
