"""The same seed gives the same bytes: twice in a row, beside other threads, in forked and in fresh processes."""

import hashlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

from train.augmentation import AugmentConfig, photograph
from train.batches import draw_mini_batch
from train.presets import preset
from train.scenes import HELD_OUT, STAGES, assets, open_source


def fingerprint(name: str) -> str:
    """Of everything that drawing for the studio preset makes: pictures, photographs, augmented inputs."""
    recipe, source, stage = preset("studio", name).recipe, open_source(name, assets.find(None)), STAGES[name]
    digest = hashlib.sha256()
    for number, factor in enumerate(recipe.factors):
        rng = np.random.default_rng(number)
        drawn = draw_mini_batch(source, stage, factor, HELD_OUT + 100 * number, rng, 64, recipe)
        digest.update(drawn.pictures.tobytes() + drawn.photographs.tobytes())
        for picture in drawn.pictures:
            digest.update(photograph(picture, stage.rig.ground, AugmentConfig(), rng, stage.subject).tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("name", ["chairs", "heads", "faces"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_the_same_seed_gives_the_same_bytes_everywhere(name):
    if name == "faces" and assets.find(None) is None:
        pytest.skip("needs the face asset pack (DCIGN_FACE_ASSETS)")
    here = fingerprint(name)
    assert fingerprint(name) == here
    with ThreadPoolExecutor(3) as threads:
        assert set(threads.map(fingerprint, [name] * 3)) == {here}
    for method in ("fork", "spawn"):
        with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
            assert pool.submit(fingerprint, name).result() == here
