"""Scripts of ours that run in the worker's interpreter before anything is known of it."""
