"""DC-IGN: one picture in, a graphics code out, rendered again under a new pose and light.

    import dcign
    studio = dcign.load("faces")
    code = studio.encode("portrait.jpg")
    picture = studio.render(code, azimuth=30.0, light=-45.0)
    dcign.export.save(studio.sweep(code, "azimuth"), "turn.gif")

Importing this package is light: torch is imported by the first call that needs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .graphics_code import CodeLayout, GraphicsCode

if TYPE_CHECKING:
    from . import export, mixing
    from .checkpoints import available
    from .studio import Studio

__version__ = "0.1.0"
__all__ = ["CodeLayout", "GraphicsCode", "Studio", "available", "export", "load", "mixing"]

# Public names that live in modules which are only imported when asked for.
_LAZY = {"Studio": "studio", "available": "checkpoints"}


def load(name_or_path: str = "faces", device: str = "auto", **options) -> Studio:
    """A Studio with the weights of that name ("faces", "chairs"), folder or Hub repository ("owner/name").

    device: "auto", "cpu" or "cuda"; further options go to Studio. FileNotFoundError or ValueError, naming the
    remedy, if the weights cannot be found or do not match their checksums.
    """
    from .checkpoints import load_studio

    return load_studio(name_or_path, device=device, **options)


def __getattr__(name: str):
    if name in ("export", "mixing"):
        return import_module(f".{name}", __name__)
    if name in _LAZY:
        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
