"""From a model, or any posed photos, to a relightable PBR asset."""

__version__ = "0.1.0"
