"""The Gradio demo: the live viewer and its panels.

    from dcign.ui import Studios, build_demo
    build_demo(Studios()).launch()
"""

from .page import build_demo
from .studios import Studios

__all__ = ["Studios", "build_demo"]
