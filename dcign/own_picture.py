"""What of a code's own picture is in what is shown of the code: all, under any light (relighting.py), where the view is the
picture's own; its pixels, or its mirror image's (mirror_image.py), at their new places (appearance_flow.py), if the network has learned
to move them; else nothing. Of a photographed face, and of any photograph's mirror image, before the photograph's ground
(photo_layers.py); what is drawn of a photographed face has the picture's tone (likeness.py), and in profile it is drawn alone. All that is
shown of a picture in black and white is so too (black_and_white.py). memory.py puts it together.

Shape legend: H, W pixels, L latents, C channels of the decoder's level of h, w pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import torch
from torch import Tensor

from . import mirror_image, photo_layers
from .appearance_flow import AppearanceFlow, Begun, Moved, Source, sample
from .detail import TIMES, Part, as_tensor, beyond, shown_finely
from .enlargement import enlarged
from .graphics_code import GraphicsCode
from .likeness import outline, solid_outline
from .moved_shares import Shares, distrust, doubt, shares, smears, unseen_share
from .photo_layers import Layers
from .relighting import Seen, relit
from .view_blending import Side

#: Over how many degrees the picture that stays in its place fades when the view turns. Drawn from one picture, either is as
#: near to the truth at 4; a little sooner, as both at once look like a ghost.
REACH = {"azimuth": 3.0, "elevation": 3.0}
#: Of a colour, by how much what is drawn of a view differs from what was drawn where it comes from, until that one's tone says nothing of it.
UNLIKE = 0.2
#: Below this share it is not worth its time.
LEAST = 0.01


@dataclass(frozen=True, eq=False)
class Drawn:
    """What the decoder draws (3, H, W) in [0, 1]; for appearance flow, its level (1, C, h, w) and the latents (1, L)."""

    picture: Tensor
    level: Tensor | None = None
    latents: Tensor | None = None


Draw = Callable[[Mapping[str, float | None]], Drawn]  # draws a code at these degrees, or as it is where there are none


@dataclass(eq=False)
class Own:
    """A code's picture with what is drawn of the code, how ``strange`` it is (likeness.py; 1 for a photograph), and the light under which it
    was moved last; or its mirror image with what is drawn of that. ``grey``: whether the picture is in black and white;
    ``tone``: of a photographed face, by what each channel of its drawing is multiplied (3, 1, 1), and ``tones`` those of each of its pixels
    (3, H, W), None for nothing. ``mirrored`` is the other one, as soon as it was needed; ``subject`` is photo_layers.subject(), of a face
    with its hair, and ``layers`` the light under which a photograph, or its mirror image, was shown last, with its layers then; ``beyond``
    what its detail shows beyond it, and (True) that of its mirror image, each with what it was last begun as."""

    seen: Seen
    itself: Drawn
    strange: float = 0.0
    grey: bool = False
    tone: Tensor | None = None
    tones: Tensor | None = None
    lit: tuple[float | None, Begun] | None = None
    mirrored: Own | None = None
    subject: Tensor | None = None
    layers: tuple[float | None, Layers] | None = None
    beyond: dict[bool, tuple[Begun | None, Tensor]] = field(default_factory=dict)

    def begun(self, light: float | None, draw: Callable[[float | None], Drawn], flow: AppearanceFlow) -> Begun:
        """Where pixels come from: the picture, under another light where one is asked for."""
        last = self.lit
        if last is not None and last[0] == light:
            return last[1]
        picture, drawn = self.seen.picture, self.itself
        if light is not None:
            drawn = draw(light)
            picture = relit(self.seen, drawn.picture)
        begun = flow.begin(Source(picture[None], drawn.picture[None], drawn.level, drawn.latents))
        self.lit = light, begun
        return begun


@dataclass(frozen=True, eq=False)
class Asked:
    """A code's view: what is drawn of it, and as it is shown (3, H, W); by how many degrees each factor was moved; the light that is
    asked for, None for the code's own; what draws the code, and moves pixels; whether its picture's mirror image is of the same
    subject, the colour (0 to 255) that the model draws behind that, and what it is: "face" or "object"; and if it is shown in the picture's
    tone, what that was before, with the tone."""

    code: GraphicsCode
    new: Drawn
    sharp: Tensor
    away: Mapping[str, float]
    light: float | None
    draw: Draw
    flow: AppearanceFlow | None = None
    symmetric: bool = True
    ground: Sequence[int] = (255, 255, 255)
    subject: str = "face"
    untoned: tuple[Tensor, Tensor] | None = None

    @property
    def blends(self) -> bool:
        """Whether a network tells which of both to take: of photographs. Renders come as near to the truth by fades, in half the time."""
        return self.flow is not None and self.flow.blending is not None and self.code.photograph

    @property
    def solid(self) -> bool:
        """Whether it is as solid as it is drawn. Of an object there may be gaps where none are drawn, and thin parts elsewhere."""
        return self.subject == "face"

    @cached_property
    def outlined(self) -> Tensor:
        """Where it is drawn in this view (1, H, W), 0 or 1."""
        return self._outline(self.new.picture)

    def _outline(self, drawn: Tensor) -> Tensor:
        """Where of what is ``drawn`` (3, H, W) it lies (1, H, W), 0 or 1."""
        return solid_outline(drawn, self.ground) if self.solid else outline(drawn, self.ground)

    def toned(self, own: Own) -> Asked:
        """The same, shown in the picture's tone."""
        if own.tone is None:
            return self
        sharp = torch.addcmul(self.sharp, self.outlined * self.sharp, own.tone - 1).clamp(0.0, 1.0)
        found = replace(self, sharp=sharp, untoned=(self.sharp, own.tone))
        found.__dict__["outlined"] = self.outlined  # the same, and replace() forgets what was cached
        return found

    def sides(self, own: Own) -> tuple[Shares, Side | None, Side | None]:
        """The picture's part in the view, and its mirror image's, None where that has none; and how far each is trusted."""
        found = self.shares(own.strange)
        here, there = min(found.own, found.window[0]) >= LEAST, min(found.mirrored, found.window[1]) >= LEAST
        if here != there and self._unseen(self.away if here else mirror_image.away_from_mirrored(self.code, self.away)) == 1.0:
            drawn = Side(self._before(self._layers(own))[None])  # no pixel of either is in it
            return found, drawn if here else None, drawn if there else None
        return found, self._moved(own) if here else None, self._moved_mirrored(own) if there else None

    def shares(self, strange: float = 1.0) -> Shares:
        """How far either is trusted; nothing is trusted further than of a picture that is ``strange``."""
        if self.flow is None:
            return Shares()
        return shares(self.code, self.away, self.symmetric, self.blends, strange)

    def rather(self, first: Side | None, second: Side | None) -> Tensor | None:
        """How much rather the second than the first is to be shown (1, 1, H, W), the logarithm of the odds, where a network tells that."""
        if first is None or second is None or not self.blends:
            return None
        return self.flow.blending(first, second, self.new.picture[None], self.new.latents)

    def _moved(self, own: Own) -> Side:
        """The picture's pixels where they are seen now."""
        begun = self._begun(own, self.light)
        found = self._found(begun, own, self.new, self.away)
        shown, unseen = self._shown(found, begun, own.tones), self._unseen(self.away)
        if self.code.photograph and self.solid and self.code.azimuth is not None:
            layers = self._layers(own)
            shown = layers.kept(shown, found, self.outlined, self.ground)
            if unseen:
                shown = shown.lerp(self._before(layers), unseen)
        return Side(shown[None], found.known, begun.latents, _carried(begun, found, unseen))

    def _moved_mirrored(self, own: Own) -> Side:
        """Those of its mirror image, of a photograph on its own ground."""
        code, aside, away = self.code, mirror_image.mirrored(self.code), mirror_image.away_from_mirrored(self.code, self.away)
        if own.mirrored is None:
            itself = self.draw(aside)
            own.mirrored = Own(Seen.of(own.seen.picture.flip(-1), itself.picture, unlit(code, self.subject, self.ground)), itself)
        light = code.light if self.light is None else self.light  # the mirror image has the light of the other side
        begun = self._begun(own.mirrored, light, aside)
        found = self._found(begun, own, self.new, away)
        shown, unseen = self._shown(found, begun, None if own.tones is None else own.tones.flip(-1)), self._unseen(away)
        if code.photograph:  # a render's ground is even
            layers = self._mirrored_layers(own, begun)
            shown = layers.placed(shown, found, self.outlined, self.solid)
            if unseen:
                shown = shown.lerp(self._before(layers), unseen)
        return Side(shown[None], found.known, begun.latents, _carried(begun, found, unseen))

    def _unseen(self, away: Mapping[str, float]) -> float:
        """How much of the view is drawn alone, so far ``away`` from where pixels come from, from 0 to 1: of photographed faces in profile."""
        return unseen_share(away) if self.code.photograph and self.solid and self.code.azimuth is not None else 0.0

    def _before(self, layers: Layers) -> Tensor:
        """What is drawn before what lies behind in the photograph (3, H, W)."""
        sharp, tone = self.untoned or (self.sharp, None)
        return layers.before(sharp, self.outlined, self.ground, tone)

    def _layers(self, own: Own) -> Layers:
        """The photograph's subject and what lies behind, in the light that is asked for."""
        if own.subject is None:
            begun = self._begun(own, None)
            found = photo_layers.subject(self.code, own.seen.picture, self._outline(own.itself.picture),
                                         lambda degrees: self._found(begun, own, self.draw(degrees), {}).flow, self.solid)
            own.subject = photo_layers.with_hair(own.seen.picture, found) if self.solid else found  # at once: another thread may wait for it
        kept = own.layers  # another thread may ask for another light
        if kept is None or kept[0] != self.light:
            kept = own.layers = self.light, Layers.of(self._begun(own, self.light).here[0, :3], own.subject)
        return kept[1]

    def _mirrored_layers(self, own: Own, begun: Begun) -> Layers:
        """The same of its mirror image, ``begun`` in that light."""
        kept = own.mirrored.layers
        if kept is None or kept[0] != self.light:
            kept = own.mirrored.layers = self.light, self._layers(own).mirrored(begun.here[0, :3])
        return kept[1]

    def detailed(self, own: Own, shown: Tensor, still: float, shares: Shares, sides: Sequence[Side | None], rather: Tensor | None) -> Tensor:
        """What is ``shown`` of the code's view (3, H, W) of these sides, and ``still`` of the picture where it is, with its detail, at twice
        the size."""
        mine = taken(shares, sides[1], rather)
        parts = []
        if still >= LEAST:
            parts.append(Part(self._beyond(own, None if self.flow is None else self._begun(own, self.light)), still))
        for side, share, mirrored in zip(sides, (shares.own * (1 - mine), shares.mirrored * mine), (False, True)):
            if side is not None and side.carried is not None:
                begun, counted, flow = side.carried
                parts.append(Part(self._beyond(own, begun, mirrored), (1 - still) * share * counted, flow))
        return shown_finely(shown, parts)

    def _beyond(self, own: Own, begun: Begun | None, mirrored: bool = False) -> Tensor:
        """What the detail of the picture, or of its mirror image, shows beyond that (3, 2 H, 2 W), in the light in which its pixels have
        ``begun`` to move; of a photograph's mirror image without its ground."""
        kept = own.beyond.get(mirrored)
        if kept is None or kept[0] is not begun or begun is None:
            picture, detail = own.seen.picture, as_tensor(self.code.detail_pixels, self.sharp)
            if mirrored:
                picture, detail = picture.flip(-1), detail.flip(-1)
            lit = relit(own.seen, self.new.picture) if begun is None else begun.here[0, :3]
            found = beyond(detail, picture, lit)
            if mirrored and self.code.photograph:
                found = found * enlarged(self._layers(own).shown.flip(-1)[None], TIMES)[0]
            kept = own.beyond[mirrored] = begun, found
        return kept[1]

    def _begun(self, own: Own, light: float | None, view: Mapping[str, float] = MappingProxyType({})) -> Begun:
        """Where pixels come from that are seen at this ``view``, none for the code's own, under that light."""
        return own.begun(light, lambda light: self.draw({**view, "light": light}), self.flow)

    def _found(self, begun: Begun, own: Own, new: Drawn, away: Mapping[str, float]) -> Moved:
        """The new view as flow finds it, ``away`` from where its pixels come from."""
        told = distrust(own.strange, away), doubt(own.strange, self.subject), smears(own.strange, self.subject)
        return self.flow(begun, new.picture[None], new.level, new.latents, *told)

    def _shown(self, found: Moved, begun: Begun, tones: Tensor | None) -> Tensor:
        """What is moved, and as far as it is drawn what is ready to be shown of that (3, H, W), in the ``tones`` (3, H, W) of where that comes from,
        if there are any and the like was drawn there: shoulders are not as their photograph's hair."""
        sharp = self.sharp
        if tones is not None and self.untoned is not None:
            sharp, whole = self.untoned
            tones, drawn = sample(torch.cat([tones, begun.here[0, 3:6]])[None], found.flow)[0].split(3)  # (3, H, W) each
            like = 1 - ((self.new.picture - drawn).abs().amax(0, keepdim=True) / UNLIKE).clamp(max=1.0)  # (1, H, W)
            sharp = torch.addcmul(sharp, self.outlined * sharp, whole.lerp(tones, like) - 1).clamp(0.0, 1.0)
        return torch.addcmul(found.picture[0], found.drawn_share[0], sharp - self.new.picture)


def blended(sharp: Tensor, shares: Shares, first: Side | None, second: Side | None, rather: Tensor | None = None) -> Tensor:
    """What is ``sharp`` (N, 3, H, W), and as far as they are trusted what is moved of one picture and of the other. rather: the logarithm
    of the odds of the second in each pixel (N, 1, H, W), as view_blending.py has them; None where only windows tell."""
    other, shown = taken(shares, second, rather), sharp
    if first is not None:
        shown = shown + (1 - other) * shares.own * (first.shown - sharp)
    if second is not None:
        shown = shown + other * shares.mirrored * (second.shown - sharp)
    return shown


def taken(shares: Shares, second: Side | None, rather: Tensor | None = None) -> Tensor | float:
    """Which share of both is the second's, from 0 to 1, in each pixel (N, 1, H, W) or in all."""
    own, mirrored = shares.window
    if rather is None:
        return 1 - own if second is None else mirrored
    chosen = torch.sigmoid(rather)
    return mirrored * chosen + (1 - own) * (1 - chosen)  # (N, 1, H, W)


def _carried(begun: Begun, found: Moved, unseen: float) -> tuple[Begun, Tensor, Tensor]:
    """Side.carried of a view, of which so much is ``unseen``."""
    return begun, (1 - unseen) * (1 - found.drawn_share), found.flow


def unlit(code: GraphicsCode, subject: str, ground: Sequence[int]) -> Sequence[int] | None:
    """The model's ``ground``, if neither light nor shadow falls on it in a code's picture: a render's, but for the floor of objects."""
    return ground if subject == "face" and not code.photograph else None
