"""One picture, drawn from another side or under another light, against the true render of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dcign.fading import wrapped
from train.camera import View
from train.measures import images
from train.measures.scenery import PAPER_CHAIRS, Scenery
from train.measures.subject import Subject

MOVES = {"azimuth": 60.0, "elevation": 15.0, "light": 60.0}  # degrees, either way


@dataclass(frozen=True, eq=False)
class Drawn:
    """N pictures of each kind, (N, S, S, 3) uint8, and where the new view was asked for."""

    given: np.ndarray
    target: np.ndarray
    drawn: np.ndarray
    own: np.ndarray  # as the network draws it, without the unsharp mask and the given picture
    mask: np.ndarray  # (N, S, S) uint8, of the target
    views: list[View]


def moves(scenery: Scenery, factor: str, count: int, rng: np.random.Generator,
          degrees: dict[str, float] = MOVES) -> list[tuple[View, View]]:
    """Pairs of views: the given one, and one in which the factor has moved by its ``degrees``, either way."""
    low, high = scenery.ranges[factor]
    chosen = []
    for _ in range(count):
        view = scenery.random_view(rng)
        here, step = getattr(view, factor), degrees[factor] * rng.choice([-1.0, 1.0])
        if scenery.circular(factor):
            there = wrapped(here + step)
        else:
            there = here + (step if low <= here + step <= high else -step)
        chosen.append((view, scenery.moved(view, factor, float(np.clip(there, low, high)))))
    return chosen


def draw(subject: Subject, things: list, pairs: list[tuple[View, View]], factor: str) -> Drawn:
    """Show the network the first view of every thing and ask for the second."""
    given, target = (np.stack([subject.scenery.with_mask(thing, pair[place], subject.size)
                               for thing, pair in zip(things, pairs)]) for place in (0, 1))
    given, target, mask = given[..., :3], target[..., :3], target[..., 3]
    views = [there for _, there in pairs]
    return Drawn(given, target, *_asked(subject, given, views, factor), mask, views)


def _asked(subject: Subject, given: np.ndarray, views: list[View], factor: str,
           refined: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """As it is shown, and as the network draws it."""
    degrees, codes = {factor: [getattr(view, factor) for view in views]}, subject.encode(given, refined)
    drawn = subject.studio.render_many(codes, **degrees)
    return drawn, subject.own.render_many(codes, **degrees) if subject.retouches else drawn


def one_pass(subject: Subject, pictures: Drawn, factor: str) -> Drawn:
    """The same new views from the encoder's answer as it is, without refinement."""
    drawn, own = _asked(subject, pictures.given, pictures.views, factor, refined=False)
    return replace(pictures, drawn=drawn, own=own)


def scores(pictures: Drawn) -> dict[str, float]:
    model, copy = (images.psnr(kind, pictures.target).mean() for kind in (pictures.drawn, pictures.given))
    return {"psnr": float(model), "copy_psnr": float(copy), "gain": float(model - copy),
            "ssim": float(images.ssim(pictures.drawn, pictures.target).mean()),
            "copy_ssim": float(images.ssim(pictures.given, pictures.target).mean()),
            "gradient_share": images.gradient_share(pictures.drawn, pictures.target)}


def common(a: Subject, b: Subject) -> tuple[int, bool]:
    """The size and the colour, grey or not, in which pictures of both can be compared."""
    return min(a.size, b.size), a.grey or b.grey


def same_camera(a: Subject, b: Subject) -> bool:
    """Whether both can be shown the same scenes: the paper's chair setting has a camera of its own."""
    return (a.scenery.setting == PAPER_CHAIRS) == (b.scenery.setting == PAPER_CHAIRS)


def compared(subject: Subject, beside: Subject, mine: Drawn, theirs: Drawn) -> dict[str, float]:
    """PSNR of both networks, each by itself, and of copying at the size and in the colours that both can draw.

    Where both were shown the same scenes they are held against the same pictures, those of the smaller network.
    """
    size, grey = common(subject, beside)
    mine_drawn, mine_given, mine_target = (images.resized(x, size, grey)
                                           for x in (mine.own, mine.given, mine.target))
    drawn, given, target = (images.resized(x, size, grey) for x in (theirs.own, theirs.given, theirs.target))
    same = same_camera(subject, beside)
    if same and beside.size <= subject.size:
        mine_target = target
    model, other = images.psnr(mine_drawn, mine_target).mean(), images.psnr(drawn, target).mean()
    return {"psnr": float(model), "beside_psnr": float(other), "gain": float(model - other),
            "copy_psnr": float(images.psnr(mine_given, mine_target).mean()),
            "beside_copy_psnr": float(images.psnr(given, target).mean()), "same_pictures": same}


@dataclass(frozen=True)
class NewViews:
    """By factor: the pictures, their scores, those of the network alone ({} where it is shown as it is), those of one
    pass ({} where nothing is refined), and the comparison."""

    pictures: dict[str, Drawn]
    scores: dict[str, dict]
    own: dict[str, dict]
    one_pass: dict[str, dict]
    beside: dict[str, dict]


def novel_views(subject: Subject, things: list, beside: Subject | None = None) -> NewViews:
    """Of every factor; the comparison with ``beside`` is on the same identities."""
    result = NewViews({}, {}, {}, {}, {})
    for number, factor in enumerate(subject.factors):
        pairs = moves(subject.scenery, factor, len(things), np.random.default_rng([4, number]))
        drawn = result.pictures[factor] = draw(subject, things, pairs, factor)
        result.scores[factor] = scores(drawn)
        if subject.retouches:
            result.own[factor] = scores(replace(drawn, drawn=drawn.own))
        plain = one_pass(subject, drawn, factor) if subject.refines else drawn
        if subject.refines:
            result.one_pass[factor] = scores(plain)
        if beside is None or factor not in beside.factors:
            continue
        if not same_camera(subject, beside):
            pairs = moves(beside.scenery, factor, len(things), np.random.default_rng([4, number]))
        theirs = draw(beside, things, pairs, factor)
        result.beside[factor] = compared(subject, beside, drawn, theirs)
        if subject.refines:
            result.beside[factor]["one_pass_gain"] = compared(subject, beside, plain, theirs)["gain"]
    return result
