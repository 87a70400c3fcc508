"""Values that follow the edges of a picture."""

from __future__ import annotations

import pytest
import torch

from dcign.guided_filter import RADIUS, Guide, windows


def _guide(size: int = 48) -> torch.Tensor:
    return torch.where(torch.arange(size) < size // 2, 0.2, 0.8).expand(1, 1, size, size)


def test_blurred_values_get_the_edges_of_the_guide():
    guide, steep = _guide(), torch.sigmoid((torch.arange(48) - 23.5) / 2).expand(1, 3, 48, 48)
    filtered = Guide.of(guide, 1e-4).lines(steep)
    assert filtered.shape == steep.shape
    assert filtered.diff(dim=3).max() > 3 * steep.diff(dim=3).max()
    assert filtered.diff(dim=3)[0, 0, 24].argmax() == 23


def test_a_line_over_the_guide_stays_and_what_it_does_not_show_is_evened_out():
    guide = torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(0)).repeat_interleave(2, 2).repeat_interleave(2, 3)
    found = Guide.of(guide, 1e-6).lines(torch.cat([0.3 + 0.5 * guide, -guide], 1))
    assert torch.allclose(found, torch.cat([0.3 + 0.5 * guide, -guide], 1), atol=0.02)
    noise = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    assert Guide.of(torch.full((2, 1, 64, 64), 0.5), 1e-3).lines(noise).std() < 0.2 * noise.std()


def test_windows_are_means_of_what_lies_in_the_picture():
    values = torch.rand(1, 2, 9, 7, generator=torch.Generator().manual_seed(0))
    found = windows(values)
    assert found[0, 0, 0, 0] == pytest.approx(float(values[0, 0, :RADIUS + 1, :RADIUS + 1].mean()), abs=1e-6)
    assert found[0, 1, 4, 3] == pytest.approx(float(values[0, 1, 2:7, 1:6].mean()), abs=1e-6)


def test_what_was_first_used_in_inference_mode_serves_autograd():
    with torch.inference_mode():
        Guide.of(torch.rand(1, 1, 22, 22), 0.1).lines(torch.rand(1, 3, 22, 22))
    Guide.of(torch.rand(1, 1, 22, 22, requires_grad=True), 0.1).lines(torch.rand(1, 3, 22, 22)).sum().backward()
