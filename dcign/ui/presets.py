"""One-click angles below the picture; which of them a model gets depends on its trained ranges."""

from __future__ import annotations

from ..studio import Studio

#: (label, factor, degrees). Left and right are the image's.
PRESETS = (
    ("Profile left", "azimuth", -90),
    ("¾ left", "azimuth", -45),
    ("Front", "azimuth", 0),
    ("¾ right", "azimuth", 45),
    ("Profile right", "azimuth", 90),
    ("Back", "azimuth", 180),
    ("Light left", "light", -60),
    ("Light front", "light", 0),
    ("Light right", "light", 60),
)


def offered(studio: Studio, name: str, degrees: float) -> bool:
    """Whether the model was trained at that angle."""
    low, high = studio.ranges.get(name, (0.0, -1.0))
    return low <= degrees <= high
