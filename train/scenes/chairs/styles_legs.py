"""Chairs on four legs, with and without arms: one builder and a table of styles, and chunky, easy and garden chairs."""

from dataclasses import dataclass, field, replace

import numpy as np

from .arms import arms
from .assembly import Assembly
from .backs import brackets, panel_back, post_back
from .materials import Surface, scheme
from .parts import ROUND, SOFT, SQUARE, Pad, Y, Z, fillet, mirrored, sticks, sweep
from .proportions import draw
from .seats import loose_cushion, seat
from .supports import BELOW, apron, four_legs, stretch


@dataclass(frozen=True)
class Dining:
    """What a style of dining chair is drawn from; dictionaries are weights."""

    legs: dict
    fills: dict = field(default_factory=dict)  # between posts that are the back legs; empty: a panel of its own
    frame: str = "timber"
    upholstered: float = 0.6
    cover: str = "cloth"
    seats: dict = field(default_factory=dict)  # chosen by the upholstery if empty
    stretchers: float = 0.27
    splay: tuple[float, float] = (0.0, 0.03)
    arms: dict = field(default_factory=dict)
    sheet: tuple[float, float] = (0.0, 0.4)  # percentiles of the back's thickness
    seat_height: tuple[float, float] = (0.2, 0.93)
    sabre: float = 0.08


UPRIGHT = {"panel": 0.46, "cushion": 0.18, "rail": 0.18, "splat": 0.1, "arch": 0.08}
DINING = {
    "straight": Dining({"square": 1.0}, UPRIGHT),
    "tapered": Dining({"tapered": 0.7, "sabre": 0.3}, UPRIGHT),
    "parsons": Dining({"square": 0.7, "tapered": 0.3}, upholstered=1.0, stretchers=0.1, sheet=(0.3, 0.6)),
    "splayed": Dining({"tapered": 1.0}, splay=(0.05, 0.11), upholstered=0.5, stretchers=0.15),
    "cabriole": Dining({"cabriole": 1.0}, {"splat": 0.45, "cushion": 0.35, "panel": 0.2}, "wood", 1.0,
                       seats={"framed": 1.0}, stretchers=0.0),
    "tube": Dining({"tube": 1.0}, {"panel": 0.5, "rail": 0.35, "slats": 0.15}, "metal", 0.85, stretchers=0.3),
    "ladder": Dining({"square": 0.5, "tapered": 0.5}, {"ladder": 1.0}, upholstered=0.45, stretchers=0.6),
    "slat": Dining({"square": 0.8, "tapered": 0.2}, {"slats": 1.0}, upholstered=0.5),
    "spindle": Dining({"tapered": 0.5, "turned": 0.5}, {"spindles": 1.0}, upholstered=0.3, stretchers=0.6),
    "x_back": Dining({"tapered": 0.7, "tube": 0.3}, {"cross": 0.75, "lattice": 0.25}, upholstered=0.5, cover="rush",
                     seats={"woven": 0.6, "plank": 0.4}, stretchers=0.7),
    "bentwood": Dining({"tapered": 1.0}, {"hoop": 1.0}, "wood", 0.4, splay=(0.02, 0.06), stretchers=0.2),
    "cane": Dining({"tapered": 0.6, "tube": 0.4}, {"cane": 1.0}, "wood", 1.0, "cane", {"woven": 0.75, "cushion": 0.25}),
    "rush": Dining({"tapered": 0.6, "square": 0.4}, {"ladder": 0.6, "spindles": 0.4}, "wood", 1.0, "rush",
                   {"woven": 1.0}, stretchers=1.0, sabre=0.03),
    "open_arms": Dining({"square": 0.5, "tapered": 0.4, "sabre": 0.1}, UPRIGHT | {"slats": 0.2, "cane": 0.06},
                        arms={"bar": 1.0}),
    "carver": Dining({"turned": 0.4, "tapered": 0.6}, {"ladder": 0.4, "spindles": 0.25, "slats": 0.35},
                     upholstered=0.5, arms={"bar": 1.0}, stretchers=0.6),
    "panel_arms": Dining({"square": 0.5, "tapered": 0.5}, upholstered=1.0, arms={"panel": 1.0}, sheet=(0.3, 0.6)),
    "tube_arms": Dining({"tube": 1.0}, {"panel": 0.6, "rail": 0.2, "slats": 0.2}, "metal", 0.85,
                        arms={"loop": 0.7, "ring": 0.3}),
    "splayed_arms": Dining({"tapered": 1.0}, splay=(0.05, 0.1), upholstered=0.8, arms={"bar": 0.5, "loop": 0.5}),
}


def dining(rng: np.random.Generator, style: Dining) -> Assembly:
    """A chair on four legs."""
    body = draw(rng, size=(0.15, 0.97) if style.arms else (0.0, 0.82), sheet=style.sheet, seat=style.seat_height)
    chair = Assembly(rng, scheme(rng, style.frame, style.upholstered, style.cover))
    kind = chair.pick(**style.legs)
    if kind == "tube":
        body = replace(body, leg=min(body.leg, chair.between(0.012, 0.018)))
    square, narrow = kind in ("square", "sabre"), chair.between(0.75, 0.97) if chair.chance(0.75) else 1.0
    narrow = 1.0 if "panel" in style.arms else narrow  # panels stand along the sides of the seat
    leg, upholstered = body.leg, chair.scheme.seat is not chair.scheme.frame
    splay = chair.between(*style.splay)
    choice = style.seats or ({"cushion": 0.5, "framed": 0.5} if upholstered else {"plank": 0.75, "cushion": 0.25})
    seat_kind = chair.pick(**choice)
    woven = style.cover in ("cane", "rush")
    own = {"cushion": Surface("seat", "cloth"), "plank": chair.scheme.frame}.get(seat_kind) if woven else None
    under = seat(chair, body, seat_kind, narrow, own)
    bars = chair.pick(box=0.45, h=0.33, front=0.12, x=0.1) if chair.chance(style.stretchers) else "none"
    wide, depth = 0.5 * body.width * 2.0 / (1.0 + narrow), 0.5 * body.depth - leg
    # legs reach into a seat that is rounded below
    head = under + (0.01 if seat_kind in ("framed", "woven") else 0.3 * (body.seat - under))
    if style.fills:  # the back legs run on into the back
        inset = {"framed": 0.93, "woven": 0.98}.get(seat_kind, 0.86)  # keeps the front legs under rounded corners
        front, rear, rake = inset * wide - leg, narrow * wide - leg, chair.between(0.0, 0.08)
        four_legs(chair, body, head, kind, splay, (front, inset * depth), front_only=True)
        stretch(chair, bars, under, (front, inset * depth, splay), (rear, depth, rake), 0.5 * leg, square)
        post_back(chair, body, chair.pick(**style.fills), rear, chair.between(0.0, style.sabre), square, 0.0, rake)
    else:
        front = rear = 0.97 * narrow * wide - leg
        four_legs(chair, body, head, kind, splay, (front, 0.9 * depth), stretchers=bars)
        if seat_kind == "plank" and chair.chance(0.4):
            apron(chair, (front, 0.9 * depth), under + 0.005, chair.between(0.04, 0.08), 0.012)
        sheet = max(body.sheet, 0.035 if upholstered else 0.02)
        low = body.seat - 0.6 * body.thickness
        if not style.arms and chair.chance(0.3):
            bottom = low
            low = body.seat + chair.between(0.08, 0.3) * (1.0 - body.seat)
            brackets(chair, body, front * chair.between(0.3, 0.8), bottom, low + 0.12, sheet)
        panel_back(chair, body, low, 1.0, narrow * wide * chair.between(0.94, 1.04), sheet)
    if style.arms:
        arm = chair.pick(**style.arms)
        arms(chair, body, wide - 0.01 if arm == "panel" else 0.5 * (front + rear), arm, square)
    return chair


def block(rng: np.random.Generator) -> Assembly:
    """Stout square legs, a thick seat and a plain back on two posts: rustic and toy-like chairs."""
    body = draw(rng, size=(0.2, 0.8), seat=(0.0, 0.5), thickness=(0.25, 0.6), tilt=(0.2, 0.7))
    body = replace(body, leg=0.04 + 0.05 * rng.random(), thickness=min(body.thickness, 0.16))
    chair = Assembly(rng, scheme(rng, "timber", 0.55, "cloth" if rng.random() < 0.8 else "timber"))
    leg, narrow = body.leg, 1.0
    pad = Pad(0.5 * body.width, 0.5 * body.depth, body.thickness, power=(9.0, 9.0),
              bevel=body.thickness * chair.between(0.1, 0.45))
    chair.add(pad.place((0.0, body.seat - 0.5 * body.thickness, 0.0), 90.0), chair.scheme.seat)
    under = body.seat - body.thickness
    x, z = 0.47 * body.width - leg, 0.46 * body.depth - leg
    four_legs(chair, body, under + 0.02, "square", chair.between(0.0, 0.03), (x, z),
              stretchers="box" if chair.chance(0.3) else "none")
    kind = chair.pick(posts=0.5, panel=0.3, ladder=0.2)
    if kind == "panel":
        panel_back(chair, body, body.seat - 0.5 * body.thickness, 1.0, 0.48 * body.width,
                   max(body.sheet, chair.between(0.06, 0.12)), lateral=0.0, narrow=narrow, power=(9.0, 9.0))
        return chair
    thick, half = 0.9 * leg, 0.34 * body.width
    rear = -0.5 * body.depth + 1.4 * thick
    lean = np.tan(np.radians(body.tilt))
    high = 1.0 if kind == "ladder" else chair.between(0.85, 1.0)
    start, end = (half, under + 0.03, rear), (half, high, rear - lean * (high - under))
    chair.add(mirrored(sticks(start, end, thick)), chair.scheme.frame)
    count = int(chair.between(2.0, 4.0)) if kind == "ladder" else 1
    room = (high - body.seat) / (count + 0.5)
    for k in range(count):
        middle = (
            high - (0.45 + k) * room if kind == "ladder" else chair.between(0.5, 0.75) * (1.0 - body.seat) + body.seat
        )
        tall = 0.3 * room if kind == "ladder" else 1.0 - middle
        z = rear - lean * (middle - under) + (0.0 if kind == "ladder" else thick + 0.02)
        pad = Pad(half + (thick if kind == "ladder" else 2.0 * thick), tall, 1.4 * thick if kind == "ladder" else 0.08,
                  power=(9.0, 9.0), bevel=0.02)
        chair.add(pad.place((0.0, middle, z), body.tilt), chair.scheme.back)
    return chair


def easy(rng: np.random.Generator) -> Assembly:
    """A low wooden armchair: two side frames, and a seat and a back cushion leaning between them."""
    body = draw(rng, size=(0.5, 0.99), seat=(0.0, 0.35), thickness=(0.35, 0.55), leg=(0.1, 0.45), tilt=(0.72, 0.92))
    chair = Assembly(rng, scheme(rng, "wood" if rng.random() < 0.8 else "metal", 1.0))
    frame, cloth, leg = chair.scheme.frame, chair.scheme.seat, body.leg
    half, front, rear = 0.5 * body.width, 0.5 * body.depth, -0.5 * body.depth
    x, level = half + leg + 0.004, body.seat + chair.between(0.12, 0.2)
    lean, slope = chair.between(0.02, 0.08), chair.between(0.02, 0.05)
    top_z, thick = float(body.back_z(1.0)), max(0.09, min(body.thickness, 0.15))
    section = ROUND if chair.chance(0.45) else SQUARE
    armed = chair.chance(0.8)
    high = level if armed else body.seat - 0.3 * thick
    legs = np.array([[(x, -BELOW, front - 0.02 + lean), (x, high, front - 0.05)],
                     [(x, -BELOW, rear + 0.02 - lean), (x, high, rear + 0.03)]])
    chair.add(mirrored(sticks(legs[:, 0], legs[:, 1], leg, section=section)), frame)
    if armed:
        along = np.linspace(0.0, 1.0, 7)
        path = np.stack([np.full(7, x), level + 0.012 + 0.03 * along * (1.0 - along) * 4.0 * chair.between(-0.5, 1.0),
                         front + 0.02 + (rear - front - 0.06) * along], axis=1)
        wide = chair.between(0.025, 0.05) * (1.0 - 0.35 * along)
        chair.add(mirrored(sweep(path, np.stack([wide, np.full(7, 0.014)], axis=1), SOFT, Y)), frame)
    low = body.seat - thick
    sides = np.array([[(x, low + slope, front - 0.012), (x, low - 0.02, rear + 0.004)]])
    chair.add(mirrored(sticks(sides[:, 0], sides[:, 1], (0.6 * leg, 1.3 * leg))), frame)
    bars = np.array([(x, low + slope, front - 0.05), (x, low, rear + 0.06)])
    chair.add(sticks(bars * (-1.0, 1.0, 1.0), bars, 0.9 * leg), frame)
    tilt = float(np.degrees(np.arctan2(slope + 0.02, body.depth)))
    loose_cushion(chair, half, front, thick, (0.0, body.seat - 0.45 * thick, 0.01), 90.0 - tilt, cloth)
    back = 0.5 * (1.0 - body.seat)
    z = float(body.back_z(body.seat + back)) + 0.25 * thick
    loose_cushion(
        chair, half - 0.01, back + 0.02, 0.9 * thick, (0.0, body.seat + back - 0.02, z), body.tilt, cloth, (6.0, 6.0)
    )
    post = np.array([(0.7 * half, low, rear + 0.06), (0.7 * half, 0.97, top_z - 0.16 * thick)])
    chair.add(mirrored(sticks(post[0], post[1], 0.75 * leg, section=section)), frame)
    rungs = [(y, float(body.back_z(y)) - 0.3 * thick) for y in (body.seat + 0.3 * back, body.seat + 1.6 * back)]
    ends = np.array([(0.75 * half, y, z) for y, z in rungs])
    chair.add(sticks(ends * (-1.0, 1.0, 1.0), ends, 0.6 * leg), frame)
    return chair


def monobloc(rng: np.random.Generator) -> Assembly:
    """The stacking garden chair of plastic: slats in a round frame that runs down into the arms and the front legs."""
    body = draw(rng, size=(0.4, 0.75), seat=(0.2, 0.5), thickness=(0.0, 0.0), tilt=(0.75, 0.9))
    chair = Assembly(rng, scheme(rng, "plastic", 0.0))
    frame, half, deep = chair.scheme.frame, 0.5 * body.width, 0.5 * body.depth
    level, top_z, wide = body.seat + chair.between(0.2, 0.26), float(body.back_z(1.0)), half + 0.05
    pad = Pad(half, deep, 0.022, power=(5.0, 6.0), narrow=0.92, bevel=0.01)
    a, b, n = pad.points.T
    n += 0.03 * (a / half) ** 2 - 0.02 * np.maximum(-b / deep - 0.5, 0.0)
    chair.add(pad.place((0.0, body.seat - 0.02, 0.0), 91.5), frame)
    crown = chair.between(0.55, 0.8)
    side = [(wide + 0.04, -BELOW, deep + 0.06), (wide, 0.8 * level, deep), (wide, level, 0.75 * deep),
            (wide - 0.01, level + 0.02, -0.6 * deep), (crown * half, 0.98, top_z)]
    path = fillet(np.array(side + [(-x, y, z) for x, y, z in side[::-1]]), 0.13, 6)
    size = np.full((len(path), 2), 0.014)
    size[:, 0] = 0.03
    chair.add(sweep(path, size, SOFT, np.array([0.55, 0.6, -0.58])), frame)
    legs = np.array([(wide, -BELOW, -deep - 0.1), (half * 0.95, level, -0.75 * deep)])
    chair.add(mirrored(sticks(legs[0], legs[1], (0.014, 0.03))), frame)
    sides = np.array([(half - 0.01, body.seat - 0.02, deep - 0.02), (half - 0.01, body.seat - 0.02, 0.02 - deep)])
    chair.add(mirrored(sticks(sides[0], sides[1], (0.012, 0.03), reference=Y)), frame)
    for z in (0.8 * deep, -0.72 * deep):  # the seat hangs between the legs
        chair.add(sticks((-wide, body.seat - 0.03, z), (wide, body.seat - 0.03, z), (0.022, 0.012)), frame)
    count = int(chair.between(4.0, 8.0))
    gap = 2.0 * crown * half / (count + 0.5)
    across = (np.arange(count) - 0.5 * (count - 1)) * gap
    heights = np.linspace(body.seat - 0.02, 0.975, 6)
    slats = np.empty((count, 6, 3))
    slats[..., 0] = across[:, None] * np.linspace(0.95, 1.0, 6)
    slats[..., 1] = heights
    slats[..., 2] = np.linspace(0.03 - deep, top_z, 6) + 0.035 * (across / half)[:, None] ** 2 * np.linspace(
        1.0, 0.0, 6
    )
    chair.add(sweep(slats, (0.38 * gap, 0.006), SQUARE, Z), frame)
    return chair


def windsor(rng: np.random.Generator, armed: bool) -> Assembly:
    """A saddle seat on splayed legs, with spindles under a hoop or a comb."""
    body = draw(rng, size=(0.2, 0.7), seat=(0.0, 0.5), thickness=(0.0, 0.0), leg=(0.2, 0.6), tilt=(0.75, 0.92))
    body = replace(body, thickness=0.035 + 0.02 * rng.random())
    chair = Assembly(rng, scheme(rng, "timber", 0.1, "timber"))
    frame, half, deep = chair.scheme.frame, 0.5 * body.width, 0.5 * body.depth
    pad = Pad(half, deep, body.thickness, power=(3.0, 2.3), narrow=0.95, bevel=0.4 * body.thickness)
    a, b, n = pad.points.T
    n -= 0.02 * np.maximum(1.0 - (a / half) ** 2 - (b / deep) ** 2, 0.0)
    chair.add(pad.place((0.0, body.seat - 0.5 * body.thickness, 0.0), 90.0), chair.scheme.seat)
    four_legs(
        chair,
        body,
        body.seat - 0.5 * body.thickness,
        chair.pick(turned=0.7, tapered=0.3),
        chair.between(0.05, 0.12),
        (0.62 * half, 0.6 * deep),
        stretchers="h" if chair.chance(0.85) else "none",
    )
    count = int(chair.between(6.0, 12.0))
    spread = np.linspace(-1.0, 1.0, count + 2)[1:-1]
    lean = np.tan(np.radians(max(body.tilt, 6.0))) * (1.0 - body.seat)
    foot = np.stack([0.78 * half * np.sin(1.2 * spread) / np.sin(1.2), np.full(count, body.seat - 0.01),
                     -0.88 * deep * np.cos(0.95 * spread)], axis=1)
    wide = half * chair.between(0.8, 1.0)
    if chair.chance(0.6):
        turn = np.linspace(0.0, np.pi, 19)
        rise = np.sin(turn) ** 0.7
        bow = np.stack([0.9 * wide * np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.75,
                        body.seat - 0.01 + (1.0 - body.seat) * rise, -0.6 * deep - (0.3 * deep + lean) * rise], axis=1)
        chair.add(sweep(bow, 0.016, ROUND, Z), frame)
        x = 0.82 * wide * spread
        head = np.stack([x, *(np.interp(x, bow[::-1, 0], bow[::-1, k]) for k in (1, 2))], axis=1)
    else:
        x = 0.95 * wide * spread
        head = np.stack([x, np.full(count, 0.95), -0.9 * deep - lean + 0.05 * spread**2], axis=1)
        across = np.linspace(-1.12, 1.12, 9)
        comb = np.stack([0.95 * wide * across, 0.96 + 0.02 * (1.0 - across**2),
                         -0.9 * deep - lean + 0.05 * across**2], axis=1)
        chair.add(sweep(comb, (0.012, chair.between(0.025, 0.045)), SQUARE, Y), frame)
    chair.add(sticks(foot, head, 0.011, taper=0.8, section=ROUND), frame)
    if armed:
        level = body.seat + chair.between(0.2, 0.28)
        angle = np.linspace(0.0, np.pi, 13)
        back_z = float(np.interp(level, (body.seat, 1.0), (-0.88 * deep, -0.9 * deep - lean)))
        rail = np.stack([1.05 * half * np.cos(angle), np.full(13, level), back_z * np.sin(angle)], axis=1)
        tips = np.array([[1.1 * half, level, 0.55 * deep]])
        rail = np.concatenate([tips, rail, tips * (-1.0, 1.0, 1.0)])
        chair.add(sweep(rail, (0.024, 0.013), SQUARE, Y), frame)
        posts = np.array([(0.8, 0.4, 1.08), (0.85, 0.08, 1.06), (0.85, -0.2, 1.03)])
        start = np.stack([posts[:, 0] * half, np.full(3, body.seat - 0.01), posts[:, 1] * deep], axis=1)
        end = np.stack([posts[:, 2] * half, np.full(3, level), posts[:, 1] * deep], axis=1)
        chair.add(mirrored(sticks(start, end, 0.012, section=ROUND)), frame)
    return chair
