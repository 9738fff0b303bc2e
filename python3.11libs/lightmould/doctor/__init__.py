"""What is installed, what is missing, and the command that mends it: `look.look`.

Needs nothing but the standard library and NumPy, so that Houdini can ask it, too.
"""
