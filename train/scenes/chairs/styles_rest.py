"""The rarer styles: rocker, bent plywood, zig-zag, wire, Adirondack, butterfly, plank."""


import numpy as np

from .arms import arms
from .assembly import Assembly
from .backs import post_back
from .materials import scheme
from .parts import (
    ROUND,
    SQUARE,
    THIN,
    Pad,
    X,
    Y,
    box,
    fillet,
    mirrored,
    resample,
    sticks,
    superellipse,
    sweep,
)
from .proportions import draw
from .seats import seat
from .shells import shell, shell_height, shell_lines
from .supports import BELOW, four_legs, rockers, stretch

FOUR = superellipse(4, 2.0)


def rocker(rng: np.random.Generator) -> Assembly:
    """A ladder, slat or spindle back with arms, on two curved runners."""
    body = draw(rng, size=(0.1, 0.65), seat=(0.0, 0.5), thickness=(0.0, 0.1), leg=(0.15, 0.5), tilt=(0.75, 0.92))
    chair = Assembly(rng, scheme(rng, "timber", 0.5, "cloth" if rng.random() < 0.5 else "rush"))
    narrow = chair.between(0.75, 0.9)
    kind = (
        "woven" if chair.scheme.seat.kind == "rush" else ("cushion" if chair.scheme.seat.kind == "cloth" else "plank")
    )
    under, square = seat(chair, body, kind, narrow), chair.chance(0.25)
    wide, leg = body.width / (1.0 + narrow), body.leg
    legs, depth = "square" if square else "tapered", 0.5 * body.depth - leg
    four_legs(chair, body, under + 0.02, legs, 0.0, (wide - leg, depth), front_only=True)
    stretch(chair, "box", under, (wide - leg, depth, 0.0), (narrow * wide - leg, depth, 0.0), 0.4 * leg, square)
    post_back(
        chair,
        body,
        chair.pick(ladder=0.5, slats=0.3, spindles=0.2),
        narrow * wide - leg,
        chair.between(0.0, 0.06),
        square,
    )
    middle = 0.5 * (1.0 + narrow) * wide - leg
    if chair.chance(0.85):
        arms(chair, body, middle, "bar", square)
    rockers(chair, middle, body.depth * chair.between(0.85, 1.05), 0.022, chair.between(0.08, 0.14))
    return chair


def _profile(chair: Assembly, side: list, corner: float, count: int) -> np.ndarray:
    return resample(fillet(side, corner, 8)[:, [2, 1]], count)


def bent_ply(rng: np.random.Generator) -> Assembly:
    """One bent sheet on bent side frames, or on thin legs."""
    body = draw(rng, size=(0.2, 0.75), seat=(0.0, 0.6), tilt=(0.6, 0.95))
    loops = rng.random() < 0.5
    chair = Assembly(rng, scheme(rng, "ply" if loops else "metal", 0.25 if loops else 1.0, "cloth" if loops else "ply"))
    half, front, rear = 0.5 * body.width, 0.5 * body.depth, -0.5 * body.depth
    dip, sheet = chair.between(0.01, 0.05), chair.between(0.018, 0.03)
    side = [(0.0, body.seat - 0.03, front + 0.01), (0.0, body.seat, 0.85 * front), (0.0, body.seat - dip, rear + 0.04),
            (0.0, 1.0, float(body.back_z(1.0)))]
    line = _profile(chair, side, chair.between(0.06, 0.22), 21)
    above = np.clip((np.linspace(0.0, 1.0, 21) - 0.75) / 0.25, 0.0, 1.0)
    width = half * (1.0 - chair.between(0.0, 0.25) * above**2)
    low = body.seat - dip - sheet
    curl = chair.between(0.0, 0.03)
    chair.add(shell(line, width, np.full(21, curl), sheet), chair.scheme.seat)
    if not loops:
        x, z = 0.75 * half, 0.65 * front
        four_legs(chair, body, low, "tube", chair.between(0.02, 0.08), (x, z))
        corners = np.array([(x, low + 0.004, z), (x, low + 0.004, -z)])
        chair.add(sticks(corners * (-1.0, 1.0, 1.0), corners, 0.011, section=ROUND), chair.scheme.frame)
        chair.add(mirrored(sticks(corners[0], corners[1], 0.011, section=ROUND)), chair.scheme.frame)
        blocks = np.array([(0.0, low, z), (0.0, low, -z)])  # up to the sheet, wherever it is there
        tops = blocks + (0.0, dip + sheet, 0.0)
        tops[1, 1] = low + 0.8 * sheet
        chair.add(sticks(blocks, tops, 0.016), chair.scheme.frame)
        return chair
    x, level = half + 0.03, body.seat + chair.between(0.12, 0.22)
    loop = fillet([(x, 0.014, 0.2 * rear), (x, 0.014, front), (x, level, 0.95 * front), (x, level, 1.05 * rear),
                   (x, 0.014, 1.15 * rear), (x, 0.014, 0.2 * rear + 0.005)], chair.between(0.08, 0.2), 7)
    chair.add(mirrored(sweep(loop, (0.013, 0.028), SQUARE, X)), chair.scheme.frame)
    bars = np.array(
        [(x, body.seat - 0.025, 0.93 * front), (x, level - 0.01, 0.97 * rear), (x, low + 0.006, rear * 0.72)]
    )
    chair.add(sticks(bars * (-1.0, 1.0, 1.0), bars, 0.014, section=ROUND), chair.scheme.frame)
    posts = np.array([(x - 0.015, low, rear * 0.72), (x - 0.015, level, rear * 0.72)])
    chair.add(mirrored(sticks(posts[0], posts[1], 0.012)), chair.scheme.frame)
    return chair


def zigzag(rng: np.random.Generator) -> Assembly:
    """A Z of boards, or one flowing sheet of plastic, whose foot runs back under the seat."""
    body = draw(rng, size=(0.2, 0.65), seat=(0.0, 0.6), tilt=(0.5, 0.85))
    flowing = rng.random() < 0.5
    chair = Assembly(rng, scheme(rng, "plastic" if flowing else "timber", 0.0))
    half, front, rear = 0.5 * body.width, 0.5 * body.depth, -0.5 * body.depth
    sheet = chair.between(0.025, 0.045) if flowing else chair.between(0.03, 0.05)
    side = [(0.0, 0.5 * sheet, front), (0.0, 0.5 * sheet, rear), (0.0, body.seat, front),
            (0.0, body.seat - 0.02, rear + 0.03), (0.0, 1.0, float(body.back_z(1.0)))]
    line = _profile(chair, side, chair.between(0.1, 0.2) if flowing else 0.008, 41 if flowing else 61)
    along = np.linspace(0.0, 1.0, len(line))
    width = np.full(len(line), half)
    if flowing:
        width *= 1.0 - 0.25 * np.exp(-(((along - 0.33) / 0.13) ** 2))
        width *= 1.0 - 0.3 * np.clip((along - 0.85) / 0.15, 0.0, 1.0) ** 2
    curl = chair.between(0.02, 0.05) * np.clip((along - 0.45) / 0.2, 0.0, 1.0) if flowing else np.zeros(len(line))
    chair.add(shell(line, width, curl, sheet), chair.scheme.seat)
    return chair


def wire(rng: np.random.Generator) -> Assembly:
    """A bucket of crossed thin rods on a base of rods."""
    body = draw(rng, size=(0.3, 0.8), seat=(0.1, 0.55), tilt=(0.6, 0.92))
    chair = Assembly(rng, scheme(rng, "metal", 0.0))
    frame, half = chair.scheme.frame, 0.5 * body.width
    front, rear, rod = 0.5 * body.depth, -0.5 * body.depth, chair.between(0.0045, 0.0065)
    side = [(0.0, body.seat - 0.02, front), (0.0, body.seat - 0.03, rear + 0.03), (0.0, 1.0, float(body.back_z(1.0)))]
    line = _profile(chair, side, chair.between(0.12, 0.22), 15)
    along = np.linspace(0.0, 1.0, 15)
    ends = np.clip(np.minimum(along, 1.0 - along) / 0.18, 0.0, 1.0)
    width = half * (0.7 + 0.3 * np.sqrt(1.0 - (1.0 - ends) ** 2)) * (1.0 - chair.between(0.0, 0.15) * along)
    curl = 0.03 + chair.between(0.03, 0.14) * np.exp(-(((along - 0.5) / 0.22) ** 2))
    columns = int(chair.between(9.0, 14.0))
    grid = shell_lines(line, width, curl, np.linspace(-1.0, 1.0, columns), 2.2, True)
    chair.add(sweep(np.ascontiguousarray(grid.transpose(1, 0, 2)[1:-1]), rod, FOUR), frame)
    fine = shell_lines(line, width, curl, np.linspace(-1.0, 1.0, 9), 2.2, True)
    chair.add(sweep(np.ascontiguousarray(fine[1:-1]), rod, FOUR, np.array([0.05, 0.72, 0.69])), frame)
    rim = np.concatenate([grid[:, 0], fine[-1, 1:-1], grid[::-1, -1], fine[0, ::-1][1:]])
    chair.add(sweep(rim, 1.9 * rod, THIN, np.array([0.3, 0.62, 0.72])), frame)
    x, z, foot = 0.5 * half, 0.5 * front, chair.between(0.04, 0.1)
    fore, middle, aft = shell_height(line, width, curl, x, (z, 0.0, -z), 2.2, True) - 0.006
    loop = fillet([(x, middle, 0.0), (x, fore, z), (x + foot, 0.01, front + 0.02), (x + foot, 0.01, rear), (x, aft, -z),
                   (x, middle, -0.01)], 0.04)
    chair.add(mirrored(sweep(loop, 0.0095, ROUND)), frame)
    bars = np.array([(x, fore, z), (x, aft, -z)])
    chair.add(sticks(bars * (-1.0, 1.0, 1.0), bars, 0.0085, section=ROUND), frame)
    if chair.chance(0.45):
        pad = Pad(0.72 * half, 0.4 * body.depth, 0.05, power=(3.5, 3.5), bevel=0.023, crown=0.012)
        chair.add(
            pad.place((0.0, body.seat + 0.012, 0.02), 91.0), chair.scheme.seat._replace(role="seat", kind="cloth")
        )
    return chair


def butterfly(rng: np.random.Generator) -> Assembly:
    """A sling of leather or canvas hung on four corners of a frame of bent rods."""
    body = draw(rng, size=(0.6, 0.85), seat=(0.0, 0.3), tilt=(0.9, 0.95))
    chair = Assembly(rng, scheme(rng, "metal", 1.0, "cloth" if rng.random() < 0.6 else "canvas"))
    half, top_z, front = 0.48 * body.width, -0.62 * body.depth, 0.58 * body.depth
    low, knee = chair.between(0.26, 0.34), chair.between(0.55, 0.66)
    line = _profile(chair, [(0.0, knee - 0.13, front), (0.0, low, -0.12), (0.0, 0.86, top_z + 0.03)], 0.35, 17)
    along = np.linspace(0.0, 1.0, 17)
    width = half * (0.8 + 0.2 * np.abs(2.0 * along - 1.0) ** 1.5)
    curl = np.interp(along, (0.0, 0.5, 1.0), (0.13, 0.06, 0.15))
    chair.add(shell(line, width, curl, 0.014, 2.0, True), chair.scheme.seat)
    tips = shell_lines(line, width, curl, np.array([-1.0, 1.0]), 2.0, True)
    size, wide = 0.011, 0.78 * half
    fore, aft = tips[0, 1], tips[-1, 1]
    rods = np.array([(wide, size, front - 0.06), (wide, size, top_z + 0.08)])
    for tip, feet in ((aft, rods[0]), (fore, rods[1])):  # each rod runs from a corner to the far side of the floor
        path = fillet([tip, feet, (-feet[0], feet[1], feet[2]), tip * (-1.0, 1.0, 1.0)], 0.05)
        chair.add(sweep(path, size, ROUND, np.array([0.15, 0.5, 0.85])), chair.scheme.frame)
    rails = np.stack([rods[0] - (0.03, 0.0, 0.0), rods[1] - (0.03, 0.0, 0.0)])
    chair.add(mirrored(sticks(rails[0], rails[1], size, section=ROUND)), chair.scheme.frame)
    return chair


def plank(rng: np.random.Generator) -> Assembly:
    """Boards alone: two sides that stand on the floor, a seat and a back between them."""
    body = draw(rng, size=(0.1, 0.6), seat=(0.1, 0.6), tilt=(0.3, 0.8))
    chair = Assembly(rng, scheme(rng, "timber" if rng.random() < 0.75 else "ply", 0.15, "plastic"))
    frame, half, front, rear = chair.scheme.frame, 0.5 * body.width, 0.5 * body.depth, -0.5 * body.depth
    thin, lean = chair.between(0.012, 0.022), np.tan(np.radians(body.tilt))
    high = chair.between(0.16, 0.3) if chair.chance(0.45) else -thin
    top = body.seat + high
    chair.add(mirrored(box((half, 0.0, rear - 0.02), (half + 2.0 * thin, top, front - 0.01), 0.005)), frame)
    reach = half + (0.008 if high > 0.0 else 2.0 * thin + 0.004)  # between the sides, or upon them
    pad = Pad(reach, front, 2.0 * thin, power=(14.0, 14.0), bevel=0.005)
    chair.add(pad.place((0.0, body.seat - thin, 0.005), 90.0), chair.scheme.seat)
    low, wide = body.seat * chair.between(0.2, 0.6), half + 0.008
    pad = Pad(wide, 0.5 * (1.0 - body.seat) + 0.03, 2.0 * thin, power=(14.0, chair.between(5.0, 14.0)), bevel=0.005)
    middle = 0.5 * (1.0 + body.seat) - 0.03
    chair.add(pad.place((0.0, middle, rear + 0.02 - lean * (middle - body.seat)), body.tilt), chair.scheme.back)
    chair.add(box((-wide, low, rear + 0.03), (wide, low + 0.09, rear + 0.03 + 2.0 * thin), 0.005), frame)
    return chair


def adirondack(rng: np.random.Generator) -> Assembly:
    """A low garden chair of planks with a fanned back and broad arms."""
    body = draw(rng, size=(0.4, 0.85), seat=(0.0, 0.2), leg=(0.1, 0.4))
    chair = Assembly(rng, scheme(rng, "timber", 0.0))
    frame, half, thin = chair.scheme.frame, 0.5 * body.width, 0.011
    front, rear = 0.55 * body.depth, -0.5 * body.depth
    high, low = body.seat * chair.between(0.9, 1.05), body.seat * chair.between(0.55, 0.75)
    count = int(chair.between(5.0, 8.0))
    along = np.linspace(0.0, 1.0, count)
    centre = np.stack([np.zeros(count), high + (low - high) * along, front + (rear - front) * along], axis=1)
    reach = np.array([half, 0.0, 0.0])
    chair.add(sticks(centre - reach, centre + reach, (thin, 0.42 * (front - rear) / (count - 1))), frame)
    under = np.array([(half - 0.02, high - 0.035, front - 0.01), (half - 0.02, low - 0.035, rear)])
    chair.add(mirrored(sticks(under[0], under[1], (0.012, 0.028), reference=Y)), frame)
    lean = np.radians(chair.between(18.0, 30.0))
    slats = int(chair.between(5.0, 8.0))
    spread = np.linspace(-1.0, 1.0, slats)
    length = (1.0 - low) / np.cos(lean) * (1.0 - chair.between(0.0, 0.18) * spread**2)
    foot = np.stack([0.8 * half * spread, np.full(slats, low), np.full(slats, rear)], axis=1)
    way = np.stack(
        [chair.between(0.0, 0.14) * spread, np.full(slats, np.cos(lean)), np.full(slats, -np.sin(lean))], axis=1
    )
    chair.add(sticks(foot, foot + way * length[:, None], (0.72 * half / (slats - 1), thin), taper=1.1), frame)
    level = high + chair.between(0.16, 0.24)
    back_z = rear - np.tan(lean) * (level - low)
    cross = np.array([(half + 0.03, level - 0.02, back_z - 0.02), (half, low - 0.01, rear - 0.02)])
    chair.add(sticks(cross * (-1.0, 1.0, 1.0), cross, (0.03, 0.012)), frame)
    x = half + 0.01
    legs = np.array([(x, -BELOW, front - 0.06), (x, level + 0.004, front - 0.06)])
    chair.add(mirrored(sticks(legs[0], legs[1], (0.014, 0.045))), frame)
    runner = np.array([(x - 0.02, high - 0.045, front), (x - 0.02, 0.025, rear - 0.3 * body.depth)])
    chair.add(mirrored(sticks(runner[0], runner[1], (0.014, 0.04), reference=Y)), frame)
    rest = np.array([(x + 0.01, level + 0.01, front + 0.04), (x + 0.01, level + 0.01, back_z - 0.05)])
    chair.add(mirrored(sticks(rest[0], rest[1], (chair.between(0.04, 0.075), thin), taper=0.7)), frame)
    return chair
