"""Seats and upholstery, added to an assembly around a Body."""

import numpy as np

from .assembly import Assembly
from .materials import PIPING, Surface
from .parts import BAR, THIN, Pad, Y, stand, sweep
from .proportions import Body


def upholster(chair: Assembly, pad: Pad, origin, tilt: float, surface: Surface, piped: bool = False,
              both: bool = False) -> None:
    """Stand a pad; ``piped`` runs a cord along the edge of its face, and of its underside too with ``both``."""
    chair.add(pad.place(origin, tilt), surface)
    if piped:
        normal = stand(np.array([[0.0, 0.0, 1.0]]), (0.0, 0.0, 0.0), tilt)[0]
        for face in (True, False)[:1 + both]:
            line = stand(pad.edge(face), origin, tilt)
            chair.add(sweep(line, 0.0055, THIN, normal), PIPING)


def seat(chair: Assembly, body: Body, kind: str, narrow: float, surface: Surface | None = None) -> float:
    """Add a seat and return the height of its underside.

    kind: "plank", "cushion", "framed", "round", or "woven" (a panel in a frame; cane has holes).
    """
    surface = surface or chair.scheme.seat
    half_a, half_b, thickness = 0.5 * body.width, 0.5 * body.depth, body.thickness
    bulge = chair.between(0.0, 0.1) if chair.chance(0.5) else 0.0
    power = (chair.between(4.5, 10.0), chair.between(9.0, 14.0))
    wide = half_a * 2.0 / (1.0 + narrow)  # the middle keeps its width while the back narrows
    piped = chair.chance(0.22) and surface.kind == "cloth"
    if kind == "plank":
        thickness = min(thickness, 0.06)
        pad = Pad(wide, half_b, thickness, power=power, narrow=narrow, bulge=bulge, bevel=0.4 * thickness)
        a, b, n = pad.points.T
        dish = np.maximum(1.0 - (a / half_a) ** 2 - (b / half_b) ** 2, 0.0)
        n -= min(chair.between(0.0, 0.025), 0.7 * thickness) * dish
    elif kind == "round":
        thickness = min(thickness, 0.12)
        pad = Pad(half_a, half_b, thickness, power=(2.2, 2.2), bevel=0.45 * thickness, crown=0.2 * thickness)
    elif kind == "woven":
        thickness = 0.03
        return _woven(chair, body, wide, half_b, narrow, surface)
    else:
        rail = 0.0
        if kind == "framed":
            rail = chair.between(0.04, 0.08)
            base = Pad(wide, half_b, rail, power=(9.0, 12.0), narrow=narrow, bevel=0.008)
            chair.add(base.place((0.0, body.seat - thickness - 0.5 * rail, 0.0), 90.0), chair.scheme.frame)
            wide, half_b = 0.97 * wide, 0.97 * half_b
        pad = Pad(wide, half_b, thickness, power=power, narrow=narrow, bulge=bulge,
                  bevel=thickness * chair.between(0.3, 0.5), crown=thickness * chair.between(0.0, 0.3))
        if kind == "framed":  # sinks into the rail: their faces must not lie in one plane
            thickness += 0.012
            pad.points[:, 2] *= thickness / body.thickness
        upholster(chair, pad, (0.0, body.seat - 0.5 * thickness, 0.0), 90.0, surface, piped, thickness > 0.07)
        return body.seat - body.thickness - rail
    chair.add(pad.place((0.0, body.seat - 0.5 * thickness, 0.0), 90.0), surface)
    return body.seat - thickness


def _woven(chair: Assembly, body: Body, wide: float, half_b: float, narrow: float, surface: Surface) -> float:
    """A thin woven panel within four rails of the frame."""
    rail, thick = chair.between(0.022, 0.034), 0.045
    corners = np.array([(1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)])
    share = 1.0 + 0.5 * (narrow - 1.0) * (1.0 + corners[:, 1])
    x, z = corners[:, 0] * share * (wide - rail), -corners[:, 1] * (half_b - rail)
    line = np.stack([x, np.full(5, body.seat - 0.5 * thick), z], axis=1)
    for start, end in ((0, 1), (2, 3)):
        chair.add(sweep(line[[start, end]], (rail, 0.5 * thick), BAR, Y), chair.scheme.frame)
    for start, end in ((1, 2), (3, 4)):
        chair.add(sweep(line[[start, end]], (rail, 0.48 * thick), BAR, Y), chair.scheme.frame)
    pad = Pad(wide - 1.6 * rail, half_b - 1.6 * rail, 0.012, power=(14.0, 14.0), narrow=narrow, bevel=0.004)
    a, b, n = pad.points.T
    n -= 0.008 * (1.0 - (a / wide) ** 2) * (1.0 - (b / half_b) ** 2)
    chair.add(pad.place((0.0, body.seat - 0.012, 0.0), 90.0), surface)
    return body.seat - thick




def loose_cushion(chair: Assembly, half_a: float, half_b: float, thickness: float, origin, tilt: float,
                  surface: Surface, power=(9.0, 9.0)) -> None:
    """A loose cushion, fuller in the middle, at times with piping."""
    pad = Pad(half_a, half_b, thickness, power=power, bevel=thickness * chair.between(0.35, 0.48),
              crown=thickness * chair.between(0.05, 0.3))
    upholster(chair, pad, origin, tilt, surface, chair.chance(0.4), True)
