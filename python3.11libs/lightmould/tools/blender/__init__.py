"""Blender renders a dataset's views, and reads models of all kinds."""

from lightmould.tools.blender.conversion import MODELS, ConversionRequest, Placement
from lightmould.tools.blender.program import Blender, check, command, convert, find, produce
from lightmould.tools.blender.request import RenderRequest, RequestedView, request

__all__ = [
    "MODELS",
    "Blender",
    "ConversionRequest",
    "Placement",
    "RenderRequest",
    "RequestedView",
    "check",
    "command",
    "convert",
    "find",
    "produce",
    "request",
]
