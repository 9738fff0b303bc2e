"""The plainest code: slow twins for the tests of the fast one, and what a GPU is given."""
