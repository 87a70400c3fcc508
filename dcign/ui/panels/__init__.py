"""The panels beside the viewer. Each has build(), which makes its components, and connect(), which wires them."""
