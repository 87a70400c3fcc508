"""What stands on the floor: four legs, runners, star bases, columns, castors. Legs end a little below the floor, where
the assembly cuts them off flat."""

import numpy as np

from .assembly import Assembly
from .materials import RUBBER, Surface
from .parts import DISC, ROUND, SQUARE, X, Y, Z, fillet, mirrored, sticks, sweep
from .proportions import Body

TURNED = (
    (0.0, 0.55), (0.12, 0.75), (0.2, 1.15), (0.24, 0.8), (0.3, 1.1), (0.55, 1.25), (0.72, 0.75), (0.76, 1.2),
    (0.82, 0.9), (1.0, 1.1),
)
BELOW = 0.012  # how far legs go below the floor
CORNERS = np.array([(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)])
# from the seat down: how far a cabriole leg stands out, and its thickness
CABRIOLE = np.array([(0.0, 1.15), (0.6, 1.3), (1.0, 1.2), (0.85, 1.0), (0.4, 0.75), (0.0, 0.58), (-0.15, 0.5),
                     (0.15, 0.55), (0.55, 0.8), (0.6, 0.75)])


def four_legs(chair: Assembly, body: Body, top: float, kind: str, splay: float, half: tuple[float, float],
              front_only: bool = False, stretchers: str = "none") -> None:
    """Legs from the floor to height `top` under the corners (+-half[0], +-half[1]).

    kind: "square", "tapered", "turned", "tube", "sabre" or "cabriole"; splay moves the feet outwards; front_only leaves
    the back legs to the posts of the back; stretchers: "none", "box", "h", "x" or "front".
    """
    surface = chair.scheme.frame
    signs = CORNERS[:2] if front_only else CORNERS
    longer = 1.0 + BELOW / top
    heads = np.column_stack([signs * half, np.full(len(signs), top)])[:, [0, 2, 1]]
    feet = heads + longer * np.column_stack([signs * splay, np.full(len(signs), -top)])[:, [0, 2, 1]]
    leg = body.leg
    if kind == "square":
        chair.add(sticks(heads, feet, leg, taper=chair.between(0.6, 1.0)), surface)
    elif kind == "tapered":
        chair.add(sticks(heads, feet, leg, taper=chair.between(0.4, 0.75), section=ROUND), surface)
    elif kind == "turned":
        chair.add(sticks(feet, heads, leg, section=ROUND, profile=TURNED), surface)
    elif kind == "tube":
        chair.add(sticks(heads, feet, min(leg, chair.between(0.011, 0.018)), section=ROUND), surface)
    else:
        outward = np.column_stack([signs, np.zeros(len(signs))])[:, None, [0, 2, 1]]
        if kind == "cabriole":
            bend = chair.between(0.025, 0.045) * CABRIOLE[:, 0]
            size = max(leg, 0.022) * CABRIOLE[:, 1:]
        else:
            bend = chair.between(0.01, 0.03) * np.sin(np.pi * np.linspace(0.0, 1.0, 7)) * (
                1.0 if chair.chance(0.5) else -1.0)
            size = leg * np.linspace(1.1, 0.6, 7)[:, None]
        along = np.linspace(0.0, 1.0, len(bend))
        path = heads[:, None] + along[:, None] * (feet - heads)[:, None] + bend[:, None] * outward
        chair.add(sweep(path, size * np.ones(2), SQUARE if kind == "sabre" else ROUND, Z), surface)
    end = (*half, splay)
    stretch(chair, stretchers, top, end, end, max(0.5 * leg, 0.009), kind in ("square", "sabre"), surface)


def stretch(chair: Assembly, kind: str, top: float, front: tuple[float, float, float],
            rear: tuple[float, float, float], thin: float, square: bool, surface: Surface | None = None) -> None:
    """Bars between legs of height `top`. kind: "none", "box", "h", "x" or "front".

    front and rear: x and distance in z of the legs' heads, and how far their feet stand out.
    """
    if kind == "none":
        return
    level = chair.between(0.18, 0.5)
    y, lift = level * top, 0.12 * top
    x, z = front[0] + front[2] * (1.0 - level), front[1] + front[2] * (1.0 - level)
    rear_x, rear_z = rear[0], rear[1] + rear[2] * (1.0 - level)
    if front == rear:
        rear_x = x
    bars = []
    if kind in ("box", "h"):
        bars += [((x, y, z), (rear_x, y, -rear_z)), ((-x, y, z), (-rear_x, y, -rear_z))]
    if kind == "h":
        middle, z_middle = 0.5 * (x + rear_x), 0.5 * (z - rear_z)
        bars.append(((-middle, y, z_middle), (middle, y, z_middle)))
    if kind == "x":
        bars += [((x, y, z), (-rear_x, y, -rear_z)), ((-x, y + 0.5 * thin, z), (rear_x, y + 0.5 * thin, -rear_z))]
    if kind in ("box", "front"):
        bars += [
            ((-x, y + lift, z), (x, y + lift, z)),
            ((-rear_x, y + lift, -rear_z), (rear_x, y + lift, -rear_z)),
        ]
    ends = np.array(bars)
    chair.add(sticks(ends[:, 0], ends[:, 1], max(thin, 0.009), section=SQUARE if square else ROUND),
              surface or chair.scheme.frame)


def apron(chair: Assembly, half: tuple[float, float], top: float, tall: float, thin: float) -> None:
    """Four rails under the seat."""
    x, z, y = half[0], half[1], top - 0.5 * tall
    ends = np.array(
        [((-x, y, z), (x, y, z)), ((-x, y, -z), (x, y, -z)), ((x, y, -z), (x, y, z)), ((-x, y, -z), (-x, y, z))]
    )
    # across x the first half width is the height; along z the second is
    chair.add(sticks(ends[:2, 0], ends[:2, 1], (0.5 * tall, thin)), chair.scheme.frame)
    chair.add(sticks(ends[2:, 0], ends[2:, 1], (thin, 0.5 * tall)), chair.scheme.frame)


def feet(chair: Assembly, half: tuple[float, float], top: float, size: float, surface: Surface) -> None:
    """Four short blocks or bulbs below an upholstered body."""
    heads = np.column_stack([CORNERS * half, np.full(4, top)])[:, [0, 2, 1]]
    ends = heads * (1.0, 0.0, 1.0) - (0.0, BELOW, 0.0)
    section = SQUARE if chair.chance(0.5) else ROUND
    chair.add(sticks(heads, ends, size, taper=chair.between(0.6, 1.0), section=section), surface)


def star(chair: Assembly, radius: float, hub: float, spokes: int, castors: bool, thick: float, surface: Surface,
         phase: float = 0.0) -> None:
    """A star base whose spokes fall from the hub's height to their tips."""
    angles = 2.0 * np.pi * (np.arange(spokes) + phase) / spokes + 0.5 * np.pi
    way = np.stack([np.cos(angles), np.zeros(spokes), np.sin(angles)], axis=1)
    wheel = 0.03 if castors else 0.0
    tip = 2.0 * wheel + 0.6 * thick if castors else 0.5 * thick
    start = np.array([0.0, hub, 0.0]) + 0.015 * way
    end = np.array([0.0, tip, 0.0]) + radius * way
    if chair.chance(0.4):  # spokes that bend down near the hub
        path = np.stack([start, start * 0.4 + end * 0.6 + (0.0, 0.5 * (hub - tip), 0.0), end], axis=1)
        rows = np.array([1.0, 0.9, 0.65])[:, None] * (1.1 * thick, thick)
        chair.add(sweep(path, rows, SQUARE, Y), surface)
    else:
        chair.add(sticks(start, end, (1.1 * thick, thick), taper=0.65, reference=Y), surface)
    chair.add(sticks((0.0, hub - 1.4 * thick, 0.0), (0.0, hub + 1.6 * thick, 0.0), 1.6 * thick, section=ROUND), surface)
    if castors:
        turn = chair.rng.random(spokes) * 2.0 * np.pi
        axle = np.stack([np.cos(turn), np.zeros(spokes), np.sin(turn)], axis=1)
        centre = end * (0.96, 0.0, 0.96) + (0.0, wheel, 0.0)
        side = np.concatenate([centre - 0.014 * axle, centre + 0.014 * axle])
        out = np.concatenate([-0.011 * axle, 0.011 * axle])
        chair.add(sticks(side - out, side + out, wheel, section=ROUND), RUBBER)
        chair.add(sticks(centre, centre + (0.0, wheel + 0.8 * thick, 0.0), 0.009, section=ROUND), surface)


def column(chair: Assembly, low: float, top: float, radius: float, surface: Surface) -> None:
    """A round column, thinner in its upper half."""
    middle = low + 0.55 * (top - low)
    chair.add(sticks((0.0, low, 0.0), (0.0, middle, 0.0), radius, section=ROUND), surface)
    chair.add(sticks((0.0, middle, 0.0), (0.0, top, 0.0), 0.65 * radius, section=ROUND), surface)


def trumpet(chair: Assembly, radius: float, top: float, surface: Surface) -> None:
    """A tulip foot: a disc that runs up into a stem."""
    stem = chair.between(0.08, 0.16)
    profile = (
        (0.0, 1.0), (0.02, 1.0), (0.05, 0.8), (0.1, 0.5), (0.2, 0.27), (0.4, stem), (0.75, stem), (0.92, 1.5 * stem),
        (1.0, 2.4 * stem),
    )
    chair.add(sticks((0.0, 0.0, 0.0), (0.0, top, 0.0), radius, section=DISC, profile=profile), surface)


def disc_foot(chair: Assembly, radius: float, top: float, surface: Surface) -> None:
    """A flat round plate with a column."""
    plate = ((0.0, 1.0), (0.6, 1.0), (1.0, 0.93))
    chair.add(sticks((0.0, 0.0, 0.0), (0.0, 0.022, 0.0), radius, section=DISC, profile=plate), surface)
    chair.add(sticks((0.0, 0.02, 0.0), (0.0, top, 0.0), chair.between(0.018, 0.035), section=ROUND), surface)


def sled(chair: Assembly, body: Body, top: float, half: float, size: float, lean: float, flat: bool = False) -> None:
    """Two closed side frames that rest on runners, and cross bars under the seat; flat frames are of bar steel."""
    z, corner = 0.5 * body.depth, 0.01 if flat else chair.between(0.03, 0.12)
    y = top - size
    path = fillet(
        [(half, y, 0.1 * z), (half, y, z * 0.92), (half, size, z + lean), (half, size, -z - lean), (half, y, -z * 0.92),
         (half, y, 0.1 * z - 0.01)],
        corner, 3 if flat else 5,
    )
    # its plane is x = half, so x itself is a safe reference
    wide = (size, chair.between(1.2, 2.2) * size) if flat else size
    chair.add(mirrored(sweep(path, wide, SQUARE if flat else ROUND, X)), chair.scheme.frame)
    ends = np.array([((-half, y, 0.75 * z), (half, y, 0.75 * z)), ((-half, y, -0.75 * z), (half, y, -0.75 * z))])
    chair.add(sticks(ends[:, 0], ends[:, 1], 1.02 * size, section=ROUND), chair.scheme.frame)
    if chair.chance(0.35):
        chair.add(sticks((-half, size, -z), (half, size, -z), 0.9 * size, section=ROUND), chair.scheme.frame)


def ring(chair: Assembly, radius: float, height: float, size: float, surface: Surface) -> None:
    """A horizontal ring, the foot rest of a bar stool."""
    angle = np.linspace(0.0, 2.0 * np.pi, 25)
    path = np.stack([radius * np.cos(angle), np.full(25, height), radius * np.sin(angle)], axis=1)
    chair.add(sweep(path, size, ROUND, Y), surface)


def rockers(chair: Assembly, half: float, depth: float, size: float, rise: float) -> None:
    """Two curved runners under the legs, flat for a hand's width where they touch the floor."""
    along = np.linspace(-1.0, 1.0, 15)
    path = np.stack([np.full(15, half), size + rise * along**2, depth * along - 0.12 * depth], axis=1)
    chair.add(mirrored(sweep(path, (1.3 * size, 0.9 * size), SQUARE, X)), chair.scheme.frame)
