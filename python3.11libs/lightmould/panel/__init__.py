"""The job panel: what runs, how far, how good, what broke and why; the only place that knows Qt.

It shows what is in job folders and starts programs; what needs Houdini is handed to it.
"""
