"""What runs in Houdini: the only importer of hou and pdg.

Assets call in by one line each, see `scripts/otls`. A module is imported when its asset is used,
decides little and touches a lot; what can be decided without hou is decided in the layers below.
"""
