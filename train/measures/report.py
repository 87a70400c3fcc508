"""`python -m train measure WEIGHTS`: every measure of a weights folder, printed as tables."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from dcign.graphics_code import GraphicsCode
from dcign.studio import Studio
from train.measures import scenery
from train.measures.colours import colours
from train.measures.disentanglement import Factor, disentanglement
from train.measures.entangled import by_variance
from train.measures.equivariance import angle_error, equivariance
from train.measures.generation import generation
from train.measures.held_out import HeldOut, take
from train.measures.leakage import leakage
from train.measures.mesh_files import mesh_files
from train.measures.monotone import monotone
from train.measures.novel_views import Drawn, common, novel_views, same_camera
from train.measures.paper_setting import paper_setting
from train.measures.parts import PAIRS, parts
from train.measures.photographs import photographs
from train.measures.plots import pairs
from train.measures.recognition import recognition
from train.measures.reconstruction import reconstruction
from train.measures.sharpness import sharpness
from train.measures.subject import Subject
from train.measures.tables import tables
from train.measures.turn import turn

IDENTITIES, QUICK = 200, 40
SWEPT = 50  # identities that are swept over the whole range, at most: a quarter of all
SHEET = 100  # new views of a sheet
ALONE = ("sharpness", "photographs", "parts", "turns", "paper-chairs", "meshes", "speed")  # measures that need no other to have been taken before


def _rng(number: int) -> np.random.Generator:
    return np.random.default_rng([31, number])


def equivariance_of(subject: Subject, shown: HeldOut) -> dict:
    """Of every factor that the network has."""
    means = shown.posterior.means
    return {factor: equivariance(means[:, subject.layout.slice(factor)], shown.degrees(factor), shown.numbers,
                                 subject.weights.calibrations[factor]) for factor in subject.factors}


def leakage_of(subject: Subject, shown: HeldOut) -> dict:
    return {factor: leakage(shown.posterior, subject.layout, shown.degrees(factor), shown.numbers, factor,
                            subject.scenery.circular(factor), _rng(1)) for factor in subject.factors}


def disentanglement_of(subject: Subject, shown: HeldOut) -> dict:
    """Of sampled codes: of posterior means, residues far below the noise would count as much."""
    factors = [Factor(name, shown.degrees(name), subject.scenery.circular(name)) for name in subject.factors]
    return disentanglement(shown.posterior.sample(_rng(2)), subject.layout, factors, shown.numbers, _rng(3))


def render_milliseconds(subject: Subject, picture: np.ndarray, count: int = 60) -> dict[str, float]:
    """Median time of studio.render for one picture, at a new angle every time: of the decoder alone; ready to be shown; and where
    the picture's own pixels move along, if the network has learned that. Then of live frames, where they are drawn otherwise
    (Studio.quick)."""
    studio, code = subject.studio, subject.encode(picture[None])[0]
    drawn = code.without_picture()
    ways = {"decoder_ms": (studio.bare(), drawn), "render_ms": (studio, drawn)}
    if subject.moves_pixels:
        ways["moved_ms"] = (studio, replace(code, own_ground=True))  # all round, as a photograph's
    found = {name: _milliseconds(*way, count) for name, way in ways.items()}
    if studio.quick() is not studio:
        found |= {f"live_{name}": _milliseconds(way.quick(), shown, count) for name, (way, shown) in ways.items()}
    return found


def _milliseconds(studio: Studio, code: GraphicsCode, count: int) -> float:
    low, high = studio.ranges["azimuth"]
    times = []
    for number in range(count):
        start = time.perf_counter()
        studio.render(code, azimuth=low + (high - low) * number / count)
        times.append(time.perf_counter() - start)
    return float(np.median(times[5:]) * 1e3)


def _sheets(pictures: dict[str, Drawn], folder: Path, name: str) -> None:
    """True render above, drawn picture below, of the first new views of every factor."""
    for factor, part in pictures.items():
        pairs(folder / f"{name}-new-{factor}.png", part.target[:SHEET], part.drawn[:SHEET])


def _open(folder: str | Path, data) -> Subject:
    subject = Subject.open(folder, data)
    return by_variance(subject) if subject.entangled else subject


def measure(folder: str | Path, assets_folder=None, identities: int = IDENTITIES, write: bool = False,
            beside: str | Path | None = None, meshes=None, backwards: Sequence[str] = (),
            plots: Path | None = None, only: Sequence[str] = (), first: int = 0) -> dict:
    """Print the tables; with ``write`` keep them in config.json, the model card and the index.

    ``beside``: weights of an entangled network to compare with. ``meshes``: a folder or a scenes.meshes.MeshFolder of
    chairs; ``backwards`` names those whose front points the other way. ``plots``: a folder for plots and sheets.
    ``only``: some of ALONE; the rest stays what config.json holds. ``first``: the first of the held-out seeds. ValueError
    for fewer than three identities, a network beside it of another class, or measures that do not stand alone.
    """
    if identities < 3:
        raise ValueError(f"measures are taken across identities: three or more, not {identities}")
    subject = _open(folder, assets_folder)
    other = None if beside is None else _open(beside, assets_folder)
    if other is not None and other.name != subject.name:
        raise ValueError(f"{beside} draws {other.name}, not {subject.name}: their new views cannot be compared")
    if other is not None and same_camera(subject, other):  # one of plain faces is held against faces that are as plain
        other = replace(other, source=subject.source)
    thing = subject.scenery.stage.subject == "object"
    swept = min(identities, SWEPT, max(6, identities // 4))
    result = {"identities": identities, "views": 0, "subject": subject.scenery.stage.subject, "preset": subject.preset,
              "grey": subject.grey}
    if only:
        result = dict(subject.weights.measures)
        if not result or not set(only) <= set(ALONE):
            raise ValueError(f"only {', '.join(ALONE)} can be measured alone, of weights that have been measured before")
        if "meshes" in only and (meshes is None or not thing):
            raise ValueError("meshes are measured of chairs, from a folder: name it with --meshes")
    result["ranges"] = {factor: list(span) for factor, span in subject.scenery.ranges.items()}
    shown: HeldOut | None = None
    pictures: dict[str, Drawn] = {}

    def things(most: int | None = None) -> list:
        return (scenery.identities(subject.source, most or identities, first) if shown is None else shown.things)[:most]

    def see() -> None:
        nonlocal shown
        shown = take(subject, identities, first)
        result.update(identities=len(shown.things), views=len(shown.views) // len(shown.things))
        result["equivariance"] = equivariance_of(subject, shown)

    def redraw() -> None:
        chosen = shown.drawn
        truth, plain = shown.pictures[chosen], subject.codes(shown.posterior.means[chosen])
        codes = [code.without_picture() for code in subject.encode(truth)]
        result["reconstruction"] = reconstruction(subject.studio.render_many(codes), truth)
        if subject.retouches:
            result["own"] = {"reconstruction": reconstruction(subject.own.render_many(codes), truth)}
        if subject.refines:
            drawn = subject.studio.render_many(plain)
            result["one_pass"] = {"reconstruction": reconstruction(drawn, truth), "error": {
                factor: [float(angle_error(np.array([getattr(code, factor) for code in some]),
                                           shown.degrees(factor)[chosen], subject.scenery.circular(factor)).mean())
                         for some in (plain, codes)] for factor in subject.factors}}

    def look_elsewhere() -> None:
        found = novel_views(subject, things(), other)
        pictures.update(found.pictures)
        result.update(novel_views=found.scores, moves_pixels=subject.moves_pixels)
        if subject.refines:
            result["one_pass"]["novel_views"] = found.one_pass
        if subject.retouches:
            result["own"]["novel_views"] = found.own
        if other is not None:
            size, grey = common(subject, other)
            result["beside"] = {"preset": other.preset, "size": size, "grey": grey, "novel_views": found.beside,
                                "unlike": same_camera(subject, other) and subject.scenery.setting != other.scenery.setting}
        if plots is not None:
            _sheets(found.pictures, plots, subject.name)

    def other_codes() -> None:
        seen = take(other, identities, first)
        result["beside"] |= {"equivariance": equivariance_of(other, seen), "leakage": leakage_of(other, seen),
                             "disentanglement": disentanglement_of(other, seen)}

    def compare_meshes() -> None:
        from train.scenes.meshes import MeshSource

        result["meshes"] = mesh_files(subject, MeshSource(meshes), _rng(4), backwards)

    plot, sheet = (None if plots is None else plots / f"{subject.name}-{kind}.png" for kind in ("azimuth", "samples"))
    steps: list[tuple[str, Callable[[], object], bool]] = [
        ("equivariance", see, True),
        ("reconstruction", redraw, True),
        ("new views", look_elsewhere, True),
        ("sharpness", lambda: result.update(
            sharpness=sharpness(pictures, result["subject"], subject.weights.ground),
            colours={} if subject.grey else colours(pictures)), True),
        ("photographs", lambda: result.update(photographs=photographs(subject, things())), subject.moves_pixels),
        ("parts", lambda: result.update(parts=parts(subject, _rng(9), min(PAIRS, identities))), True),
        ("sweeps", lambda: result.update(monotone=monotone(subject, shown.things[:swept], _rng(5), plot)), True),
        ("turns", lambda: result.update(turn=turn(subject, things(swept), _rng(6))), True),
        ("leakage", lambda: result.update(leakage=leakage_of(subject, shown)), True),
        ("disentanglement", lambda: result.update(disentanglement=disentanglement_of(subject, shown)), True),
        ("recognition", lambda: result.update(recognition=recognition(
            shown.posterior.means, subject.layout, shown.pictures, shown.numbers)), True),
        ("generation", lambda: result.update(generation=generation(
            subject, shown.pictures, max(20, identities), _rng(7), sheet)), True),
        ("the network beside it", other_codes, other is not None),
        ("paper-chairs", lambda: result.update(
            paper_setting=paper_setting(subject, things(), _rng(8))), thing),
        ("meshes", compare_meshes, thing and meshes is not None),
        ("speed", lambda: result.update(speed=render_milliseconds(subject, take(subject, 1).pictures[0])
                                        | {"threads": torch.get_num_threads()}), True)]
    if lacking := set(only) - {name for name, _, wanted in steps if wanted}:
        raise ValueError(f"there is nothing to measure of {', '.join(sorted(lacking))} here: photographs want weights that move pixels, "
                         "paper-chairs chairs")
    chosen = {*only, *(("new views",) if "sharpness" in only else ())}
    steps = [(name, step) for name, step, wanted in steps if wanted and (not only or name in chosen)]
    with tqdm(steps, unit="measure", disable=None) as bar:
        for name, step in bar:
            bar.set_description(name)
            step()
    result = json.loads(json.dumps(result), parse_float=lambda text: float(f"{float(text):.6g}"))
    print(tables(subject.name, result))
    if write:
        from train.card import write_measures

        write_measures(Path(folder), result)
    return result
