"""``evenhand ablate``: what each technique is worth, one change at a time."""
