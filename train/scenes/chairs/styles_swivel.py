"""Office chairs on castors, and shells and lounge seats on one foot."""

from dataclasses import replace

import numpy as np

from .arms import arms
from .assembly import Assembly
from .backs import brackets, channelled_back, panel_back
from .materials import Surface, scheme
from .parts import (
    DISC,
    ROUND,
    SQUARE,
    Pad,
    Part,
    X,
    Z,
    fillet,
    mirrored,
    resample,
    soft_box,
    spacing,
    stand,
    sticks,
    sweep,
)
from .proportions import Body, draw
from .seats import loose_cushion, seat
from .shells import revolve, shell, shell_height
from .supports import column, disc_foot, four_legs, sled, star, trumpet

BLACK = Surface("fitting", "rubber")


def office(rng: np.random.Generator, kind: str) -> Assembly:
    """A swivel chair on a star base with castors. kind: "task", "mesh" or "executive"."""
    grand = kind == "executive"
    body = draw(rng, size=(0.2, 0.6) if grand else (0.1, 0.55), seat=(0.0, 0.35) if grand else (0.05, 0.6),
                thickness=(0.1, 0.45), sheet=(0.3, 0.65) if grand else (0.2, 0.5), tilt=(0.4, 0.85))
    chair = Assembly(rng, scheme(rng, "metal", 1.0))
    dark = chair.scheme.metal if chair.chance(0.45) else BLACK
    hub, thick = chair.between(0.09, 0.14), chair.between(0.014, 0.024)
    star(chair, chair.between(0.26, 0.33), hub, 5 if chair.chance(0.75) else 4, True, thick, dark, chair.rng.random())
    under = seat(chair, body, "round" if chair.chance(0.1) and not grand else "cushion", chair.between(0.85, 1.0),
                 chair.scheme.seat)
    column(chair, hub, under, chair.between(0.02, 0.032), dark)
    width, depth = body.width, body.depth
    chair.add(
        soft_box((-0.25 * width, under - 0.03, -0.2 * depth), (0.25 * width, under + 0.01, 0.2 * depth), 0.01), BLACK
    )
    lift = 0.3 if kind == "task" else 0.12
    low = body.seat + (chair.between(0.05, lift) * (1.0 - body.seat) if not grand and chair.chance(0.7) else 0.0)
    head = body.seat < 0.5 and chair.chance(0.3 if kind == "mesh" else 0.12)
    high = 0.84 if head else 1.0
    sheet, wide = max(body.sheet, 0.035), 0.5 * width * chair.between(0.78, 1.05)
    spine = float(body.back_z(low + 0.1))
    if kind == "mesh":
        _mesh_back(chair, body, low, high, wide)
        sheet = 0.02
    elif grand:
        sheet = max(sheet, 0.08)
        panel_back(chair, body, low, high, wide, 0.6 * sheet, lateral=0.04, offset=-0.3 * sheet)
        channelled_back(chair, body, low + 0.01, high - 0.01, 0.97 * wide, 0.7 * sheet, chair.scheme.back,
                        int(chair.between(2.0, 6.0)))
    else:
        panel_back(chair, body, low, high, wide, sheet, lateral=chair.between(0.02, 0.09))
    z = spine - 0.4 * sheet
    line = fillet(
        [(0.0, under - 0.012, -0.1 * depth), (0.0, under - 0.012, spine - 0.03), (0.0, low + 0.16, z - 0.01)], 0.06
    )
    chair.add(sweep(line, (0.012, chair.between(0.012, 0.045)), SQUARE, X), BLACK)
    if head:
        panel_back(chair, body, 0.88, 1.0, 0.6 * wide, 0.04, narrow=1.0, lateral=0.03)
        start = (0.0, 0.72, float(body.back_z(0.72)) - 0.45 * sheet)
        chair.add(sticks(start, (0.0, 0.93, float(body.back_z(0.93)) - 0.016), (0.03, 0.008)), BLACK)
    if chair.chance(0.62):
        _office_arms(chair, body, under, dark)
    return chair


def _mesh_back(chair: Assembly, body: Body, low: float, high: float, wide: float) -> None:
    """A net in a rounded frame."""
    pad = Pad(wide - 0.01, 0.5 * (high - low), 0.006, power=(5.0, 4.0), narrow=chair.between(0.8, 1.05), bevel=0.002)
    a, b, n = pad.points.T
    n += chair.between(0.03, 0.08) * ((a / wide) ** 2 - 0.4)
    middle = 0.5 * (low + high)
    origin = (0.0, middle, float(body.back_z(middle)))
    chair.add(pad.place(origin, body.tilt), Surface("net", "mesh"))
    line = stand(pad.edge(), origin, body.tilt)
    chair.add(sweep(line, 0.013, reference=np.array([0.0, 0.12, 0.99])), BLACK)
    half = 0.97 * (wide - 0.01)
    bar = np.array([(-half, middle - 0.06, 0.0), (0.0, middle - 0.06, 0.0), (half, middle - 0.06, 0.0)])
    bar[:, 2] = body.back_z(middle - 0.06) + (0.02, -0.045, 0.02)
    chair.add(sweep(fillet(bar, 0.2, 7), (0.008, 0.02), SQUARE, np.array([0.0, 1.0, 0.0])), BLACK)


def _office_arms(chair: Assembly, body: Body, under: float, dark: Surface) -> None:
    level, x = body.seat + chair.between(0.13, 0.2), 0.5 * body.width + 0.045
    if chair.chance(0.6):
        line = fillet([(0.2 * body.width, under - 0.01, 0.0), (x, under - 0.01, 0.0), (x, level, 0.0)], 0.04)
        chair.add(mirrored(sweep(line, (0.02, 0.014), SQUARE, Z)), dark)
    else:
        front, rear = 0.24 * body.depth, -0.22 * body.depth
        line = fillet(
            [
                (0.22 * body.width, under - 0.005, 0.15 * body.depth),
                (x, under - 0.005, front),
                (x, level - 0.01, front),
                (x, level - 0.01, rear),
                (x, under - 0.005, rear),
                (0.22 * body.width, under - 0.005, -0.15 * body.depth),
            ],
            0.06,
        )
        chair.add(mirrored(sweep(line, 0.014)), dark)
    pad = Pad(chair.between(0.022, 0.04), chair.between(0.1, 0.15), 0.03, power=(4.0, 4.0), bevel=0.012, columns=20)
    chair.add(mirrored(pad.place((x, level + 0.004, 0.02), 90.0)), chair.scheme.arms if chair.chance(0.3) else BLACK)


def bucket(chair: Assembly, body: Body, half: float, raised: float, x: float, z: float) -> tuple[Part, np.ndarray]:
    """A moulded shell, whose sides may rise into arms; and its heights at (x, z) and (x, -z)."""
    rear, front = -0.5 * body.depth, 0.5 * body.depth
    drop = chair.between(0.0, 0.05)
    line = fillet(
        [
            (0.0, body.seat - drop, front),
            (0.0, body.seat - 0.02, 0.7 * front),
            (0.0, body.seat - 0.03, rear + 0.03),
            (0.0, 1.0, float(body.back_z(1.0))),
        ],
        chair.between(0.12, 0.25),
        8,
    )
    profile, along = resample(line[:, [2, 1]], 21, 0.7), spacing(21, 0.7)
    middle = np.exp(-(((along - 0.47) / 0.2) ** 2))
    ends = np.clip(np.minimum(along, 1.0 - along) / 0.2, 0.0, 1.0)
    width = half * (0.42 + 0.58 * np.sqrt(1.0 - (1.0 - ends) ** 2)) * (1.0 - chair.between(0.0, 0.2) * along)
    curl, power = 0.03 + raised * middle, chair.between(2.2, 4.0)
    return (shell(profile, width, curl, chair.between(0.014, 0.03), power, True),
            shell_height(profile, width, curl, x, (z, -z), power, True))


def _foot(chair: Assembly, kind: str, under: float) -> None:
    base, radius = chair.scheme.frame, chair.between(0.24, 0.32)
    if kind == "star":
        hub = chair.between(0.05, 0.12)
        star(chair, radius, hub, 4 if chair.chance(0.6) else 5, False, chair.between(0.012, 0.022), base, 0.5)
        column(chair, hub, under, chair.between(0.018, 0.032), base)
    elif kind == "trumpet":
        trumpet(chair, radius, under, base)
    else:
        disc_foot(chair, radius, under, base)


def shell_seat(rng: np.random.Generator, base: str) -> Assembly:
    """A moulded shell. base: "star", "trumpet" (tulip), "legs" or "sled"."""
    body = draw(rng, size=(0.2, 0.85), seat=(0.1, 0.8), tilt=(0.5, 0.93))
    frame = "plastic" if base == "trumpet" and rng.random() < 0.6 else "metal"
    frame = "wood" if base == "legs" and rng.random() < 0.6 else frame
    chair = Assembly(rng, scheme(rng, frame, 1.0, "shell"))
    half, under = 0.5 * body.width, body.seat - 0.045
    raised = chair.between(0.1, 0.24) if chair.chance(0.45) else chair.between(0.02, 0.08)
    x, z = 0.42 * half, 0.36 * body.depth
    part, heights = bucket(chair, body, half, raised, x, z)
    chair.add(part, chair.scheme.seat)
    if base in ("star", "trumpet"):
        _foot(chair, base if base == "trumpet" or chair.chance(0.75) else "disc", under + 0.012)
    else:
        body = replace(body, leg=min(body.leg, 0.02))
        under = min(under, float(heights.min()) - 0.02)
        if base == "legs":
            four_legs(chair, body, under, "tapered" if frame == "wood" else "tube", chair.between(0.07, 0.13), (x, z))
        else:
            sled(chair, replace(body, depth=0.75 * body.depth), under, 0.75 * half, 0.011, 0.04)
        ends = np.array([(x, under - 0.008, z), (x, under - 0.008, -z)])
        chair.add(sticks(ends * (-1.0, 1.0, 1.0), ends, 0.011), chair.scheme.frame)
        chair.add(mirrored(sticks(ends[0], ends[1], 0.011)), chair.scheme.frame)
        tops = np.stack([np.full(2, x), np.maximum(heights, under), ends[:, 2]], axis=1)
        chair.add(mirrored(sticks(ends, tops, 0.012, section=ROUND)), BLACK)
    if chair.chance(0.3):
        pad = Pad(0.78 * half, 0.4 * body.depth, 0.05, power=(3.0, 3.5), bevel=0.023, crown=0.012)
        chair.add(pad.place((0.0, body.seat + 0.005, 0.03), 92.0), Surface("back", "cloth"))
    return chair


def egg(rng: np.random.Generator) -> Assembly:
    """A tall hooded shell that closes around the sitter."""
    body = draw(rng, size=(0.5, 0.8), seat=(0.0, 0.2), tilt=(0.8, 0.93))
    chair = Assembly(rng, scheme(rng, "metal", 1.0, "cloth" if rng.random() < 0.7 else "plastic"))
    half, front, rear = 0.5 * body.width, 0.5 * body.depth, -0.5 * body.depth
    _foot(chair, "star" if chair.chance(0.8) else "disc", body.seat - 0.06)
    top_z = float(body.back_z(1.0))
    line = fillet(
        [
            (0.0, body.seat - 0.05, front),
            (0.0, body.seat - 0.06, rear + 0.02),
            (0.0, 0.85, 0.85 * top_z + 0.15 * rear),
            (0.0, 1.0, top_z + 0.1),
        ],
        0.22,
        8,
    )
    profile, along = resample(line[:, [2, 1]], 27, 0.6), spacing(27, 0.6)
    ends = np.clip(np.minimum(along / 0.25, (1.0 - along) / 0.22), 0.0, 1.0)
    width = half * (0.3 + 0.7 * np.sqrt(1.0 - (1.0 - ends) ** 2)) * (1.0 + 0.08 * np.sin(np.pi * along))
    hood = 0.04 + chair.between(0.16, 0.25) * np.sin(np.pi * along) ** 1.5
    chair.add(
        shell(profile, width, hood, chair.between(0.025, 0.04), chair.between(2.0, 2.6), True, 15), chair.scheme.seat
    )
    loose_cushion(chair, 0.62 * half, 0.38 * body.depth, 0.07, (0.0, body.seat + 0.012, 0.04), 92.0,
                  Surface("back", "cloth") if chair.chance(0.35) else chair.scheme.seat, (3.2, 3.2))
    return chair


def ball(rng: np.random.Generator) -> Assembly:
    """A hollow ball with an opening to the front, lined with cushions, on a foot."""
    chair = Assembly(rng, scheme(rng, "plastic", 1.0))
    radius, opening, wall = 0.44, chair.between(0.55, 0.95), chair.between(0.025, 0.045)
    centre, tilt = 0.56, np.radians(chair.between(8.0, 20.0))
    turn = np.linspace(0.0, np.pi - opening, 15)
    outer = np.stack([radius * np.sin(turn), -radius * np.cos(turn)], axis=1)
    part = revolve(np.concatenate([outer, (outer * (1.0 - wall / radius))[::-1]]), True)
    x, y, z = part.vertices.T.copy()
    part.vertices[:, 1] = centre + y * np.cos(tilt) + z * np.sin(tilt)
    part.vertices[:, 2] = z * np.cos(tilt) - y * np.sin(tilt)
    chair.add(part, chair.scheme.frame)
    profile = ((0.0, 1.0), (0.1, 0.95), (0.3, 0.35), (0.6, 0.25), (1.0, 0.5))
    base = Surface("arms", "metal") if chair.chance(0.5) else chair.scheme.frame
    chair.add(sticks((0.0, 0.0, 0.0), (0.0, centre - radius + 0.015, 0.0), chair.between(0.22, 0.28), profile=profile,
                     section=DISC), base)
    loose_cushion(chair, 0.25, 0.22, 0.12, (0.0, centre - 0.29, 0.0), 86.0, chair.scheme.seat, (3.0, 2.2))
    loose_cushion(chair, 0.21, 0.17, 0.1, (0.0, centre + 0.02, -0.3), 12.0, chair.scheme.seat, (2.4, 2.4))
    return chair


def star_lounge(rng: np.random.Generator) -> Assembly:
    """A padded lounge or conference chair on a star or a plate."""
    body = draw(rng, size=(0.3, 0.8), seat=(0.1, 0.6), thickness=(0.15, 0.4), sheet=(0.3, 0.6), tilt=(0.5, 0.93))
    chair = Assembly(rng, scheme(rng, "metal", 1.0))
    under = seat(chair, body, "cushion", chair.between(0.85, 1.0), chair.scheme.seat)
    _foot(chair, "star" if chair.chance(0.7) else "disc", under + 0.02)
    half, low, sheet = 0.5 * body.width, body.seat - 0.03, max(body.sheet, 0.05)
    brackets(chair, replace(body, leg=0.017), 0.35 * half, under + 0.01, low + 0.16, sheet)
    if chair.chance(0.4):
        channelled_back(chair, body, low, 1.0, half, sheet, chair.scheme.seat, int(chair.between(3.0, 7.0)))
    else:
        panel_back(chair, body, low, 1.0, half, sheet, chair.scheme.seat, lateral=chair.between(0.0, 0.1))
    if chair.chance(0.5):
        arms(chair, replace(body, leg=0.018), half, chair.pick(loop=0.6, panel=0.4), False)
    return chair
