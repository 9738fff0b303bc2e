"""One page that shows a reconstruction: scores, pictures, curves, textures and settings."""

from lightmould.engine.report.contents import Curve, Fact, Output, Report, Timing
from lightmould.engine.report.page import write

__all__ = ["Curve", "Fact", "Output", "Report", "Timing", "write"]
