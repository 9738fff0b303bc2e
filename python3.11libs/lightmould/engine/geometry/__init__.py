"""Shape: the visual hull, a grid of distances moved by pictures, a mesh refined and cleaned."""
