"""The draws of one fit: the model, the samplers."""
