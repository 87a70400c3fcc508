"""What a run tells: a progress bar, one JSON line every few steps, TensorBoard's curves, preview sheets."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from train.preview import save_reconstructions


@dataclass(frozen=True)
class Limits:
    """When a call of fit() ends before the configuration's budget, and how often it writes, in seconds."""

    minutes: float | None = None
    pictures: int | None = None  # seen in all, over all calls
    save_every: float = 180.0
    preview_every: float = 300.0
    log_every: int = 25  # steps


class Journal:
    """``folder`` receives log.jsonl, preview-*.png, and TensorBoard events where the package is installed."""

    def __init__(self, folder: Path, total: int, seen: int, limits: Limits):
        self.folder, self.limits, self._last_preview = folder, limits, 0.0
        self.bar = tqdm(total=total, initial=seen, unit="pictures", smoothing=0.05)
        self._log = (folder / "log.jsonl").open("a")
        self._board = _tensorboard(folder)
        self._waited, self._since, self._start = 0.0, seen, time.monotonic()

    def step(self, number: int, seen: int, waited: float, size: int, rate: float, norm, terms: dict[str, Tensor]) -> None:
        """Count a step: ``waited`` seconds were spent waiting for its pictures; the terms are written now and then."""
        self._waited += waited
        self.bar.update(seen - self.bar.n)
        if number % self.limits.log_every:
            return
        record = {name: round(float(value), 6) for name, value in terms.items()}
        now = time.monotonic()
        elapsed = max(now - self._start, 1e-9)
        rest = {"step": number, "pictures": seen, "size": size, "rate": rate, "norm": float(norm),
                "per_second": round((seen - self._since) / elapsed, 2), "waiting": round(self._waited / elapsed, 4)}
        self._waited, self._since, self._start = 0.0, seen, now
        self.bar.set_postfix(mse=record["mse"], size=size, waiting=f"{rest['waiting']:.1%}")
        print(json.dumps(rest | record), file=self._log, flush=True)
        if self._board is not None:
            for name, value in (rest | record).items():
                self._board.add_scalar(name, value, seen)

    def preview(self, seen: int, inputs: Tensor, targets: Tensor, reconstruction: Tensor) -> None:
        """Write a preview sheet if the last one is old enough."""
        now = time.monotonic()
        if now - self._last_preview > self.limits.preview_every:
            self._last_preview = now
            save_reconstructions(self.folder / f"preview-{seen:08d}.png", inputs, targets, reconstruction)

    def close(self) -> None:
        self.bar.close()
        self._log.close()
        if self._board is not None:
            self._board.close()


def _tensorboard(folder: Path):
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"))
