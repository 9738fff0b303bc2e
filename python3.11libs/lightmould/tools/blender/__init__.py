"""Blender renders a dataset's views."""

from lightmould.tools.blender.program import Blender, command, find
from lightmould.tools.blender.request import RenderRequest, RequestedView, request

__all__ = ["Blender", "RenderRequest", "RequestedView", "command", "find", "request"]
