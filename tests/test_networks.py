"""Shapes, growth and independence of the pictures in a batch."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from dcign.networks import DCIGN, NetworkConfig


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def test_shapes_and_range():
    network = DCIGN(NetworkConfig.tiny(latents=12, size=40))
    mean, log_variance = network.encode(torch.rand(3, 3, 40, 40))
    pictures = network.decode(mean)
    assert mean.shape == log_variance.shape == (3, 12)
    assert pictures.shape == (3, 3, 40, 40)
    assert 0 <= pictures.min() and pictures.max() <= 1


def test_the_bundled_size_fits_the_limits():
    config = NetworkConfig()
    parameters = sum(p.numel() for p in DCIGN(config).parameters())
    assert config.size == 160
    assert 2 * parameters < 10_000_000  # bytes in 16 bits


def test_a_picture_does_not_depend_on_its_batch():
    network = DCIGN(NetworkConfig.tiny(latents=12, size=40)).eval()
    pictures = torch.rand(5, 3, 40, 40)
    together, alone = network.encode(pictures)[0], network.encode(pictures[2:3])[0]
    assert torch.allclose(together[2], alone[0], atol=1e-5)
    assert torch.allclose(network.decode(together)[2], network.decode(together[2:3])[0], atol=1e-5)


def test_memory_format_does_not_change_the_code():
    network = DCIGN(NetworkConfig.tiny(latents=12, size=40)).eval()
    pictures = torch.rand(2, 3, 40, 40)
    plain = network.encode(pictures)[0]
    last = network.to(memory_format=torch.channels_last)
    assert torch.allclose(plain, last.encode(pictures.contiguous(memory_format=torch.channels_last))[0], atol=1e-5)


def test_no_posterior_is_surer_or_less_sure_than_its_bounds():
    network = DCIGN(NetworkConfig.tiny(latents=8, size=20))
    with torch.no_grad():
        network.encoder.posterior.bias[8:12], network.encoder.posterior.bias[12:] = -1e3, 1e3
        log_variance = network.encode(torch.rand(2, 3, 20, 20))[1]
    assert (log_variance[:, :4] == -12).all() and (log_variance[:, 4:] == 6).all()


def test_growing_keeps_the_picture_and_nearly_the_code():
    large = NetworkConfig.tiny(latents=12, size=80)
    old, new = DCIGN(large.smaller()).eval(), DCIGN(large).eval()
    for head in old.decoder.heads.values():  # a picture with contrast
        head.weight.data.mul_(5)
    new.grow_from(old)
    coarse = old.decode(torch.randn(4, 12))
    torch.manual_seed(1)
    latents = torch.randn(4, 12)
    drawn = new.decode(latents)
    expected = torch.sigmoid(F.interpolate(torch.logit(old.decode(latents), 1e-6), scale_factor=2, mode="bilinear"))
    assert coarse.std() > 0.01
    assert torch.allclose(drawn, expected, atol=1e-4)
    smooth = F.interpolate(torch.rand(4, 3, 10, 10), scale_factor=8, mode="bilinear")
    small = F.avg_pool2d(smooth, 2)
    before, after = old.encode(small)[0], new.encode(smooth)[0]
    other = old.encode(small.flip(0))[0]
    assert (before - after).norm() < 0.5 * (before - other).norm()


def test_configuration_round_trip_and_its_errors():
    config = NetworkConfig.tiny()
    assert NetworkConfig.from_dict(config.to_dict()) == config
    with pytest.raises(ValueError, match="unknown or missing"):
        NetworkConfig.from_dict({"latents": 3})
    with pytest.raises(ValueError, match="20, 40, 80 or 160"):
        NetworkConfig.tiny(size=50)
    with pytest.raises(ValueError, match="multiply"):  # 34 GB in one layer
        NetworkConfig(latents=1024, base=64, decoder_widths=(1024,) * 4, encoder_widths=(1024,) * 5)
    with pytest.raises(ValueError, match="whole numbers from 1 to 1024"):
        NetworkConfig.from_dict(config.to_dict() | {"latents": 10**9})
    with pytest.raises(ValueError, match="more_blocks"):  # its finest level has no block
        NetworkConfig.from_dict(config.to_dict() | {"more_blocks": [10, 40]})
    with pytest.raises(ValueError, match="more_blocks"):
        NetworkConfig.from_dict(config.to_dict() | {"more_blocks": [10, 10]})
    with pytest.raises(ValueError, match="encoder_widths"):
        NetworkConfig(decoder_widths=(8,), encoder_widths=(8,))


def test_widening_the_encoder_keeps_every_code():
    narrow, wide = (NetworkConfig(12, 5, (16,) * 4, (16, 16, 16, width, 8), plain, norm_groups=4, norm_limit=20)
                    for width, plain in ((8, 2), (24, 1)))
    old, new = DCIGN(narrow).eval(), DCIGN(wide).eval()
    new.widen_from(old)
    pictures = torch.rand(3, 3, 80, 80)
    for before, after in zip(old.encode(pictures), new.encode(pictures)):
        assert torch.allclose(before, after, atol=1e-5)
    assert torch.equal(old.decode(old.encode(pictures)[0]), new.decode(old.encode(pictures)[0]))
    new.encode(pictures)[0].square().sum().backward()  # what is new can learn
    assert new.encoder.blocks["40"].second.weight.grad.abs().max() > 0
    assert new.encoder.join["20"].weight.grad[:, 8:].abs().max() > 0
    with pytest.raises(ValueError, match="not narrowed"):
        old.widen_from(DCIGN(replace(narrow, encoder_widths=(16, 16, 16, 24, 8))))
    with pytest.raises(ValueError, match="normalised"):
        new.widen_from(DCIGN(replace(wide, encoder_widths=(16, 8, 16, 24, 8))))
    with pytest.raises(ValueError, match="only the encoder"):
        new.widen_from(DCIGN(replace(wide, latents=10)))


def test_blocks_that_come_later_start_as_identities_and_learn():
    plain = NetworkConfig.tiny()
    deep = replace(plain, more_blocks=(5, 10))
    assert NetworkConfig.from_dict(deep.to_dict()) == deep
    assert replace(deep, more_blocks=(10, 20)).smaller().more_blocks == (10,)
    old, new = DCIGN(plain).eval(), DCIGN(deep).eval()
    new.widen_from(old)
    pictures = torch.rand(3, 3, 40, 40)
    assert all(torch.equal(before, after) for before, after in zip(old.encode(pictures), new.encode(pictures)))
    new.encode(pictures)[0].square().sum().backward()
    assert all(block.second.weight.grad.abs().max() > 0 for block in new.encoder.more_blocks.values())
    grown, small = DCIGN(replace(deep, more_blocks=(10, 20))), DCIGN(deep.smaller())
    grown.grow_from(small)
    assert torch.equal(grown.encoder.more_blocks["20"].second.weight, torch.zeros(16, 16, 3, 3))
    assert grown.encoder.more_blocks["10"].second.weight.abs().max() > 0


def test_configurations_of_before_the_blocks_were_counted():
    values = NetworkConfig.tiny().to_dict()
    del values["plain_levels"], values["more_blocks"]
    assert NetworkConfig.from_dict(values).plain_levels == 2
