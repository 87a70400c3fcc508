"""The measures as Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence

from dcign.moved_shares import STRANGE_TURN, TURN
from train.measures.bars import bars


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of Markdown, after an empty one; none without rows."""
    if not rows:
        return []
    return ["", "| " + " | ".join(head) + " |", "|" + "---|" * len(head),
            *("| " + " | ".join(row) + " |" for row in rows)]


def _equivariance(found: dict) -> list[str]:
    rows = [[factor, f"{row['calibrated_mae']:.2f}°", f"{row['calibrated_median']:.2f}°", f"{row['linear_mae']:.2f}°",
             f"{row['neighbours_mae']:.2f}°",
             f"{row['linear_r2']:.3f} / {row['calibrated_r2']:.3f}" if "linear_r2" in row else "circular",
             f"{row['chance_mae']:.1f}°"] for factor, row in found.items()]
    return table(["factor", "calibrated MAE", "median", "linear MAE", "15-neighbour MAE", "r² linear / calibrated",
                   "chance MAE"], rows)


def _novel(found: dict) -> list[str]:
    rows = [[factor, f"{row['psnr']:.2f} dB", f"{row['copy_psnr']:.2f} dB", f"{row['gain']:+.2f} dB",
             f"{row['ssim']:.3f} ({row['copy_ssim']:.3f})", f"{row['gradient_share']:.2f}"]
            for factor, row in found.items()]
    return table(["new view from one picture", "PSNR", "copying the input", "gain", "SSIM (copy)", "gradient share"],
                  rows)


def shown_as(result: dict) -> str:
    """In words, what the app does besides drawing."""
    if result.get("moves_pixels"):
        return ("sharpened, another light on the given picture itself, and where the view lies within "
                f"{TURN[1]:.0f}° of azimuth ({STRANGE_TURN[1]:.0f}° if it is drawn unlike itself) from its own or its mirror image's the pixels of these "
                "moved along")
    return "sharpened, and another light on the given picture itself"


def _one_pass(result: dict) -> list[str]:
    """What refinement, the unsharp mask and the given picture bring: the ways from a picture to another beside each other."""
    if "one_pass" not in result:
        return []
    once, ways = result["one_pass"], {"one pass of the encoder": result["one_pass"], "refined": result}
    if "own" in result:
        ways["refined, the network alone"] = result["own"]
    rows = [["reconstruction", *(way["reconstruction"] for way in ways.values())]]
    rows += [[f"new {factor}", *(way["novel_views"][factor] for way in ways.values())] for factor in once["novel_views"]]
    lines = table(["dB / SSIM / gradient share", *ways], [
        [name, *(f"{row['psnr']:.2f} / {row['ssim']:.3f} / {row['gradient_share']:.2f}" for row in pair)]
        for name, *pair in rows])
    return ["", "New views are drawn from refined codes, as the app refines those of renders, and shown as in the app: "
            + shown_as(result) + ". Angles, leakage and recognition are read from one pass of the "
            "encoder. Reconstructions " + ("" if result.get("moves_pixels") else "and turns ") + "are drawn from the code alone."] + lines + [
        "", "Mean error of the calibrated read-out of one pass / refined, on the half of the views that is drawn again: " + ", ".join(
            f"{factor} {plain:.2f}° / {refined:.2f}°" for factor, (plain, refined) in once["error"].items()) + "."]


def cameras(beside: dict) -> list[str]:
    """A sentence about networks that were not shown the same pictures."""
    def gains_of(row: dict) -> str:
        return f"{row['psnr'] - row['copy_psnr']:+.1f} dB against {row['beside_psnr'] - row['beside_copy_psnr']:+.1f} dB"

    gains = ", ".join(f"{factor} {gains_of(row)}" for factor, row in beside["novel_views"].items()
                      if not row["same_pictures"])
    return ["", f"This network and `{beside['preset']}` were trained with different cameras, and each is measured on pictures of its "
            f"own: above a copy of these, {gains}."] if gains else []


def photographs(found: dict) -> list[str]:
    """What becomes of photographs that turn, and of their light."""
    rows = [[f"{factor} by {row['degrees']:.0f}°", *(f"{row[f'{kind}_psnr']:.2f} dB / {row[f'{kind}_ssim']:.3f}"
                                                     for kind in ("shown", "drawn", "copy"))] for factor, row in found.items()]
    return table(["a photograph moved", "as shown", "drawn alone", "copying the input"], rows) + [
        "", "Photographs here are renders of held-out identities, nearly all before other grounds, many in another exposure or other "
        "colours, encoded as photographs are in the app (faces refined where they are drawn, objects by one pass). PSNR is of the subject alone, SSIM of the whole picture, ground and all."] if found else []


def _beside(beside: dict) -> list[str]:
    """The comparison with another network, in the pictures that both can draw."""
    views = beside["novel_views"]
    rows = [[factor, f"{row['psnr']:.2f} dB", f"{row['beside_psnr']:.2f} dB", f"{row['gain']:+.2f} dB",
             f"{row['copy_psnr']:.2f} dB"] for factor, row in views.items()]
    size, colour = beside["size"], "grey" if beside["grey"] else "colour"
    head = [f"new view at {size} px {colour}", "this network", f"`{beside['preset']}`", "gain", "copying the input"]
    if any("one_pass_gain" in row for row in views.values()):
        head.append("gain by one pass")  # the other network's codes cannot be refined
        rows = [[*cells, f"{row['one_pass_gain']:+.2f} dB"] for cells, row in zip(rows, views.values())]
    lines = table(head, rows)
    lines += cameras(beside)
    if beside.get("unlike"):
        lines += ["", f"`{beside['preset']}` is shown the same pictures, and was trained on others."]
    if any("one_pass_gain" in row for row in views.values()):
        lines += ["", "Here both networks are drawn by themselves, without the mask and the given picture."]
    return lines


def _leakage(result: dict) -> list[str]:
    beside = result.get("beside")
    rows = []
    for factor, row in result["leakage"].items():
        other = (beside or {}).get("leakage", {}).get(factor)
        rows.append([factor, f"{row['sampled']:.3f}", f"{row['means']:.3f}"])
        if beside:
            rows[-1] += [f"{other['sampled']:.3f}", f"{other['means']:.3f}"] if other else ["", ""]
    head = ["r² from all other latents", "sampled", "posterior means"]
    return table(head + ([f"`{beside['preset']}`, sampled", "means"] if beside else []), rows)


def _disentanglement(found: dict) -> list[str]:
    def each(row: dict) -> list[str]:
        return [f"{value:.3f}" for value in row.values()]

    factors = list(found["mig"])
    rows = [["MIG", *each(found["mig"])], ["SAP", *each(found["sap"])],
            ["explicitness", *each(found["explicitness"])],
            ["DCI informativeness", *each(found["dci"]["informativeness"])]]
    rows += [[f"r² from {group}", *each(row)] for group, row in found["r2"].items()]
    disentangled = found["dci"]["disentanglement"]
    said = "" if disentangled is None else f"disentanglement {disentangled:.3f}, "
    return table(["groups of latents, sampled", *factors], rows) + [
        "", f"DCI: {said}completeness {found['dci']['completeness']:.3f}."]


def _azimuth(result: dict) -> list[str]:
    lines = []
    if "monotone" in result:
        row = result["monotone"]
        lines += ["", f"Azimuth read along {row['sweeps']} sweeps of true renders: it never falls back by more than "
                  f"{row['allowed']:g}° in {row['within']:.0%} of them; largest fall {row['largest_fall']:.1f}°, "
                  f"median {row['median_fall']:.2f}°."]
    if "turn" in result:
        row = result["turn"]
        lines += ["", f"A turn of 72 frames drawn from one picture, {row['turns']} times: the largest step is "
                  f"{row['median']:.2f} times the median one (median; worst {row['largest']:.2f}, at most "
                  f"{row['allowed']:g} in {row['within']:.0%}); of true renders {row['true_median']:.2f} (worst "
                  f"{row['true_largest']:.2f})."]
    return lines


def sharpness(row: dict) -> list[str]:
    """Sentences about measures.sharpness."""
    lines = ["", f"Sharpness of the new views of all factors together: mean gradient magnitude {row['gradient_share']:.2f} of the true renders', "
             f"SSIM {row['ssim']:.3f} (one in twenty below {row['lowest_ssim']:.3f})."]
    sharpened = row.get("own", {}).get("gradient_share", row["gradient_share"]) != row["gradient_share"]
    if sharpened:
        lines[-1] += (f" The network alone: {row['own']['gradient_share']:.2f} and {row['own']['ssim']:.3f}.")
    if "found" in row.get("faces", {}):
        found = row["faces"]
        lines.append(f"YuNet finds a face in {found['found_in_truth']:.1%} of the {found['pictures']} true renders within ±45° "
                     f"azimuth, and in {found['found']:.1%} of the new views of these.")
        if "median" in found:
            lines.append(f"Its landmarks are {found['median']:.2f} % of the width from the true ones (median); "
                         f"{found['within']:.1%} of them within 3 %, all five on average in "
                         f"{found['faces_within']:.1%} of the faces.")
        if "moved" in found:
            lines[-1] += f" Where the camera has moved, {found['moved']:.1%} of them are within 3 %."
        if "own" in found:
            lines[-1] += f" Of what the network draws by itself, {found['own']:.1%} are."
        if "surest" in found:
            lines[-1] += (f" Landmarks are means of the detector's answers about a face. By its surest answer alone: "
                          f"{found['surest_median']:.2f} %, {found['surest']:.1%} within 3 %. Of true renders moved sideways "
                          f"by one pixel, {found['shifted']:.1%} stay within 3 % by the means, {found['surest_shifted']:.1%} "
                          "by the surest answer.")
        elif "within" in found:  # measured before there were means
            lines[-1] += " (By the detector's surest answer alone.)"
    if row.get("thin_parts", {}).get("views"):
        part = row["thin_parts"]
        lines.append(f"Legs, slats and arms: {part['there']:.1%} of {part['parts']} thin parts of the true renders are "
                     f"there in {part['views']} new views ({part['copy_there']:.1%} in the given pictures); "
                     f"{part['views_mostly']:.1%} of the views have four in five."
                     + (f" Where the camera has moved: {part['moved_there']:.1%}." if "moved_there" in part else "")
                     + (f" The network alone: {part['own_there']:.1%}." if sharpened else ""))
    return lines


def _colours(row: dict) -> list[str]:
    axes = ", ".join(f"{name} {axis['slope']:.2f} of a difference is drawn (correlation {axis['correlation']:.2f})"
                     for name, axis in row["axes"].items())
    pixels = " and ".join(f"{error:.1f} from {name}" for name, error in row.get("pixels", {}).items())
    return [f"Colours of new views, as the network draws them: the mean colour is off by {row['error']:.1f} of 255 levels; "
            f"from {axes}." + (f" A pixel is off by {pixels} (root mean square)." if pixels else "")]


def parts(found: dict, refined: bool) -> list[str]:
    """A sentence about measures.parts."""
    if not found:
        return []
    codes = ", of refined codes" if refined else ""
    each = ", ".join(f"{part} {row['slope']:.2f} (correlation {row['correlation']:.2f})" for part, row in found.items())
    return ["", f"Of the difference between two identities that are alike in all but one part, the network alone draws{codes}: "
            f"{each}."]


def _objects(result: dict) -> list[str]:
    lines = []
    if result.get("meshes"):
        row = result["meshes"]
        lines += ["", f"Azimuth on {row['meshes']} meshes by other people, {row['views']} views each: error "
                  f"{row['stage']['median']:.1f}° (median), {row['stage']['mean']:.1f}° (mean), from the other side in "
                  f"{row['stage']['opposite']:.1%}; at the paper's elevations {row['paper']['median']:.1f}° and "
                  f"{row['paper']['mean']:.1f}°."]
        worst = sorted(row["each"].items(), key=lambda item: -item[1])[:3]
        lines.append("Worst meshes (median of each): " + ", ".join(f"{name} {error:.0f}°" for name, error in worst) + ".")
    if result.get("paper_setting"):
        row = result["paper_setting"]
        where = "in the paper's setting" if row["paper_camera"] else "from the paper's 62 views, on its own stage"
        where += ", by the network alone, of refined codes" if "own" in result else ""
        once = f"; by one pass of the encoder {row['one_pass_mse']:.3e}" if "one_pass_mse" in row else ""
        lines += ["", f"Reconstruction {where}, 150×150 grey: squared error {row['mse']:.3e}{once} (the authors report "
                  f"{row['authors']:.4e}, by one pass; an empty picture has {row['empty_mse']:.3e})."]
    return lines


def _bars(result: dict) -> list[str]:
    rows = [[bar.measure, f"{'≥' if bar.least else '≤'} {bar.bar:.4g}{bar.unit}",
             "" if bar.value is None else f"{bar.value:.4g}{bar.unit}", bar.verdict] for bar in bars(result)]
    return table(["measure", "bar", "measured", ""], rows)


def tables(name: str, result: dict) -> str:
    """Everything in a result of measure()."""
    lines = [f"### {name}: {result['identities']} held-out identities, {result['views']} random views each"
             + (", all in grey" if result.get("grey") else "")]
    if result.get("ranges"):
        spans = (f"{factor} {low:g} to {high:g}°" for factor, (low, high) in result["ranges"].items())
        lines += ["", f"Over {', '.join(spans)}."]
    lines += _equivariance(result["equivariance"]) + _novel(result["novel_views"]) + _one_pass(result)
    if result.get("beside"):
        lines += _beside(result["beside"])
    row = result["reconstruction"]
    lines += ["", f"Reconstruction: PSNR {row['psnr']:.2f} dB, SSIM {row['ssim']:.3f}, MSE at 150×150 grey "
              f"{row['grey_mse_150']:.2e}, mean gradient magnitude {row['gradient_share']:.2f} of the true pictures'."]
    lines += photographs(result.get("photographs", {}))
    lines += sharpness(result["sharpness"]) + (_colours(result["colours"]) if result.get("colours") else [])
    lines += parts(result.get("parts", {}), "one_pass" in result) + _azimuth(result) + _objects(result) + _leakage(result)
    lines += _disentanglement(result["disentanglement"])
    row = result["recognition"]
    lines += ["", f"Recognition among {result['identities']} identities in another pose and light, from one picture of "
              f"each: intrinsic latents {row['intrinsic']:.1%}, raw pixels {row['pixels']:.1%}, PCA {row['pca']:.1%}, "
              f"chance {row['chance']:.1%}."]
    row = result["generation"]
    lines += ["", f"Generation, {row['samples']} codes from the prior: Fréchet distance (PCA of small pictures) to "
              f"held-out pictures {row['sampled']:.2f}, with angles in place of random pose and light "
              f"{row['posed']:.2f}; of held-out pictures drawn again by one pass {row['reconstructed']:.2f}, of "
              f"pictures of "
              f"training identities {row['floor']:.2f}. The nearest of as many of these differs by {row['nearest']:.3f} (from a "
              f"held-out picture {row['nearest_true']:.3f})."]
    lines += ["", speed_line(result["speed"])]
    return "\n".join(lines + _bars(result))


def speed_line(speed: dict) -> str:
    def milliseconds(part: str) -> str:
        beside = {"decoder_ms": "the decoder alone {:.1f}", "moved_ms": "{:.1f} where the picture's own pixels move along"}
        told = [words.format(speed[part + name]) for name, words in beside.items() if part + name in speed]
        return f"{speed[f'{part}render_ms']:.1f} ms median" + (f" ({', '.join(told)})" if told else "")

    live = f"; live frames, in bfloat16: {milliseconds('live_')}" if "live_render_ms" in speed else ""
    return f"`studio.render`: {milliseconds('')} on {speed['threads']} thread{'s' * (speed['threads'] != 1)}{live}."
