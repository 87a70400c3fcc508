"""Where things are: the camera and the lights in the object's frame, and the vertices on the screen.

Shading happens in the object's frame, so vertices and normals are never turned; only their places on the screen and
in the shadow map are computed. Legend: V vertices, T triangles, M materials.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from train.camera import Rig, View, light_direction, rotation
from train.raster.kernel import kernel
from train.scenes.mesh import Mesh, material, vertex_normals

UNITS = 256  # fixed-point units in a pixel
PLAIN = np.array([material()], np.float32)
HALF = np.float32(0.5)


class Surface(NamedTuple):
    """A mesh with nothing left out, as the kernels read it."""

    vertices: np.ndarray  # (V, 3) float32
    normals: np.ndarray  # (V, 3) float32
    colours: np.ndarray  # (V, 3) float32, linear
    specular: np.ndarray  # (V,) float32
    triangles: np.ndarray  # (T, 3) int32
    uv: np.ndarray
    triangle_uv: np.ndarray  # (T, 3) int32
    which: np.ndarray  # (T,) int32 into materials
    materials: np.ndarray  # (M, 11) float32
    texels: np.ndarray
    offset: np.ndarray
    height: np.ndarray
    width: np.ndarray


class Camera(NamedTuple):
    """The camera in the object's frame; ``axes`` has rows of right, up and towards the camera on the screen."""

    axes: np.ndarray  # (3, 3) float32
    eye: np.ndarray  # (3,) float32
    distance: np.float32
    scale: np.float32  # pixels per unit at unit distance
    half: np.float32  # pixels, half the picture


class Lights(NamedTuple):
    """The lights in the object's frame, in linear light."""

    axes: np.ndarray  # (3, 3) float32: right and down as the key light looks, and towards it
    fill_direction: np.ndarray  # (3,) float32
    up: np.ndarray  # (3,) float32, from the middle of the picture to its top before the roll
    key: np.float32
    fill: np.float32
    ambient: np.float32
    sky: np.float32


def _packed(array, kind) -> np.ndarray:
    return np.ascontiguousarray(array, kind)


def surface_of(mesh: Mesh) -> Surface:
    """Fill in what ``mesh`` leaves out."""
    count = len(mesh.triangles)
    vertices, triangles = _packed(mesh.vertices, np.float32), _packed(mesh.triangles, np.int32)
    normals = mesh.normals if mesh.normals is not None else vertex_normals(vertices, triangles)
    specular = mesh.specular if mesh.specular is not None else np.zeros(len(vertices), np.float32)
    uv = mesh.uv if mesh.uv is not None else np.zeros((1, 2), np.float32)
    triangle_uv = mesh.triangle_uv if mesh.triangle_uv is not None else np.zeros((count, 3), np.int32)
    which = mesh.triangle_material if mesh.triangle_material is not None else np.zeros(count, np.int32)
    materials = mesh.materials if mesh.materials is not None else PLAIN
    bank = mesh.bank
    return Surface(vertices, _packed(normals, np.float32), _packed(mesh.colours, np.float32),
                   _packed(specular, np.float32), triangles, _packed(uv, np.float32), _packed(triangle_uv, np.int32),
                   _packed(which, np.int32), _packed(materials, np.float32), bank.texels, bank.offset, bank.height,
                   bank.width)


def camera_of(view: View, rig: Rig, size: int) -> Camera:
    """The camera of a square picture of ``size`` pixels."""
    turn = rotation(view.azimuth, view.elevation).astype(np.float64)
    roll = np.radians(rig.roll)
    spin = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return Camera((spin @ turn).astype(np.float32), (turn[2] * rig.distance).astype(np.float32),
                  np.float32(rig.distance), np.float32(size / 2 / rig.extent * rig.distance), np.float32(size / 2))


def lights_of(view: View, rig: Rig) -> Lights:
    """The lights of a picture."""
    turn = rotation(view.azimuth, view.elevation).astype(np.float64)
    x, y, z = light_direction(view.light, rig.light_elevation) @ turn
    length = (x * x + z * z) ** 0.5
    right = (z / length, 0.0, -x / length) if length > 1e-6 else (1.0, 0.0, 0.0)
    down = (-y * right[2], x * right[2] - z * right[0], y * right[0])
    axes = np.array([right, down, (x, y, z)])
    return Lights(axes.astype(np.float32),
                  (light_direction(rig.fill_light, rig.fill_elevation) @ turn).astype(np.float32),
                  turn[1].astype(np.float32), np.float32(rig.key), np.float32(rig.fill), np.float32(rig.ambient),
                  np.float32(rig.sky))


# of the camera's distance: what is nearer, or behind the camera, is drawn as if it were here, well outside the picture
NEAREST = np.float32(0.15)


@kernel()
def project(vertices, camera, light_axes, points, near, lit, low, high, box):
    """Fill ``points`` (V, 2) with fixed-point places on the screen, ``near`` (V,) with 1 / distance, ``lit`` (V, 3)
    with places in the light's axes, ``low`` and ``high`` (3,) with the bounds of these, and ``box`` (4,) with the first
    and last row and column of pixels, which may lie outside the picture."""
    axes = camera.axes
    for k in range(3):
        low[k], high[k] = np.float32(1e30), np.float32(-1e30)
    unit = np.float32(UNITS)
    top, bottom, left, right = np.int32(1 << 30), np.int32(-1 << 30), np.int32(1 << 30), np.int32(-1 << 30)
    for i in range(vertices.shape[0]):
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        depth = camera.distance - (x * axes[2, 0] + y * axes[2, 1] + z * axes[2, 2])
        closeness = np.float32(1.0) / max(depth, NEAREST * camera.distance)
        across = (x * axes[0, 0] + y * axes[0, 1] + z * axes[0, 2]) * closeness * camera.scale
        up = (x * axes[1, 0] + y * axes[1, 1] + z * axes[1, 2]) * closeness * camera.scale
        column = np.int32(np.floor((camera.half + across) * unit + HALF))
        row = np.int32(np.floor((camera.half - up) * unit + HALF))
        points[i, 0], points[i, 1] = column, row
        left, right, top, bottom = min(left, column), max(right, column), min(top, row), max(bottom, row)
        near[i] = closeness
        for k in range(3):
            value = x * light_axes[k, 0] + y * light_axes[k, 1] + z * light_axes[k, 2]
            lit[i, k] = value
            low[k] = min(low[k], value)
            high[k] = max(high[k], value)
    box[0], box[1], box[2], box[3] = top // UNITS, bottom // UNITS, left // UNITS, right // UNITS
