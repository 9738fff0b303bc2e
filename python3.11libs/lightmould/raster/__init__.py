"""Differentiable rasterization: `cpu` is fast, `reference` is its slow, obvious twin.

NumPy in, NumPy out. Every operation has a `_backward` that returns the gradients of its inputs.
"""
