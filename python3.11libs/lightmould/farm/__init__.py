"""One job on many machines: its tasks, each idempotent, and what farms want to know of them.

No scheduler: farms have theirs. Nothing here needs more than numpy.
"""
