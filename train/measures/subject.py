"""The network that is measured, with everything that a measure asks of it. N pictures, L latents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from dcign import checkpoints
from dcign.graphics_code import CodeLayout, GraphicsCode
from dcign.paper_network import PaperConfig
from dcign.photos import Prepared
from dcign.refinement import can_refine
from dcign.relighting import with_picture
from dcign.studio import Studio
from dcign.weights_folder import Weights
from train.measures.scenery import Scenery
from train.scenes import in_setting, open_source

BATCH = 16  # pictures encoded at once


@dataclass(frozen=True, eq=False)
class Posterior:
    """What the encoder says about N pictures: means and standard deviations, (N, L) float32 each."""

    means: np.ndarray
    deviations: np.ndarray

    def sample(self, rng: np.random.Generator) -> np.ndarray:
        """One code (N, L) drawn for every picture: all that the decoder was given in training."""
        return self.means + self.deviations * rng.standard_normal(self.means.shape).astype(np.float32)


def studio_of(weights: Weights) -> Studio:
    """What a visitor is shown by these weights."""
    return Studio(weights.network, weights.layout, weights.calibrations, weights.ranges, weights.circular, weights.ground,
                  weights.name, framing=weights.framing, unlearned=weights.unlearned, directions=weights.directions)


@dataclass(frozen=True, eq=False)
class Subject:
    weights: Weights
    studio: Studio
    source: object  # as train.scenes.open_source gives it
    scenery: Scenery

    @staticmethod
    def open(folder: str | Path, data=None) -> "Subject":
        """Load a weights folder; ``data`` as for train.scenes.open_source."""
        weights = checkpoints.load_weights(checkpoints.find(folder))
        return Subject.of(weights, open_source(weights.name, data))

    @staticmethod
    def of(weights: Weights, source) -> "Subject":
        studio = studio_of(weights)
        setting = weights.training.get("config", {}).get("recipe", {}).get("setting", "stage")
        grey = isinstance(weights.network.config, PaperConfig)
        scenery = Scenery.of(weights.name, setting, tuple(weights.calibrations), grey)
        return Subject(weights, studio, in_setting(source, setting), scenery)

    @property
    def name(self) -> str:
        """The class of things."""
        return self.weights.name

    @property
    def preset(self) -> str:
        return self.weights.training.get("preset", "")

    @property
    def entangled(self) -> bool:
        """Whether nothing told its latents apart: trained without clamping."""
        return self.weights.training.get("config", {}).get("clamp") == "none"

    @property
    def grey(self) -> bool:
        """Whether it draws no colours: then it is shown none, and nothing that it draws is held against any."""
        return self.scenery.grey

    @property
    def refines(self) -> bool:
        """Whether the codes of encode() differ from the encoder's."""
        return can_refine(self.weights.network)

    @property
    def retouches(self) -> bool:
        """Whether what is shown differs from what the network draws."""
        return self.studio.sharpening.amount > 0 or self.studio.relighting

    @property
    def moves_pixels(self) -> bool:
        """Whether the given picture's pixels move along where the view turns."""
        return self.weights.network.flow is not None

    @property
    def own(self) -> Studio:
        """The studio that shows what the decoder draws: no unsharp mask, nothing of the given picture."""
        return self.studio.bare()

    @property
    def layout(self) -> CodeLayout:
        return self.weights.layout

    @property
    def factors(self) -> tuple[str, ...]:
        return self.scenery.factors

    @property
    def size(self) -> int:
        """Pixels a side."""
        return self.studio.size

    def posterior(self, pictures: np.ndarray) -> Posterior:
        """Encode (N, S, S, 3) uint8."""
        means, deviations = [], []
        with torch.inference_mode():
            for start in range(0, len(pictures), BATCH):
                part = torch.from_numpy(pictures[start:start + BATCH]).to(self.studio.device)
                mean, log_variance = self.weights.network.encode(part.permute(0, 3, 1, 2).float().div_(255))
                means.append(mean.float().cpu().numpy())
                deviations.append(log_variance.float().mul(0.5).exp().cpu().numpy())
        return Posterior(np.concatenate(means), np.concatenate(deviations))

    def codes(self, means: np.ndarray) -> list[GraphicsCode]:
        """The codes of (N, L) posterior means, with their estimates in degrees."""
        estimates = {factor: calibration.estimate(means[:, self.layout.slice(factor)])
                     for factor, calibration in self.weights.calibrations.items()}
        return [GraphicsCode(row, self.layout, model=self.studio.name,
                             **{factor: float(values[number]) for factor, values in estimates.items()})
                for number, row in enumerate(means)]

    def encode(self, pictures: np.ndarray, refined: bool = True) -> list[GraphicsCode]:
        """Codes as a visitor gets them, with their pictures: of renders, refined; or the encoder's posterior means."""
        if not refined:
            codes = self.codes(self.posterior(pictures).means)
            if not self.studio.relighting:
                return codes
            return [with_picture(code, picture) for code, picture in zip(codes, pictures)]
        return self.studio.encode_many([Prepared(Image.fromarray(picture), True) for picture in pictures], refine=True)

    def decode(self, latents: np.ndarray) -> np.ndarray:
        """Pictures (N, S, S, 3) uint8 of any (N, L) latents."""
        return self.studio.render_many([GraphicsCode(row, self.layout, model=self.studio.name) for row in latents])
