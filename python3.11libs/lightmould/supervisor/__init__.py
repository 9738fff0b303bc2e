"""nvdiffrec under supervision: views as it wants them, a watched run, files that are verified.

Runs as programs of their own, in the worker's Python.
"""
