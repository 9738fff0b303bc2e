"""Color, depth and normals of meshes and points, from a terminal, without a display."""
