"""The measures in one table, for a README: what a reader asks first. The model card has the rest."""

from __future__ import annotations

from train.measures.tables import cameras, parts, photographs, sharpness, table


def _each(result: dict, row: str, value) -> list[str]:
    """A row with a cell for every factor; empty where ``value`` finds nothing."""
    cells = []
    for factor in result["equivariance"]:
        try:
            cells.append(value(factor))
        except KeyError:
            cells.append("")
    return [row, *cells]


def summary(name: str, result: dict) -> str:
    """Markdown of a result of measure(): a row for every question, a column for every factor."""
    equivariance, views = result["equivariance"], result["novel_views"]
    once, own, beside = result.get("one_pass"), result.get("own"), result.get("beside")
    rows = [_each(result, "mean error of what is read", lambda f: f"{equivariance[f]['calibrated_mae']:.1f}°")]
    if once:
        rows.append(_each(result, "the same of half of the views: by one pass, refined",
                          lambda f: f"{once['error'][f][0]:.1f}°, {once['error'][f][1]:.1f}°"))
    rows.append(_each(result, "r² of the factor by a ridge regression from all other latents",
                      lambda f: f"{result['leakage'][f]['sampled']:.2f}"))
    if beside:
        rows.append(_each(result, f"the same in `{beside['preset']}`", lambda f: f"{beside['leakage'][f]['sampled']:.2f}"))
    rows.append(_each(result, "new view: dB above a copy of the input", lambda f: f"{views[f]['gain']:+.1f}"))
    if own:
        rows.append(_each(result, "the same, drawn by the network alone", lambda f: f"{own['novel_views'][f]['gain']:+.1f}"))
    if once:
        rows.append(_each(result, "the same, from one pass of the encoder",
                          lambda f: f"{once['novel_views'][f]['psnr'] - views[f]['copy_psnr']:+.1f}"))
    if beside:
        rows.append(_each(result, f"the network alone: dB above `{beside['preset']}`",
                          lambda f: f"{beside['novel_views'][f]['gain']:+.1f}"))
    rows.append(_each(result, "SSIM of the new view (of a copy)",
                      lambda f: f"{views[f]['ssim']:.2f} ({views[f]['copy_ssim']:.2f})"))
    lines = [f"### {name}: {result['identities']} held-out identities, {result['views']} random views each"]
    lines += table(["", *equivariance], rows) + (cameras(beside) if beside else [])
    lines += photographs(result.get("photographs", {}))
    lines += sharpness(result["sharpness"]) + parts(result.get("parts", {}), bool(once))
    return "\n".join(lines)
