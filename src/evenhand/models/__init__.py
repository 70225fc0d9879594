"""Networks: backbones, pooling, heads."""
