"""Turning and lighting what is no render: of held-out identities, what photographs might show of them (../flow_pictures.py), read as the app reads it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image

from dcign.fading import wrapped
from dcign.photos import Prepared
from train.flow_pictures import SHOTS, as_photograph
from train.measures import images
from train.measures.novel_views import moves
from train.measures.subject import Subject

MOVED = {"azimuth": 30.0, "elevation": 15.0, "light": 60.0}  # degrees, either way
UNCROPPED = replace(SHOTS, crop=0.0)  # so that it is known where the subject is


def photographs(subject: Subject, things: list) -> dict[str, dict[str, float]]:
    """By factor: how near to the true photograph from there it is what is shown, what the decoder draws of the same, and the given
    photograph; within the subject's true outline (PSNR), and on the whole (SSIM).

    View or light move by so many degrees from where they were read, as under the hand; light and a chair's elevation as far as their ranges go.
    """
    scenery, spec, found = subject.scenery, subject.studio.spec, {}
    for place, factor in enumerate(factor for factor in MOVED if factor in subject.factors):
        pairs = moves(scenery, factor, len(things), np.random.default_rng([11, place]), MOVED)
        given, true, masks, steps = [], [], [], []
        for number, (thing, pair) in enumerate(zip(things, pairs)):
            shown, new = (scenery.with_mask(thing, view, subject.size) for view in pair)
            here, there = (getattr(view, factor) for view in pair)
            given.append(as_photograph(shown, number, spec.ground, spec.subject, shots=UNCROPPED))
            true.append(as_photograph(new, number, spec.ground, spec.subject, shown, UNCROPPED))
            masks.append(new[..., 3] > 127)
            steps.append(wrapped(there - here))
        codes = subject.studio.encode_many([Prepared(Image.fromarray(picture), True) for picture in given])
        asked = {factor: [getattr(code, factor) + step for code, step in zip(codes, steps)]}
        kinds = {"shown": subject.studio.render_many(codes, **asked), "copy": np.stack(given),
                 "drawn": subject.studio.render_many([code.without_picture() for code in codes], **asked)}
        found[factor] = {"degrees": MOVED[factor]}
        for kind, pictures in kinds.items():
            errors = [np.square(a.astype(np.float32) - b)[mask].mean() for a, b, mask in zip(pictures, true, masks)]
            found[factor][f"{kind}_psnr"] = float(np.mean(10 * np.log10(255.0**2 / np.maximum(errors, 1e-6))))
            found[factor][f"{kind}_ssim"] = float(images.ssim(pictures, np.stack(true)).mean())
    return found
