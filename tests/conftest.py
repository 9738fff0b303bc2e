"""What every test needs: a run that does not end where Qt's system libraries are absent."""

import importlib

import pytest


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Leave pytest-qt out where Qt can't be loaded; the panel's tests then skip and say why."""
    for binding in ("PySide6", "PySide2"):
        try:
            importlib.import_module(f"{binding}.QtWidgets")
        except ImportError:
            continue
        return
    pluginmanager.set_blocked("pytest-qt")
