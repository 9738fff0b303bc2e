"""From numbers on a grid to a closed mesh, and back with gradients: three ways."""
