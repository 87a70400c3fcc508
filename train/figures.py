"""Pictures for people: the README's figures of a weights folder."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

import dcign
from dcign import checkpoints
from dcign.photos import Prepared
from train.augmentation import photograph
from train.augmentation.wide import placed_object, wide_photograph
from train.batches import with_mask
from train.camera import View
from train.flow_pictures import SHOTS, as_photograph
from train.measures import scenery
from train.measures.entangled import by_variance
from train.measures.subject import Subject
from train.raster import render
from train.scenes import STAGES, open_source
from train.sheets import SIZE, labelled

SHOWN = {"azimuth": (-60, -30, 0, 30, 60), "elevation": (-25, -12, 0, 12, 25), "light": (-75, -40, 0, 40, 75)}
TURNED = (("azimuth", -40), ("azimuth", -20), ("azimuth", 20), ("azimuth", 40), ("elevation", -12), ("elevation", 12), ("light", 70))
DETAILED = (("azimuth", -15), ("azimuth", 15), ("azimuth", 30), ("elevation", 10), ("light", -50))
ACROSS = (-15, -30, -45, -60, -75)
OBJECTS_SHOWN = {"azimuth": (-120, -60, 0, 60, 120), "elevation": (2, 10, 20, 30, 38), "light": (-75, -40, 0, 40, 75)}


def convention_figure(path: Path, name: str, assets_folder: str | None) -> None:
    """What the sign of every angle means, drawn by the rasteriser."""
    source, stage = open_source(name, assets_folder), STAGES[name]
    thing = stage.subject == "object"
    mesh = source.identity(3 if thing else 1).mesh
    rest = {"elevation": 15.0} if thing else {}
    rows, labels = [], []
    for factor, values in (("azimuth", (-45, 0, 45)), ("elevation", (0, 15, 40) if thing else (-25, 0, 25)),
                           ("light", (-60, 0, 60))):
        for value in values:
            rows.append(render(mesh, View(**(rest | {factor: float(value)})), stage.rig, SIZE).colour)
            labels.append(f"{factor} {value:+d}" if value else f"{factor} 0")
    labelled(rows, labels, 9).save(path)


def _enlarged(picture: np.ndarray) -> np.ndarray:
    """(S, S, 3) uint8 to the size of the cells, (SIZE, SIZE, 3)."""
    if picture.shape[0] == SIZE:
        return picture
    return np.asarray(Image.fromarray(picture).resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def rerendering_figure(weights: Path, path: Path, assets_folder: str | None, identities: int = 4) -> None:
    """Input | reconstruction | five azimuths | five lights of held-out identities, one a row, truth below."""
    subject = Subject.open(weights, assets_folder)
    studio, source, stage = subject.studio, subject.source, subject.scenery.stage
    thing = stage.subject == "object"
    shown = OBJECTS_SHOWN if thing else SHOWN
    cells, labels, seed = [], [], 900
    for _ in range(identities):
        identity = source.identity(seed)
        while not identity.has_front:
            seed += 1
            identity = source.identity(seed)
        seed += 1
        view = View(25.0, 15.0 if thing else 0.0, -25.0)
        picture = render(identity.mesh, view, stage.rig, SIZE).colour
        code = studio.encode(render(identity.mesh, view, stage.rig, studio.size).colour)
        drawn, truth = [picture, studio.render(code.without_picture())], [picture, picture]
        labels += ["input", "reconstruction"]
        for factor in ("azimuth", "light"):
            for value in shown[factor]:
                drawn.append(studio.render(code, **{factor: float(value)}))
                angles = {"azimuth": view.azimuth, "elevation": view.elevation, "light": view.light}
                truth.append(render(identity.mesh, View(**(angles | {factor: float(value)})), stage.rig, SIZE).colour)
                labels.append(f"{factor} {value}")
        cells += [_enlarged(one) for one in drawn] + truth
        labels += ["true render"] * len(truth)
    columns = 2 + len(shown["azimuth"]) + len(shown["light"])
    labelled(cells, labels, columns).save(path, optimize=True)


def turn(weights: Path, path: Path, assets_folder: str | None, count: int = 4, first: int = 900) -> None:
    """A GIF of the first ``count`` held-out identities with a front from seed ``first`` on, side by side: the light, on
    the given picture as in the app, and then the turn, from one picture each."""
    subject = Subject.open(weights, assets_folder)
    studio, source, stage = subject.studio, subject.source, subject.scenery.stage
    elevation = 15.0 if stage.subject == "object" else 0.0
    strips = []
    for identity in scenery.identities(source, count, first):
        picture = render(identity.mesh, View(20.0, elevation, 20.0), stage.rig, studio.size).colour
        code = studio.encode(picture)
        around = studio.sweep(code, "azimuth", frames=24, there_and_back="azimuth" not in stage.circular)
        lit = studio.sweep(code, "light", frames=16, there_and_back=True)
        strips.append(np.concatenate([lit, around]))
    dcign.export.save(np.concatenate(strips, 2), str(path), fps=14)


def photographs_figure(weights: Path, path: Path, assets_folder: str | None, identities: int = 3) -> None:
    """What a photograph might show of held-out identities (flow_pictures.py), turned by so many degrees from where it was read; below
    it what the decoder draws of the same, and the true photograph from there."""
    subject = Subject.open(weights, assets_folder)
    studio, source, stage = subject.studio, subject.source, subject.scenery.stage
    view = View(5.0, 18.0 if stage.subject == "object" else 0.0, -25.0)
    cells, labels = [], []
    for number, identity in enumerate(scenery.identities(source, identities, 930)):
        def drawn(there: View) -> np.ndarray:
            return with_mask(render(identity.mesh, there, stage.rig, studio.size))

        shot = partial(as_photograph, number=40 + number, ground=studio.spec.ground, subject=stage.subject)
        given = shot(drawn(view))
        code = studio.encode(Prepared(Image.fromarray(given), True))
        moves = [{factor: getattr(code, factor) + float(step)} for factor, step in TURNED]
        for one, first in ((code, given), (code.without_picture(), studio.render(code.without_picture()))):
            cells += [_enlarged(picture) for picture in (first, *(studio.render(one, **move) for move in moves))]
        cells += [_enlarged(shot(drawn(subject.scenery.moved(view, factor, getattr(view, factor) + step)), given=drawn(view)))
                  for factor, step in (("azimuth", 0), *TURNED)]
        labels += ["photograph", *(f"{factor} {step:+d}" for factor, step in TURNED), "drawn alone", *[""] * len(TURNED),
                   "true", *[""] * len(TURNED)]
    labelled(cells, labels, 1 + len(TURNED)).save(path, optimize=True)


def mirror_figure(weights: Path, path: Path, assets_folder: str | None, identities: int = 3) -> None:
    """Held-out identities seen from one side, faces as photographs might show them, and turned to the other by so many degrees; below it
    the same without the mirror image (../dcign/mirror_image.py), and the truth."""
    subject = Subject.open(weights, assets_folder)
    studio, stage = subject.studio, subject.scenery.stage
    alone, thing = copy.copy(studio), stage.subject == "object"
    alone.symmetric = False
    view = View(35.0 if thing else 25.0, 18.0 if thing else 0.0, -15.0)
    cells, labels = [], []
    for number, identity in enumerate(scenery.identities(subject.source, identities, 950)):
        def shot(there: View, given: np.ndarray | None = None) -> np.ndarray:
            picture = with_mask(render(identity.mesh, there, stage.rig, studio.size))
            return picture[..., :3] if thing else as_photograph(picture, 60 + number, studio.spec.ground, stage.subject, given)

        given = shot(view)
        code = studio.encode(Prepared(Image.fromarray(given), True, clean=thing))
        moves = [{"azimuth": code.azimuth + float(step)} for step in ACROSS]
        for shown in (studio, alone):
            cells += [_enlarged(picture) for picture in (given, *(shown.render(code, **move) for move in moves))]
        original = with_mask(render(identity.mesh, view, stage.rig, studio.size))
        cells += [_enlarged(shot(subject.scenery.moved(view, "azimuth", view.azimuth + step), original)) for step in (0, *ACROSS)]
        labels += ["given", *(f"azimuth {step:+d}" for step in ACROSS), "without its mirror image", *[""] * len(ACROSS),
                   "true", *[""] * len(ACROSS)]
    labelled(cells, labels, 1 + len(ACROSS)).save(path, optimize=True)


def uploads_figure(weights: Path, path: Path, assets_folder: str | None, identities: int = 6) -> None:
    """Held-out subjects as people may upload them; what is made of these (../dcign/photos.py); and moved by so many degrees. Heads somewhere
    in wide pictures; objects before paper that is lit unevenly, and in all sorts of places."""
    subject = Subject.open(weights, assets_folder)
    studio, stage = subject.studio, subject.scenery.stage
    thing = stage.subject == "object"
    steps = (-90, -30, 30, 90, 180) if thing else (-40, -20, 20, 40)
    moved = (*(("azimuth", step) for step in steps), ("elevation", 12), ("light", -70))
    shots = replace(SHOTS, crop=0.0, background=1.0, blur=0.0)
    cells, labels = [], []
    for number, identity in enumerate(scenery.identities(subject.source, identities, 940)):
        rng = np.random.default_rng(number)
        view = View(-35.0 + 50 * (number % 3), 15.0, 25.0) if thing else View(float(rng.uniform(-25, 25)), float(rng.uniform(-8, 8)), 20.0)
        picture = with_mask(render(identity.mesh, view, stage.rig, 2 * studio.size))
        if not thing:
            given, _ = wide_photograph(picture, studio.spec.ground, rng)
        elif number % 2:
            given, _ = placed_object(picture, picture, studio.spec.ground, rng)
        else:
            given = photograph(picture, studio.spec.ground, shots, rng, stage.subject, kind="gradient")
        prepared = studio.prepare(given)
        code = studio.encode(prepared)
        cells += [_enlarged(given[::2, ::2]), _enlarged(np.asarray(prepared.picture))]
        cells += [_enlarged(studio.render(code, **{factor: getattr(code, factor) + step})) for factor, step in moved]
        labels += ["given", "taken off its ground" if thing else "framed", *(f"{factor} {step:+d}" for factor, step in moved)]
    labelled(cells, labels, 2 + len(moved)).save(path, optimize=True)


def detail_figure(weights: Path, path: Path, assets_folder: str | None, identities: int = 2) -> None:
    """Held-out subjects as photographs of more pixels than the network has (../dcign/detail.py), turned, tilted and under another light; below
    it the same without what these show more."""
    subject = Subject.open(weights, assets_folder)
    studio, stage = subject.studio, subject.scenery.stage
    finely, thing = studio.finely(), stage.subject == "object"
    cells, labels = [], []
    for number, identity in enumerate(scenery.identities(subject.source, identities, 970)):
        drawn = with_mask(render(identity.mesh, View(30.0 if thing else -8.0, 15.0 if thing else 0.0, 15.0), stage.rig, finely.shown_size))
        given = Image.fromarray(drawn[..., :3] if thing else as_photograph(drawn, 80 + number, studio.spec.ground, stage.subject,
                                                                           shots=replace(SHOTS, crop=0.0, noise=0.0, blur=0.0)))
        code = studio.encode(Prepared(given.resize((studio.size, studio.size), Image.Resampling.LANCZOS), True, clean=thing, detail=given))
        moves = [{}, *({factor: getattr(code, factor) + step} for factor, step in DETAILED)]
        for one in (code, replace(code, detail=None)):
            cells += [finely.render(one, **move) for move in moves]
        labels += ["its own view", *(f"{factor} {step:+d}" for factor, step in DETAILED), "the network's pixels alone", *[""] * len(DETAILED)]
    labelled(cells, labels, 1 + len(DETAILED)).save(path, optimize=True)


def beside_figure(folders: Sequence[Path], path: Path, assets_folder: str | None, identities: int = 2) -> None:
    """Held-out identities turned and lit by several networks, each from the same picture; the truth above (Fig. 4, 7).

    Where one of them knows plain faces alone, all are shown such.
    """
    networks = []
    for folder in folders:
        subject = Subject.open(folder, assets_folder)
        networks.append(by_variance(subject) if subject.entangled else subject)
    source = next((network.source for network in networks if network.scenery.setting == "paper-faces"), networks[0].source)
    stage = networks[0].scenery.stage
    shown = OBJECTS_SHOWN if stage.subject == "object" else SHOWN
    angles = {"azimuth": 30.0, "elevation": 15.0 if stage.subject == "object" else 0.0, "light": -25.0}
    cells, labels = [], []
    for number in range(identities):
        mesh = source.identity(910 + number).mesh
        wanted = [{}, *({factor: float(value)} for factor in shown for value in shown[factor])]
        cells += [render(mesh, View(**(angles | change)), stage.rig, SIZE).colour for change in wanted]
        labels += ["input", *(f"{factor} {value:g}" for change in wanted[1:] for factor, value in change.items())]
        for network in networks:
            studio = network.studio
            picture = render(mesh, View(**angles), stage.rig, studio.size).colour
            code = studio.encode(picture).without_picture()  # each network by itself
            drawn = [studio.render(code, **{f: v for f, v in change.items() if f in studio.ranges}) for change in wanted]
            cells += [_enlarged(one) for one in drawn]
            labels += [network.preset, *[""] * (len(wanted) - 1)]
    labelled(cells, labels, 1 + sum(map(len, shown.values()))).save(path, optimize=True)


def figures(weights: Path, folder: Path, assets_folder: str | None, beside: Sequence[str | Path] = ()) -> list[Path]:
    """Write every figure of a weights folder; returns the paths. ``beside``: other networks for one more figure."""
    folder.mkdir(parents=True, exist_ok=True)
    name = checkpoints.load_weights(weights).name
    made = [folder / f"{name}-conventions.png", folder / f"{name}-views.png", folder / f"{name}-turn.gif"]
    convention_figure(made[0], name, assets_folder)
    rerendering_figure(weights, made[1], assets_folder)
    turn(weights, made[2], assets_folder)
    if Subject.open(weights, assets_folder).moves_pixels:
        made.append(folder / f"{name}-photographs.png")
        photographs_figure(weights, made[-1], assets_folder)
        made.append(folder / f"{name}-mirrored.png")
        mirror_figure(weights, made[-1], assets_folder)
        made.append(folder / f"{name}-detail.png")
        detail_figure(weights, made[-1], assets_folder)
    made.append(folder / f"{name}-uploads.png")
    uploads_figure(weights, made[-1], assets_folder)
    if beside:
        made.append(folder / f"{name}-beside.png")
        beside_figure([weights, *map(Path, beside)], made[-1], assets_folder)
    return made
