"""Studies: what takes several runs to answer."""
