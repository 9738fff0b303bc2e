"""Reconstruction: views in, mesh, materials and light out; only ever in a process of its own."""
