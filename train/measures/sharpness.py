"""What blurred pictures lack: gradients, thin parts, and (landmarks.py) a face that is found, features where they belong."""

from __future__ import annotations

import cv2
import numpy as np

from train.measures import images
from train.measures.landmarks import faces
from train.measures.novel_views import Drawn

THIN = 9  # pixels at a size of 160: what an opening of this width removes is thin
SEEN = 24.0  # levels by which a thin part of the true render stands out
CLOSE = 3  # pixels that a part may be off
PART = 30  # pixels of the smallest part that counts, at a size of 160


def thin_parts(mask: np.ndarray) -> np.ndarray:
    """Legs, slats and arms in a (S, S) coverage: labels (S, S) from 1, 0 where there is none.

    What is narrower than THIN pixels, in connected pieces of a size that the eye sees.
    """
    scale = mask.shape[0] / 160
    solid = (mask > 127).astype(np.uint8)
    side = max(3, round(THIN * scale))
    thin = solid & ~cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(thin, connectivity=4)
    small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < PART * scale**2)
    labels[np.isin(labels, small[small > 0])] = 0
    return labels


def _relief(picture: np.ndarray, mask: np.ndarray, ground: tuple[int, int, int]) -> np.ndarray:
    """How much (S, S) stands out: the most within CLOSE pixels, less the mean of what should be ground near by."""
    off = np.abs(picture.astype(np.float32) - np.array(ground, np.float32)).max(-1)
    close, near = (2 * max(1, round(reach * picture.shape[0] / 160)) + 1 for reach in (CLOSE, THIN))
    empty = (mask <= 127).astype(np.float32)
    beside = cv2.blur(off * empty, (near, near)) / np.maximum(cv2.blur(empty, (near, near)), 1e-3)
    return cv2.dilate(off, np.ones((close, close), np.uint8)) - beside


def parts_there(drawn: np.ndarray, true: np.ndarray, mask: np.ndarray, ground: tuple[int, int, int]) -> tuple[int, int]:
    """How many thin parts of a true (S, S, 3) render with its (S, S) mask are in the drawn one, and how many there are.

    One is there if most of it stands out, within CLOSE pixels, at least half as much as in the true render; a smear
    does not, as the ground beside it is not to be seen. Parts that the true render hardly shows do not count.
    """
    labels, there, count = thin_parts(mask), 0, 0
    mine, truth = _relief(drawn, mask, ground), _relief(true, mask, ground)
    for label in range(1, int(labels.max()) + 1):
        part = labels == label
        if part.any() and np.median(truth[part]) > SEEN:
            there += int((mine[part] > 0.5 * truth[part]).mean() > 0.5)
            count += 1
    return there, count


def thin(pictures: dict[str, Drawn], ground: tuple[int, int, int]) -> dict:
    """Of the thin parts of all new views, how many are there; ``views_mostly`` the share of views with 80 % of them.

    ``copy_there`` is what one would find of them in the given picture, ``own_there`` in what the network draws;
    ``moved_there`` is of the views in which the camera has moved: another light may be shown on the given picture itself.
    """
    def count(kind: str) -> np.ndarray:
        return np.array([parts_there(*three, ground) for part in pictures.values()
                         for three in zip(getattr(part, kind), part.target, part.mask)])

    counted, copied, own = (count(kind) for kind in ("drawn", "given", "own"))
    moving = np.concatenate([np.full(len(part.views), factor != "light") for factor, part in pictures.items()])
    turned = counted[moving].sum(0)
    counted, copied, own = (part[counted[:, 1] > 0] for part in (counted, copied, own))
    if not len(counted):
        return {"views": 0}
    return {"moved_there": float(turned[0] / max(turned[1], 1)),
            "copy_there": float(copied[:, 0].sum() / counted[:, 1].sum()),
            "own_there": float(own[:, 0].sum() / counted[:, 1].sum()),
            "views": len(counted), "parts": int(counted[:, 1].sum()),
            "there": float(counted[:, 0].sum() / counted[:, 1].sum()),
            "views_mostly": float((counted[:, 0] >= 0.8 * counted[:, 1]).mean())}


def sharpness(pictures: dict[str, Drawn], subject: str, ground: tuple[int, int, int]) -> dict:
    """Over the new views of all factors together, as they are shown; ``own``: as the network draws them."""
    drawn, own, true = (np.concatenate([getattr(part, kind) for part in pictures.values()])
                        for kind in ("drawn", "own", "target"))
    similar = images.ssim(drawn, true)
    result = {"gradient_share": images.gradient_share(drawn, true), "ssim": float(similar.mean()),
              "lowest_ssim": float(np.quantile(similar, 0.05)),
              "own": {"gradient_share": images.gradient_share(own, true), "ssim": float(images.ssim(own, true).mean())}}
    if subject == "face":
        found = faces(pictures)
        return result | ({"faces": found} if found else {})
    return result | {"thin_parts": thin(pictures, ground)}
