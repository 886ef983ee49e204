"""Networks, losses, training and inference: the only floor that knows torch, which loads when first needed."""
