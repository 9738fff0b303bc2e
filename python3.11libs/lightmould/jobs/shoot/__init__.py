"""Rendering views: one Blender at a time is asked for frames, and what it hands over is kept."""
