"""The Studio: a picture in, its graphics code out, the code drawn again under any pose and light.

    studio = dcign.load("faces")
    code = studio.encode("portrait.jpg")
    picture = studio.render(code, azimuth=30.0, elevation=0.0, light=-45.0)     # uint8 (H, W, 3)
    frames = studio.sweep(code, "light", frames=36)                             # uint8 (36, H, W, 3)

Encode once, render per gesture. The caller holds the code, and a Studio keeps nothing between calls but what it drew of
codes that are still held, so any number of threads or replicas can serve the same visitor.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from . import arguments, devices
from .calibration import Calibration
from .completion import complete, is_whole
from .controls import Controls, Heard
from .detail import TIMES, carried_over, shown_finely
from .directions import Directions
from .encoding import Encoding
from .graphics_code import FACTORS, CodeLayout, GraphicsCode
from .memory import Memory
from .moved_shares import Shares
from .networks import DCIGN
from .own_picture import Asked, Drawn
from .paper_network import PaperNetwork
from .photos import DEFAULT_FACE_BOX, PictureSpec, Prepared, Source, prepare
from .pose_prior import PosePrior
from .refinement import can_refine
from .relighting import with_picture
from .sharpening import Sharpening, sharpen
from .sweeps import path
from .view_blending import Side

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
_BATCH = 16  # pictures per forward pass: bounds the memory, and a CPU gains nothing from more


class Studio:
    """A network with its layout, calibrations and ranges. Methods may be called from several threads.

    name: what the codes are marked with. device: "auto", "cpu", "cuda" or "cuda:N". threads: CPU threads of
    torch, a setting of the whole process; None leaves it. precision: of the decoder, "float32" or "bfloat16".
    unlearned: factors whose measured estimate is hardly better than chance, so that a page can say so.
    directions: group -> its principal directions, for dcign.mixing; empty for weights that have none.
    sharpening: amount of the unsharp mask on all that is drawn (dcign.sharpening), 0 for none;
    None for the usual one, and for none where the network is the paper's. relighting: whether a code's own picture is in
    what is shown of it (dcign.own_picture); None for yes, and for no where the network is the paper's. symmetric: whether the left
    of things is like their right, so that the mirror image of a picture is one from the other side (dcign.mirror_image), and of
    objects is refined with it.
    """

    def __init__(
        self,
        network: DCIGN,
        layout: CodeLayout,
        calibrations: Mapping[str, Calibration],
        ranges: Mapping[str, Sequence[float]],
        circular: Sequence[str] = (),
        ground: Sequence[int] = (255, 255, 255),
        name: str = "",
        device: str = "auto",
        threads: int | None = None,
        framing: Mapping | None = None,
        precision: str = "float32",
        unlearned: Sequence[str] = (),
        directions: Mapping[str, Directions] | None = None,
        sharpening: float | None = None,
        relighting: bool | None = None,
        symmetric: bool = True,
    ) -> None:
        if layout.size != network.config.latents:
            raise ValueError(f"the layout has {layout.size} latents, the network {network.config.latents}")
        if set(ranges) != set(calibrations) or not set(ranges) <= set(layout.names) & set(FACTORS):
            raise ValueError("ranges and calibrations must name the same factors of the layout")
        if any(curve.size != dict(layout.groups)[factor] for factor, curve in calibrations.items()):
            raise ValueError("every calibration must be of as many latents as its factor has in the layout")
        if precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, not {precision!r}")
        if threads is not None:
            torch.set_num_threads(threads)
        self.name = name
        self.layout = layout
        self.device = devices.device_named(device)
        self.calibrations = dict(calibrations)   # by factor
        self._ranges = {factor: (float(low), float(high)) for factor, (low, high) in ranges.items()}
        places = getattr(network, "places", 0)   # none that offsets could be for in the paper's
        self._controls = Controls(layout, self.calibrations, self._ranges, frozenset(circular), name, places)
        self._precision = PRECISIONS[precision]
        self.unlearned = frozenset(unlearned)
        known = {factor: curve for factor, curve in self.calibrations.items() if factor not in self.unlearned}
        self._pose_prior = PosePrior(layout, known, device=self.device)
        self.directions = dict(directions or {})
        network = network.to(self.device, memory_format=torch.channels_last)
        self._network = network.eval().requires_grad_(False)
        self._drawing = self._network
        if self._precision is not torch.float32:
            self._drawing = devices.drawing_in(self._network, self._precision)
        self._quick: Studio | None = None
        self._finely = False
        published = isinstance(network, PaperNetwork)  # shown as it was
        self.relighting = not published if relighting is None else bool(relighting)
        self.symmetric = symmetric
        self._memory = Memory()
        framing = dict(framing or {})
        subject = framing.get("subject") or ("object" if "chair" in name else "face")
        self.spec = PictureSpec(
            network.config.size, tuple(ground), subject, framing.get("face_box") or DEFAULT_FACE_BOX
        )
        self.sharpening = Sharpening(seams=subject == "object")
        if published or sharpening is not None:
            self.sharpening = replace(self.sharpening, amount=sharpening or 0.0)

    def quick(self) -> Studio:
        """The same for live frames: drawn in bfloat16 where the CPU has units for its matrices (twice as fast, a few
        levels of 255 away at most), else itself."""
        if self._precision is not torch.float32 or self.device.type != "cpu" or not devices.matrix_units():
            return self
        if self._quick is None:
            twin = copy.copy(self)
            twin._memory = Memory()
            twin._precision = torch.bfloat16
            twin._drawing = devices.drawing_in(self._network, torch.bfloat16)
            self._quick = twin
        return self._quick

    def finely(self) -> Studio:
        """The same, whose pictures are twice as large: with what a code's photograph shows beyond the network's pixels (dcign.detail), where
        its own pixels are shown; what is drawn, and the pictures of codes without detail, are enlarged."""
        twin = copy.copy(self)
        twin._finely, twin._quick = True, None
        return twin

    def showing(self, code: GraphicsCode) -> Studio:
        """What shows most of a code: finely() if that has detail, else itself."""
        return self if code.detail is None else self.finely()

    def with_sharpening(self, amount: float) -> Studio:
        """The same model drawn with another amount of the unsharp mask; 0 for none."""
        twin = copy.copy(self)
        twin.sharpening, twin._quick = replace(self.sharpening, amount=amount), None
        return twin

    def bare(self) -> Studio:
        """The same model whose pictures are the decoder's alone: no unsharp mask, nothing of a code's picture."""
        twin = self.with_sharpening(0.0)
        twin.relighting = False
        return twin

    @property
    def moves_pixels(self) -> bool:
        """Whether a picture's own pixels move along where its view turns."""
        return self.relighting and self._network.flow is not None

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Factor -> (lowest, highest) degrees that the model was trained on."""
        return dict(self._ranges)

    @property
    def wider(self) -> dict[str, tuple[float, float]]:
        """Factor -> (lowest, highest) degrees that render(..., beyond=True) takes; nothing was trained there."""
        return self._controls.wider

    @property
    def size(self) -> int:
        """Pixels a side, of what the network sees and draws."""
        return self.spec.size

    @property
    def shown_size(self) -> int:
        """Pixels a side of its pictures: those, or of finely() twice as many."""
        return self.size * (TIMES if self._finely else 1)

    def prepare(self, image: Source) -> Prepared:
        """Decode and frame a PIL image, array, bytes or path; a head that the photograph's border cuts off goes on as the network
        would draw it (dcign.completion). PhotoError (a ValueError) if it is unusable."""
        prepared = prepare(image, self.spec)
        if is_whole(prepared.seen, self.size) or not can_refine(self._network):
            return prepared
        whole = complete(self._network, prepared.picture, prepared.seen, self.spec.ground)
        return replace(prepared, picture=whole, detail=carried_over(prepared.detail, prepared.picture, whole))

    def encode(self, image: Source | Prepared, refine: bool | None = None) -> GraphicsCode:
        """The graphics code of one picture: posterior means, and the estimates in degrees.

        Anything but a Prepared goes through prepare() first. refine: move the encoder's means nearer to the picture
        (dcign.refinement; about a second on two cores); None does so where nothing but the subject is in it
        (Prepared.clean), and of a face that was found in a photograph where that is drawn; True does so as if there were nothing
        else in any. A network that cannot, such as the paper's, leaves them.
        """
        return self.encode_many([image], refine)[0]

    def encode_many(self, images: Sequence[Source | Prepared], refine: bool | None = None) -> list[GraphicsCode]:
        """The codes of several pictures, in their order; each as by encode()."""
        codes = []
        for start in range(0, len(images), _BATCH):
            batch = images[start : start + _BATCH]
            batch = [item if isinstance(item, Prepared) else self.prepare(item) for item in batch]
            for item in batch:
                if item.picture.size != (self.size, self.size):
                    raise ValueError(f"{self.name} needs {self.size} pixels a side: use its own prepare()")
            pixels = np.stack([np.asarray(item.picture.convert("RGB")) for item in batch])   # (N, H, W, 3)
            whole = [item.clean if refine is None else refine for item in batch]
            partly = [refine is None and item.found and not item.clean and self.spec.subject == "face" for item in batch]
            own_ground = [not item.clean and refine is not True for item in batch]
            found = self._codes(*self._encoding(pixels, np.flatnonzero(whole), np.flatnonzero(partly)))
            details = [None if item.detail is None else np.asarray(item.detail) for item in batch]
            codes += [with_picture(*parts) for parts in zip(found, pixels, own_ground, details)] if self.relighting else found
        return codes

    @property
    def _encoding(self) -> Encoding:
        mirrored = self.symmetric and self.spec.subject == "object"  # faces, with their hair, gain nothing by it
        return Encoding(self._network, self.layout.intrinsic, self.spec.ground, mirrored, self._pose_prior)

    def _codes(self, means: np.ndarray, offsets: Mapping[int, np.ndarray] | None = None) -> list[GraphicsCode]:
        degrees, offsets = {}, offsets or {}
        for factor, calibration in self.calibrations.items():
            estimates = calibration.estimate(means[:, self.layout.slice(factor)])
            degrees[factor] = [self._controls.bounded(factor, value) for value in estimates.tolist()]
        return [
            GraphicsCode(row, self.layout, model=self.name, **{name: degrees[name][i] for name in degrees},
                         offsets=offsets.get(i))
            for i, row in enumerate(means)
        ]

    def render(
        self,
        code: GraphicsCode,
        azimuth: float | None = None,
        elevation: float | None = None,
        light: float | None = None,
        beyond: bool = False,
    ) -> np.ndarray:
        """One picture, uint8 (H, W, 3). A factor left out keeps the code's own value exactly.

        Where the code has its picture, that is in what is shown as far as it can be (dcign.own_picture);
        code.without_picture() is drawn by the decoder alone.
        Degrees outside the trained range are brought to its end (a circular factor wraps); with beyond, to the
        end of the `wider` range. ValueError for degrees that are not finite numbers, or a code of another model.
        """
        degrees = {"azimuth": azimuth, "elevation": elevation, "light": light}
        return self._draw([code], [self.heard(code, degrees, beyond)])[0]

    def render_many(
        self,
        codes: GraphicsCode | Sequence[GraphicsCode],
        azimuth: arguments.Degrees = None,
        elevation: arguments.Degrees = None,
        light: arguments.Degrees = None,
        progress: Callable[[int, int], None] | None = None,
        beyond: bool = False,
    ) -> np.ndarray:
        """Pictures uint8 (N, H, W, 3) of N codes, or of one code at N angles.

        Each factor is a list of N degrees, one value for all, or None; None, also in a list, keeps the code's
        own. progress(done, total) is called after every batch.
        """
        codes = [codes] if isinstance(codes, GraphicsCode) else list(codes)
        given = {"azimuth": azimuth, "elevation": elevation, "light": light}
        lengths = {len(codes)} | {len(values) for values in given.values() if arguments.is_list(values)}
        count = max(lengths)
        if not codes or not lengths <= {1, count}:
            raise ValueError("give as many angles as codes, or one for all; lengths: " + str(sorted(lengths)))
        codes = codes * count if len(codes) == 1 else codes
        heard = [
            self.heard(
                code, {name: arguments.entry(values, i) for name, values in given.items()}, beyond)
            for i, code in enumerate(codes)
        ]
        pictures = np.empty((count, *2 * [self.shown_size], 3), np.uint8)
        for start in range(0, count, _BATCH):
            stop = min(start + _BATCH, count)
            pictures[start:stop] = self._draw(codes[start:stop], heard[start:stop])
            if progress is not None:
                progress(stop, count)
        return pictures

    def sweep(
        self,
        code: GraphicsCode,
        factor: str,
        frames: int = 36,
        there_and_back: bool = False,
        progress: Callable[[int, int], None] | None = None,
        **held: float | None,
    ) -> np.ndarray:
        """The factor over its whole range: uint8 (frames, H, W, 3), or (2 * frames - 2, ...) there and back.

        held: degrees at which the other factors stay, as in light=-45.0; left out, they keep the code's own. Where the
        view turns and pixels do not move along, the decoder draws every frame: the code's own picture would flash by.
        """
        if factor not in self._ranges:
            raise ValueError(f"this model has no factor {factor!r}: choose {', '.join(self._ranges)}")
        if not set(held) <= set(FACTORS) - {factor}:
            raise ValueError(f"hold only the other factors, not {', '.join(held)}")
        values = path(self._ranges[factor], frames, there_and_back, factor in self._controls.circular)
        # Backwards the same pictures come again, so only the way there is drawn.
        code = code if factor == "light" or self.moves_pixels else code.without_picture()
        pictures = self.render_many(code, **{factor: values[:frames]}, **held, progress=progress)
        return np.concatenate([pictures, pictures[-2:0:-1]]) if there_and_back else pictures

    def bounded(self, factor: str, degrees: float) -> float:
        """These degrees brought to the end of the trained range; a circular factor wraps."""
        return self._controls.bounded(factor, degrees)

    def heard(self, code: GraphicsCode, degrees: Mapping[str, float | None], beyond: bool = False) -> Heard:
        """What the decoder hears of a code whose given factors are moved to these degrees. ValueError as by render()."""
        return self._controls.heard(code, degrees, beyond)

    def _draw(self, codes: Sequence[GraphicsCode], heard: Sequence[Heard]) -> np.ndarray:
        """N codes and what the decoder hears of each -> uint8 (N, H, W, 3)."""
        with torch.inference_mode():
            views = self.views(codes, heard)
            pictures = torch.stack([self._memory.shown(asked, self._finely) if self.relighting else self._plain(asked.sharp) for asked in views])
            levels = pictures.float().mul(255).round_().clamp_(0, 255).to(torch.uint8)
            return np.ascontiguousarray(levels.permute(0, 2, 3, 1).cpu().numpy())

    def _plain(self, sharp: torch.Tensor) -> torch.Tensor:
        return shown_finely(sharp, []) if self._finely else sharp

    def sides(self, asked: Asked) -> tuple[Asked, Shares, Side | None, Side | None]:
        """One of a code's views in the tone of its picture; the parts of the picture and of its mirror image in it, None where one has none,
        and before them how far they are trusted. The code must have a picture of this size."""
        own = self._memory.own(asked)
        asked = asked.toned(own)
        return asked, *asked.sides(own)

    def views(self, codes: Sequence[GraphicsCode], heard: Sequence[Heard]) -> list[Asked]:
        """The views of N codes of which the decoder hears this, drawn; nothing of their pictures is in it yet."""
        drawn = self._decode(heard)
        pictures = sharpen(torch.stack([new.picture for new in drawn]), self.sharpening, self.spec.ground)
        return [Asked(code, new, sharp, asked.away, asked.light, lambda degrees, code=code: self._at(code, degrees),
                      self._drawing.flow, self.symmetric, self.spec.ground, self.spec.subject)
                for code, new, sharp, asked in zip(codes, drawn, pictures, heard)]

    def _decode(self, heard: Sequence[Heard]) -> list[Drawn]:
        """What is drawn of what the decoder hears of N codes."""
        rows = [asked.rows for asked in heard]  # (L,) or (K, L)
        if len({part.shape for part in rows}) > 1:  # some with offsets
            rows = [np.broadcast_to(part, (self._network.places, self.layout.size)) for part in rows]
        rows, latents = (torch.from_numpy(np.stack(parts)).to(self.device)
                         for parts in (rows, [asked.latents for asked in heard]))
        if not self.moves_pixels:
            return [Drawn(picture) for picture in self._drawing.decode(rows).float()]
        pictures, levels = self._drawing.decode_with_level(rows)  # (N, 3, H, W), (N, C, h, w)
        return [Drawn(*parts) for parts in zip(pictures.float(), levels.split(1), latents.split(1))]

    def _at(self, code: GraphicsCode, degrees: Mapping[str, float | None]) -> Drawn:
        """What the decoder draws of the code at these degrees, or as it is where there are none."""
        return self._decode([self.heard(code, degrees, beyond=True)])[0]
