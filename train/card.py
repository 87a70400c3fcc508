"""The model card of a weights folder, and the measures kept beside the weights."""

from __future__ import annotations

import json
import os
from pathlib import Path

from dcign import checkpoints, storage
from train.measures.tables import tables
from train.scenes import STAGES

DATA = {
    "faces": "Renders of the ICT Face Model Light (ICT-FaceKit, MIT) with MakeHuman skins, eyes, brows, lashes and "
             "hair (CC0), by this repository's rasteriser. No photograph was used.",
    "basel": "Renders of a Basel Face Model (its own licence), by this repository's rasteriser.",
    "ict": "Renders of the ICT Face Model Light (ICT-FaceKit, MIT), by this repository's rasteriser.",
    "meshes": "Renders of a folder of meshes, by this repository's rasteriser.",
    "chairs3d": "The renders of \"Seeing 3D chairs\" (Aubry and others, CVPR 2014).",
    "heads": "Renders of this repository's procedural heads.",
    "chairs": "Renders of this repository's procedural chairs. No photograph and no other mesh was used.",
}


def write_measures(folder: Path, result: dict) -> None:
    """Put ``result`` into config.json, write the card, and refresh the checksums of bundled weights."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["measures"] = result
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(config))
    os.replace(partial, path)
    tensors = folder / checkpoints.TENSORS
    (folder / "README.md").write_text(card(config, result, tensors.stat().st_size, storage.bits(tensors)))
    refresh_index(folder)


def refresh_index(folder: Path) -> None:
    """Enter a folder's checksums into the index, if it is one of the bundled weights."""
    root, place = checkpoints.weights_root().resolve(), folder.resolve()
    if root in place.parents:
        checkpoints.update_index(root, place.relative_to(root).as_posix())


def _procedure(settings: dict) -> str:
    """What was done to the latents of a mini-batch, from the stored configuration."""
    return {
        "none": "plain SGVB on mixed mini-batches, a baseline; nothing tells the factors apart, and the latent that "
                "varies most with each was picked afterwards",
        "mean": "inactive latents of a one-factor mini-batch clamped to their mean, invariance gradient "
                f"{settings['invariance']}",
        "first": "inactive latents of a one-factor mini-batch clamped to those of its first picture, as the authors' "
                 f"code does, invariance gradient {settings['invariance']}",
        "both": "inactive latents of a one-factor mini-batch clamped either to their mean (as in the paper, the "
                "gradient kept) or to another sample's, by a coin",
        "swap": "inactive latents taken from another sample of the one-factor mini-batch (`clamp = \"swap\"`: the "
                "paper's procedure with the mean replaced by a sample and the gradient kept)",
    }[settings["clamp"]]


def _distinct(settings: dict) -> int:
    """How many pictures its shards hold; 2,048 each where the configuration does not say."""
    recipe = settings.get("recipe", {"per_mini_batch": 8, "mini_batches": 256})
    return settings["shards"] * recipe["per_mini_batch"] * recipe["mini_batches"]


def _setting(settings: dict) -> str:
    """What the recipe's setting leaves out of the pictures."""
    return " Plain ones: bald, without expression, of light skin." if (
        settings.get("recipe", {}).get("setting") == "paper-faces") else ""


def _history(training: dict) -> str:
    """The weights that the run went on from, and what they had been taught from labels."""
    def stage(one: dict) -> str:
        lessons = "".join(f", after a lesson in {lesson['part']} from {lesson['labels']} labels"
                          for lesson in one.get("lessons", ()))
        return f"`{one.get('preset', '?')}` at {one.get('pictures', 0):,} pictures{lessons}"

    stages = [stage(one) for one in training.get("history", ())]
    return f"- **Goes on from**: {'; then '.join(stages)}.\n" if stages else ""


def _flow(training: dict) -> str:
    """What the pixels that move along were learned from; "depth": flow was held to where that says that they were seen; "strange":
    how much of the identity in a photograph's code was another's, at most; "unlike": the same of every other render's; "features": the weight of what the encoder
    sees of the error; "mirrored": how many of the new azimuths were made of a picture's mirror image."""
    lessons = "; then ".join(
        f"{one['new_views']:,} new views of {one['pictures']:,} pictures"
        + (f", {one['photographs']:,} of them shown as photographs" if one.get("photographs") else "")
        + (f", with up to {one['strange']:.0%} of the identity in their codes another's" if one.get("strange") else "")
        + (f", up to {one['unlike']:.0%} in half of the renders' codes" if one.get("unlike") else "")
        + (", and of their depth" if one.get("depth") else "")
        + (f", held to what the encoder sees of them with weight {one['features']:g}" if one.get("features") else "")
        + (f", up to {one['mirrored']:.0%} of those at other azimuths made of mirror images" if one.get("mirrored") else "")
        + (f" ({one['note']})" if one.get("note") else "")
        for one in training.get("flow", ()))
    return ("- **Flow**: how the given picture's own pixels move when the view turns was learned afterwards, encoder and decoder held "
            f"still, from {lessons} (`python -m train flow`).\n" if lessons else "")


def _blending(training: dict) -> str:
    """What told from which of a picture and its mirror image to take."""
    lessons = "; then ".join(f"{one['new_views']:,} views between them of {one['photographs']:,} pictures shown as photographs"
                             + (f" and {one['renders']:,} renders" if one.get("renders") else "") for one in training.get("blending", ()))
    return ("- **Blending**: from which of a photograph and its mirror image each pixel is taken was learned after that, all else held "
            f"still, from {lessons} (`python -m train blend`).\n" if lessons else "")


def _title(name: str, preset: str) -> str:
    """The demo's own weights have its name; others are known by their preset."""
    return f"DC-IGN live: {name}" if preset == "studio" else f"DC-IGN, preset {preset}: {name}"


def card(config: dict, result: dict, size: int, bits: str = "16-bit safetensors") -> str:
    """Markdown with the Hub's front matter, of weights of ``size`` bytes."""
    name, training = config["name"], config["training"]
    settings = training["config"]
    ranges = ", ".join(f"{factor} {low:g}…{high:g}°" for factor, (low, high) in config["ranges"].items())
    *first, last = config["ranges"]
    groups = ", ".join(f"{group} {count}" for group, count in config["layout"])
    phases = "; ".join(f"{p['pictures']:,} at {p['size']} px" for p in settings["phases"])
    pixels = settings["phases"][-1]["size"]
    subject = STAGES[name].subject
    known, people = {
        "face": ("identity, hair and accessories", " Not for identifying or judging people."),
        "object": ("shapes and patterns", "")}[subject]
    note = f"- **Note**: {training['note']}\n" if training.get("note") else ""
    return f"""---
license: mit
library_name: dcign
pipeline_tag: image-to-image
tags: [dc-ign, inverse-graphics, disentanglement, novel-view-synthesis, relighting]
---
# {_title(name, training['preset'])}

A Deep Convolutional Inverse Graphics Network (Kulkarni, Whitney, Kohli, Tenenbaum, NIPS 2015): one {pixels} × {pixels}
picture in, a graphics code of {sum(count for _, count in config['layout'])} latents ({groups}) out, re-rendered
at any {f"{', '.join(first)} and {last}" if first else last}.

- **Data**: {DATA[name]}{_setting(settings)} From a stock of {_distinct(settings):,} distinct pictures{' in the last part of the run' if settings.get('first_shard') else ''}.
- **Command**: `python -m train {name} --preset {training['preset']}`
- **Pictures seen**: {training['pictures']:,} (planned: {phases}).
{_history(training)}{note}{_flow(training)}{_blending(training)}- **Procedure**: {_procedure(settings)}; the true degrees are never shown to the network.
  The read-out in degrees was fitted afterwards on 2,000 training scenes, less those without a front.
- **Ranges**: {ranges}. Outside them nothing was learned.
- **Size**: {size / 1e6:.2f} MB, {bits}.

## Measures
Printed by `python -m train measure`.

{tables(name, result)}

## Limits
Trained on renders alone. {_photographs(subject, known, bool(training.get("flow")))}{people}
"""


def _photographs(subject: str, known: str, moves: bool) -> str:
    """What becomes of them, in words."""
    if moves:
        return (f"On photographs the estimate is rougher. As the view turns, a photograph's own pixels move\nalong with a similar {subject} "
                f"that the network draws, as far as they are seen from there, or those of its mirror image where this\nlies nearer or shows more: what neither shows is drawn, and {known}\noutside the "
                "training set are replaced there by the nearest thing that the network knows. Where the drawn features do not lie on those "
                "of the\nphotograph, they bend or blend.")
    return ("On photographs the estimate is rougher, and as soon as the view turns the picture looks like a\nrender of a similar "
            f"{subject}, not like the photograph: {known} outside the training set are replaced by the\nnearest thing that the network "
            "knows.")

