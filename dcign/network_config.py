"""The configuration of DC-IGN's networks: widths of every level, and the shortcuts beside them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace

LARGEST = 1024  # of any width: a downloaded configuration must not ask for more memory than there is
MOST = 2**25  # weights between the latents and the smallest level
SHORTCUTS = ("colour_heads", "palette", "place_heads", "place_entries")


@dataclass(frozen=True)
class NetworkConfig:
    """Widths of both networks, from the smallest level (``base`` pixels) up; each level doubles the pixels."""

    latents: int = 128
    base: int = 5
    decoder_widths: tuple[int, ...] = (192, 128, 128, 80, 32)  # at 5, 10, 20, 40, 80 px
    encoder_widths: tuple[int, ...] = (160, 160, 96, 64, 32, 16)  # at 5, 10, 20, 40, 80, 160 px
    plain_levels: int = 1  # how many of the encoder's finest levels have no block
    more_blocks: tuple[int, ...] = ()  # the encoder's levels that have one block more, in pixels
    heads: int = 2  # how many of the finest levels add to the picture
    norm_groups: int = 8
    norm_limit: int = 40  # pixels; normalising finer levels costs a tenth of the time and was not needed
    colour_heads: int = 0  # places whose colours the posterior reads directly (dcign/colour_attention.py)
    palette: int = 0  # colours that latents give directly to every level with a head (dcign/palette.py)
    place_heads: int = 0  # places whose shapes the posterior reads directly (dcign/place_attention.py)
    place_entries: int = 0  # kinds of places that latents change directly (dcign/place_modulation.py)
    flow_width: int = 0  # channels of what moves the picture's own pixels (dcign/appearance_flow.py); learned after the rest
    blend_width: int = 0  # of what tells from which of two pictures each is taken (dcign/view_blending.py); learned last

    @property
    def size(self) -> int:
        """Pixels along a side of the pictures."""
        return self.base * 2 ** len(self.decoder_widths)

    @property
    def decoder_sizes(self) -> tuple[int, ...]:
        return tuple(self.base * 2**i for i in range(len(self.decoder_widths)))

    @property
    def encoder_sizes(self) -> tuple[int, ...]:
        return tuple(self.base * 2**i for i in range(len(self.encoder_widths)))

    @property
    def shortcuts(self) -> dict[str, int]:
        """The fields that add to a network what it can also do without, by name."""
        return {name: getattr(self, name) for name in SHORTCUTS}

    def __post_init__(self):
        if len(self.encoder_widths) != len(self.decoder_widths) + 1:
            raise ValueError("encoder_widths needs one level more than decoder_widths: it starts at the picture")
        numbers = (self.latents, self.base, self.plain_levels, self.norm_groups, *self.decoder_widths,
                   *self.encoder_widths)
        if not all(isinstance(n, int) and 1 <= n <= LARGEST for n in numbers) or self.size > LARGEST:
            raise ValueError(f"every width and the picture's size must be whole numbers from 1 to {LARGEST}")
        if self.base**2 * max(self.encoder_widths[0], self.decoder_widths[0]) * self.latents > MOST:
            raise ValueError(f"latents, base² and the smallest level's width must not multiply to more than {MOST}")
        if not all(isinstance(n, int) and 0 <= n <= LARGEST for n in self.shortcuts.values()):
            raise ValueError(f"{', '.join(self.shortcuts)} must be whole numbers from 0 to {LARGEST}")
        coarse = self.encoder_sizes[:-self.plain_levels]
        if len(set(self.more_blocks)) != len(self.more_blocks) or not set(self.more_blocks) <= set(coarse):
            raise ValueError(f"more_blocks must be some of the encoder's levels below its finest: {coarse}")
        if not isinstance(self.flow_width, int) or not 0 <= self.flow_width <= LARGEST:
            raise ValueError(f"flow_width must be a whole number from 0 to {LARGEST}")
        if not isinstance(self.blend_width, int) or not 0 <= self.blend_width <= LARGEST or self.blend_width > 0 == self.flow_width:
            raise ValueError(f"blend_width must be a whole number from 0 to {LARGEST}, and 0 without flow_width")
        if self.flow_width and self.size // 8 not in self.decoder_sizes:
            raise ValueError("appearance flow needs a decoder of three levels or more")
        if not 1 <= self.heads <= len(self.decoder_widths):
            raise ValueError("heads must be between 1 and the number of decoder levels")

    def smaller(self) -> "NetworkConfig":
        """The configuration of the network that grows into this one: half the pixels, one head less."""
        return replace(self, decoder_widths=self.decoder_widths[:-1], encoder_widths=self.encoder_widths[:-1],
                       heads=max(1, self.heads - 1), flow_width=0, blend_width=0, more_blocks=tuple(
                           s for s in self.more_blocks if s in self.encoder_sizes[:-1 - self.plain_levels]))

    @staticmethod
    def tiny(latents: int = 16, size: int = 40) -> "NetworkConfig":
        """A network for tests: thousands of weights, ``size`` one of 20, 40, 80, 160 pixels."""
        levels = (size // 5).bit_length() - 1
        if size != 5 * 2**levels or levels < 2:
            raise ValueError(f"size must be 20, 40, 80 or 160 pixels, not {size}")
        return NetworkConfig(latents, 5, (16,) * levels, (16,) * levels + (8,), norm_groups=4, norm_limit=20)

    def to_dict(self) -> dict:
        """What from_dict() reads; versions before blending read those without."""
        values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}
        return values if self.blend_width else {key: value for key, value in values.items() if key != "blend_width"}

    @staticmethod
    def from_dict(values: dict) -> "NetworkConfig":
        """Raises ValueError for an unknown or missing field."""
        names = {field.name for field in fields(NetworkConfig)}
        # what weights of before these fields have
        values = {"plain_levels": 2, "more_blocks": (), "flow_width": 0, "blend_width": 0} | dict.fromkeys(SHORTCUTS, 0) | values
        if set(values) != names:
            raise ValueError(f"network configuration: fields {sorted(set(values) ^ names)} are unknown or missing")
        return NetworkConfig(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
