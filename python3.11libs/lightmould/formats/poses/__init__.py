"""Files that say where pictures were taken from: one module per format, listed in `registry`."""
