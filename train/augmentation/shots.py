"""Photograph-like settings of the camera and the lights, for pictures that only inputs are made of.

    drawn = render(identity.mesh, view, random_rig(FACE_RIG, rng, "face"), 160)

The view keeps its meaning: azimuth and elevation of the camera, azimuth of the key light. The framing stays, as the
rig's ``extent`` does; the lens only changes how far the camera is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from train.camera import Rig

LENS = (25.0, 55.0)  # degrees of view
ROLL = 6.0  # degrees, each way
KEY_ELEVATION = {"face": (4.0, 48.0), "object": (18.0, 62.0)}  # degrees


def random_rig(rig: Rig, rng: np.random.Generator, subject: str = "face") -> Rig:
    """``rig`` as a photographer might have it: another lens and roll, lights near or far, hard or soft.

    subject: "face" or "object". The key light stays the brightest one, so that its direction can be told.
    """
    lens, high, key, ambient, sky, soft, filled, fill, shadow = rng.random(9)
    roll, fill_light, fill_elevation = rng.uniform(-1.0, 1.0, 3)
    low, top = KEY_ELEVATION[subject]
    key = 0.75 + 0.5 * key
    return replace(
        rig,
        field_of_view=LENS[0] + (LENS[1] - LENS[0]) * lens * lens,  # long lenses are commoner
        roll=ROLL * roll * abs(roll),
        light_elevation=low + (top - low) * high,
        key=rig.key * key,
        ambient=rig.ambient * (0.5 + 1.3 * ambient),
        sky=rig.sky * 2.0 * sky,
        softness=0.4 * soft * soft,  # from the sun to a window
        fill=0.4 * rig.key * key * fill if filled < 0.5 else 0.0,
        fill_light=90.0 * fill_light,
        fill_elevation=20.0 + 30.0 * fill_elevation,
        floor_shadow=(0.2 + 0.7 * shadow if shadow < 0.75 else 0.0) if subject == "object" else 0.0,
    )
