"""What runs in a work item's own process: the standard library, Python 3.9 and later."""
