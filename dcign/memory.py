"""What was seen of the codes that were drawn last, and what is shown of them (own_picture.py).

    memory = Memory()
    shown = memory.shown(asked)     # a view of a code

Shape legend: H, W pixels.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable

from torch import Tensor

from .black_and_white import colourless, in_black_and_white
from .detail import as_tensor, shown_finely
from .graphics_code import GraphicsCode
from .likeness import strangeness, tone, tones
from .moved_shares import Shares
from .offsets import trust
from .own_picture import LEAST, REACH, Asked, Own, blended, unlit
from .relighting import Seen, relit

_KEPT = 32  # codes whose own drawing is kept: one for each of so many visitors


class Memory:
    """What was seen of the codes that were drawn last, so that a drag does not begin anew with every frame. It goes with
    its code: nobody's picture stays after the code is gone. A deep copy of a Studio begins with an empty one."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a code may go, and call _forget(), while it is held
        self._kept: OrderedDict[int, tuple[weakref.ref[GraphicsCode], Own]] = OrderedDict()

    def __reduce__(self) -> tuple:
        return Memory, ()

    def shown(self, asked: Asked, finely: bool = False) -> Tensor:
        """What is drawn and ready to be shown, or as far as it is trusted the code's own picture there, (3, H, W); or ``finely``, with that one's
        detail, if the code has any, (3, 2 H, 2 W)."""
        code, sharp = asked.code, asked.sharp
        if code.picture is None or code.pixels.shape[0] != sharp.shape[-1]:
            return shown_finely(sharp, []) if finely else sharp
        still, shown, most = trust(asked.away, REACH), sharp, asked.shares()
        if max(still, most.own, most.mirrored) < LEAST:
            shown = in_black_and_white(sharp) if colourless(as_tensor(code.pixels, sharp)) else sharp
            return shown_finely(shown, []) if finely else shown
        own, trusted, sides, rather = self.own(asked), Shares(), (None, None), None
        if still <= 1 - LEAST:
            asked = asked.toned(own)
            trusted, *sides = asked.sides(own)
            rather = asked.rather(*sides)
            shown = blended(asked.sharp[None], trusted, *sides, rather)[0]
        if still >= LEAST:
            shown = shown.lerp(relit(own.seen, asked.new.picture), still)
        if finely:
            detailed = code.detail is not None
            shown = asked.detailed(own, shown, still, trusted, sides, rather) if detailed else shown_finely(shown, [])
        return in_black_and_white(shown) if own.grey else shown

    def own(self, asked: Asked) -> Own:
        """What is known of a code's picture."""
        def make() -> Own:
            picture = as_tensor(asked.code.pixels, asked.sharp)
            itself = asked.draw({})
            strange = 1.0 if asked.code.photograph else strangeness(picture, itself.picture, asked.ground)
            seen = Seen.of(picture, itself.picture, unlit(asked.code, asked.subject, asked.ground))
            toned = asked.flow is not None and asked.solid and asked.code.photograph  # without flow, what is drawn further on has its own
            whole = tone(picture, itself.picture, asked.ground) if toned else None
            each = tones(picture, itself.picture, asked.ground, whole) if toned else None
            return Own(seen, itself, strange, colourless(picture), whole, each)

        return self.get(asked.code, make)

    def get(self, code: GraphicsCode, make: Callable[[], Own]) -> Own:
        key = id(code)
        with self._lock:
            of, own = self._kept.get(key, (None, None))
            if of is not None and of() is code:  # the number of a code that is gone may come again
                self._kept.move_to_end(key)
                return own
        own = make()
        with self._lock:
            self._kept[key] = weakref.ref(code, lambda gone: self._forget(key, gone)), own
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return own

    def _forget(self, key: int, gone: weakref.ref[GraphicsCode]) -> None:
        with self._lock:
            if self._kept.get(key, (None, None))[0] is gone:
                del self._kept[key]
