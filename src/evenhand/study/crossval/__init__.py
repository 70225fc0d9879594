"""``evenhand crossval``: what training on this data is worth, each row measured once."""
