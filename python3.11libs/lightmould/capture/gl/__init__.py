"""Scenes drawn by OpenGL without a display, in a process of its own that may die alone.

`painter` is the host's side; `__main__` is the program, and `device` and `stage`, which load
OpenGL, are loaded by nobody else.
"""
