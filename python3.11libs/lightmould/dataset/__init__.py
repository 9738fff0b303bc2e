"""Folders of posed pictures and the values that describe them."""
