"""Proportions of chairs in units of their height, from the percentiles of 6,201 labelled chairs."""

from dataclasses import dataclass

import numpy as np

PERCENT = np.array([2.0, 10.0, 25.0, 50.0, 75.0, 90.0, 98.0]) / 100.0
TABLE = {
    "seat": (0.33, 0.41, 0.46, 0.51, 0.57, 0.63, 0.83),
    "seat_width": (0.34, 0.40, 0.47, 0.56, 0.69, 0.89, 1.27),
    "seat_depth": (0.33, 0.40, 0.47, 0.54, 0.66, 0.89, 1.19),
    "seat_thickness": (0.03, 0.06, 0.09, 0.14, 0.26, 0.44, 0.66),
    "leg_thickness": (0.02, 0.03, 0.04, 0.05, 0.07, 0.09, 0.16),
    "back_thickness": (0.02, 0.04, 0.06, 0.10, 0.18, 0.32, 0.52),
    "tilt": (0.0, 0.0, 0.0, 5.0, 14.0, 24.0, 30.0),  # degrees
}


def quantile(name: str, share: float) -> float:
    """The table's value at a share in 0..1 (piecewise linear, clamped to its 2nd and 98th percentiles)."""
    return float(np.interp(share, PERCENT, TABLE[name]))


@dataclass(frozen=True)
class Body:
    """The chair's main sizes in heights of the chair; the floor is y = 0, the seat's centre z = 0."""

    width: float
    depth: float
    seat: float  # height of the seat's top
    thickness: float
    leg: float  # half thickness of a leg
    sheet: float  # thickness of the back
    tilt: float  # of the back, degrees
    top: float = 1.0

    def back_z(self, height) -> float | np.ndarray:
        """z of the back's front face at this height (also an array)."""
        return -0.5 * self.depth - np.tan(np.radians(self.tilt)) * (np.asarray(height) - self.seat)


def draw(
    rng: np.random.Generator,
    size=(0.0, 0.75),
    seat=(0.1, 0.8),
    thickness=(0.0, 0.45),
    leg=(0.05, 0.75),
    sheet=(0.0, 0.4),
    tilt=(0.2, 0.85),
) -> Body:
    """A Body with sizes in these ranges of percentiles (0..1); width and depth are drawn together."""
    shares = rng.random(8)
    common = 0.85 * shares[0]

    def pick(name, limits, share):
        return quantile(name, limits[0] + (limits[1] - limits[0]) * share)

    # the table's narrow and shallow chairs are so as wholes: splayed legs and leaning backs come on top of the seat
    slim = 1.0 - shares[0]
    return Body(
        width=pick("seat_width", size, common + 0.15 * shares[1]) - 0.04 * slim,
        depth=pick("seat_depth", size, common + 0.15 * shares[2]) - 0.08 * slim,
        seat=pick("seat", seat, shares[3]),
        thickness=pick("seat_thickness", thickness, shares[4]),
        leg=0.5 * pick("leg_thickness", leg, shares[5]),
        sheet=pick("back_thickness", sheet, shares[6]),
        tilt=pick("tilt", tilt, shares[7]),
    )
