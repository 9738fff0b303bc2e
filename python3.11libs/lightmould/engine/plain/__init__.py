"""Slow twins: the same results in the plainest code, for the tests of the fast one."""
