"""What stands on the floor: four legs, runners, star bases, columns, castors."""

import numpy as np

from .assembly import Assembly
from .parts import ROUND, SQUARE, X, Y, Z, fillet, mirrored, sticks, superellipse, sweep
from .proportions import Body

TURNED = (
    (0.0, 0.55),
    (0.12, 0.75),
    (0.2, 1.15),
    (0.24, 0.8),
    (0.3, 1.1),
    (0.55, 1.25),
    (0.72, 0.75),
    (0.76, 1.2),
    (0.82, 0.9),
    (1.0, 1.1),
)
DISC = superellipse(24, 2.0)


def four_legs(
    chair: Assembly,
    body: Body,
    top: float,
    kind: str,
    splay: float,
    half: tuple[float, float],
    front_only: bool = False,
    stretchers: str = "none",
) -> None:
    """Legs from the floor to height `top` under the corners (+-half[0], +-half[1]).

    kind: "square", "tapered", "turned", "tube" or "sabre"; splay moves the feet outwards; front_only leaves
    the back legs to the posts of the back; stretchers: "none", "box", "h" or "front".
    """
    frame = chair.scheme.frame
    signs = np.array(
        [(1.0, 1.0), (-1.0, 1.0)] if front_only else [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)]
    )
    heads = np.column_stack([signs[:, 0] * half[0], np.full(len(signs), top), signs[:, 1] * half[1]])
    feet = heads + np.column_stack([signs[:, 0] * splay, np.full(len(signs), -top), signs[:, 1] * splay])
    leg = body.leg
    if kind == "square":
        chair.add(sticks(heads, feet, leg, taper=chair.between(0.6, 1.0)), frame)
    elif kind == "tapered":
        chair.add(sticks(heads, feet, leg, taper=chair.between(0.4, 0.75), section=ROUND), frame)
    elif kind == "turned":
        chair.add(sticks(feet, heads, leg, section=ROUND, profile=TURNED), frame)
    elif kind == "tube":
        chair.add(sticks(heads, feet, min(leg, chair.between(0.011, 0.018)), section=ROUND), frame)
    else:
        along = np.linspace(0.0, 1.0, 7)
        bend = chair.between(0.01, 0.03) * np.sin(np.pi * along) * chair.rng.choice((-1.0, 1.0))
        outward = np.column_stack([signs[:, 0], np.zeros(len(signs)), signs[:, 1]])
        path = heads[:, None] + along[:, None] * (feet - heads)[:, None] + bend[:, None] * outward[:, None]
        size = leg * np.linspace(1.1, 0.6, 7)[:, None] * np.ones(2)
        chair.add(sweep(path, size, SQUARE, Z), frame)
    end = (*half, splay)
    stretch(chair, stretchers, top, end, end, max(0.5 * leg, 0.009), kind in ("square", "sabre"))


def stretch(
    chair: Assembly,
    kind: str,
    top: float,
    front: tuple[float, float, float],
    rear: tuple[float, float, float],
    thin: float,
    square: bool,
) -> None:
    """Bars between legs of height `top`. kind: "none", "box", "h" or "front".

    front and rear: x and -z or z of the legs' heads, and how far their feet stand out.
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
    if kind in ("box", "front"):
        bars += [
            ((-x, y + lift, z), (x, y + lift, z)),
            ((-rear_x, y + lift, -rear_z), (rear_x, y + lift, -rear_z)),
        ]
    ends = np.array(bars)
    chair.add(
        sticks(ends[:, 0], ends[:, 1], max(thin, 0.009), section=SQUARE if square else ROUND),
        chair.scheme.frame,
    )


def apron(chair: Assembly, half: tuple[float, float], top: float, tall: float, thin: float) -> None:
    """Four rails under the seat."""
    x, z, y = half[0], half[1], top - 0.5 * tall
    ends = np.array(
        [
            ((-x, y, z), (x, y, z)),
            ((-x, y, -z), (x, y, -z)),
            ((x, y, -z), (x, y, z)),
            ((-x, y, -z), (-x, y, z)),
        ]
    )
    # across x the first half width is the height; along z the second is
    chair.add(sticks(ends[:2, 0], ends[:2, 1], (0.5 * tall, thin)), chair.scheme.frame)
    chair.add(sticks(ends[2:, 0], ends[2:, 1], (thin, 0.5 * tall)), chair.scheme.frame)


def star(
    chair: Assembly,
    radius: float,
    hub: float,
    spokes: int,
    castors: bool,
    thick: float,
    material,
    phase: float = 0.0,
) -> None:
    """A star base whose spokes fall from the hub's height to their tips."""
    angles = 2.0 * np.pi * (np.arange(spokes) + phase) / spokes + 0.5 * np.pi
    way = np.stack([np.cos(angles), np.zeros(spokes), np.sin(angles)], axis=1)
    wheel = 0.028 if castors else 0.0
    tip = 2.0 * wheel + 0.6 * thick
    start = np.array([0.0, hub, 0.0]) + 0.015 * way
    end = np.array([0.0, tip, 0.0]) + radius * way
    chair.add(sticks(start, end, (1.1 * thick, thick), taper=0.65, reference=Y), material)
    chair.add(
        sticks((0.0, hub - 1.4 * thick, 0.0), (0.0, hub + 1.6 * thick, 0.0), 1.6 * thick, section=ROUND),
        material,
    )
    if castors:
        turn = chair.rng.uniform(0.0, 2.0 * np.pi, spokes)
        axle = np.stack([np.cos(turn), np.zeros(spokes), np.sin(turn)], axis=1) * 0.022
        centre = end * np.array([0.96, 0.0, 0.96]) + np.array([0.0, wheel, 0.0])
        dark = chair.scheme.metal if max(chair.scheme.metal.albedo) < 0.1 else chair.scheme.arms
        chair.add(sticks(centre - axle, centre + axle, wheel, section=ROUND), dark)


def column(chair: Assembly, low: float, top: float, radius: float, material) -> None:
    """A round column, thinner in its upper half."""
    middle = low + 0.55 * (top - low)
    chair.add(sticks((0.0, low, 0.0), (0.0, middle, 0.0), radius, section=ROUND), material)
    chair.add(sticks((0.0, middle, 0.0), (0.0, top, 0.0), 0.65 * radius, section=ROUND), material)


def trumpet(chair: Assembly, radius: float, top: float, material) -> None:
    """A tulip foot: a disc that runs up into a stem."""
    stem = chair.between(0.08, 0.16)
    profile = (
        (0.0, 1.0),
        (0.02, 1.0),
        (0.05, 0.8),
        (0.1, 0.5),
        (0.2, 0.27),
        (0.4, stem),
        (0.75, stem),
        (0.92, 1.5 * stem),
        (1.0, 2.4 * stem),
    )
    chair.add(sticks((0.0, 0.0, 0.0), (0.0, top, 0.0), radius, section=DISC, profile=profile), material)


def disc_foot(chair: Assembly, radius: float, top: float, material) -> None:
    """A flat round plate with a column."""
    chair.add(sticks((0.0, 0.0, 0.0), (0.0, 0.022, 0.0), radius, section=DISC), material)
    chair.add(sticks((0.0, 0.02, 0.0), (0.0, top, 0.0), chair.between(0.018, 0.035), section=ROUND), material)


def sled(chair: Assembly, body: Body, top: float, half: float, size: float, lean: float) -> None:
    """Two closed side frames that rest on runners, and cross bars under the seat."""
    z, corner = 0.5 * body.depth, chair.between(0.03, 0.12)
    wide = size if chair.chance(0.7) else 0.5 * size
    y = top - size
    path = fillet(
        [
            (half, y, 0.1 * z),
            (half, y, z * 0.92),
            (half, size, z + lean),
            (half, size, -z - lean),
            (half, y, -z * 0.92),
            (half, y, 0.1 * z - 0.01),
        ],
        corner,
    )
    # its plane is x = half, so x itself is a safe reference
    chair.add(mirrored(sweep(path, (size, wide), SQUARE if wide != size else ROUND, X)), chair.scheme.frame)
    ends = np.array(
        [((-half, y, 0.75 * z), (half, y, 0.75 * z)), ((-half, y, -0.75 * z), (half, y, -0.75 * z))]
    )
    chair.add(sticks(ends[:, 0], ends[:, 1], 0.9 * size, section=ROUND), chair.scheme.frame)
    if chair.chance(0.35):
        chair.add(sticks((-half, size, -z), (half, size, -z), 0.9 * size, section=ROUND), chair.scheme.frame)


def ring(chair: Assembly, radius: float, height: float, size: float, material) -> None:
    """A horizontal ring, the foot rest of a bar stool."""
    angle = np.linspace(0.0, 2.0 * np.pi, 25)
    path = np.stack([radius * np.cos(angle), np.full(25, height), radius * np.sin(angle)], axis=1)
    chair.add(sweep(path, size, ROUND, Y), material)


def rockers(chair: Assembly, half: float, depth: float, size: float, rise: float) -> None:
    """Two curved runners under the legs."""
    along = np.linspace(-1.0, 1.0, 13)
    path = np.stack([np.full(13, half), size + rise * along**2, depth * along - 0.12 * depth], axis=1)
    chair.add(mirrored(sweep(path, (1.3 * size, 0.9 * size), SQUARE, X)), chair.scheme.frame)
