"""Pose and light conventions: degrees in, rotations and directions out (pinned by tests/test_conventions.py).

Azimuth turns the object's front towards image-right, elevation lifts the camera, light is measured from the camera
axis towards image-right. Camera space: x right, y up, z towards the camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class View:
    """Where the camera and the key light are, in degrees."""

    azimuth: float = 0.0
    elevation: float = 0.0
    light: float = 0.0


@dataclass(frozen=True)
class Rig:
    """What stays the same for a whole class of pictures: lens, framing, lights and ground."""

    field_of_view: float = 28.0  # degrees, a portrait lens
    extent: float = 1.22  # half the picture's height, in scene units, at the object's centre
    light_elevation: float = 22.0  # degrees above the camera axis
    key: float = 0.95
    ambient: float = 0.24
    sky: float = 0.12  # how much more light comes from above than from below
    ground: tuple[int, int, int] = (208, 208, 208)  # sRGB behind the object
    roll: float = 0.0  # degrees of camera roll; positive turns the picture's content clockwise
    softness: float = 0.08  # width of the penumbra of the key light's shadows, scene units; 0 is hard
    fill: float = 0.0  # a second light, which casts no shadow
    fill_light: float = -60.0  # degrees, as View.light
    fill_elevation: float = 10.0  # degrees, as light_elevation
    floor_shadow: float = 0.0  # the share of its light that the floor below the object loses in the shadow, 0..1

    @property
    def distance(self) -> float:
        return self.extent / float(np.tan(np.radians(self.field_of_view) / 2))


FACE_RIG = Rig()
CHAIR_RIG = Rig(field_of_view=34.0, extent=1.04, light_elevation=36.0, key=1.0, ambient=0.20, sky=0.16,
                ground=(255, 255, 255), floor_shadow=0.6)


def rotation(azimuth: float, elevation: float) -> np.ndarray:
    """Object-to-camera rotation (3, 3) for degrees of azimuth and elevation."""
    a, e = np.radians(azimuth), np.radians(elevation)
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    tilt = np.array([[1, 0, 0], [0, np.cos(e), -np.sin(e)], [0, np.sin(e), np.cos(e)]])
    return (tilt @ turn).astype(np.float32)


def light_direction(light: float, light_elevation: float) -> np.ndarray:
    """Unit vector (3,) in camera space from the object to the key light."""
    a, e = np.radians(light), np.radians(light_elevation)
    return np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], np.float32)
