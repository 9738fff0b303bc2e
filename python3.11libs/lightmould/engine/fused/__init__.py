"""The engine's inner loops on every core: forward, loss and backward in one go, without a graph.

Each has a slow twin in `plain`.
"""
