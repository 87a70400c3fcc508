"""Procedural chairs: styles, proportions and colours counted on real chairs; `ChairSource` is the way in."""

from .source import STYLES, ChairSource, style_of

__all__ = ["STYLES", "ChairSource", "style_of"]
