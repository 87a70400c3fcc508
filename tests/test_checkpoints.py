import http.server
import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from conftest import a_model
from safetensors.torch import load_file, save_file

import dcign
from dcign import checkpoints
from dcign.checkpoints import (
    WeightsError,
    find,
    load_weights,
    save_weights,
    update_index,
)
from dcign.studio import Studio
from dcign.weights_folder import Weights


def edit_config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_saving_and_loading_gives_the_same_pictures(weights_folder, picture):
    loaded, kept = dcign.load(str(weights_folder), device="cpu"), Studio(**a_model(), device="cpu")
    code = kept.encode(picture)
    again = loaded.encode(picture)
    np.testing.assert_allclose(again.latents, code.latents, atol=0.02)     # 16-bit weights
    assert loaded.ranges == kept.ranges
    assert loaded.spec == kept.spec
    drawn = loaded.render(again, azimuth=30).astype(int)
    assert np.abs(drawn - kept.render(code, azimuth=30)).max() <= 4


def test_full_precision_is_exact(tmp_path):
    model = a_model()
    loaded = load_weights(save_weights(tmp_path, **model, half=False))
    for key, value in model["network"].state_dict().items():
        assert torch.equal(loaded.network.state_dict()[key], value)


def test_parameters_are_stored_in_16_bits_and_loaded_in_32(weights_folder):
    assert {t.dtype for t in load_file(weights_folder / "model.safetensors").values()} == {torch.float16}
    assert {p.dtype for p in load_weights(weights_folder).network.parameters()} == {torch.float32}


def test_saving_keeps_other_files_and_leaves_no_temporary_ones(weights_folder):
    (weights_folder / "README.md").write_text("card")
    save_weights(weights_folder, **a_model(), training={"pictures": 5}, measures={"azimuth": 9.5})
    names = sorted(path.name for path in weights_folder.iterdir())
    assert names == ["README.md", "config.json", "model.safetensors"]
    loaded = load_weights(weights_folder)
    assert loaded.training == {"pictures": 5}
    assert loaded.measures == {"azimuth": 9.5}


def test_parts_that_do_not_fit_are_not_saved(tmp_path):
    model = a_model()
    with pytest.raises(WeightsError, match="range"):
        save_weights(tmp_path / "a", **{**model, "ranges": {"azimuth": (-90, 90)}})
    with pytest.raises(WeightsError, match="circular"):
        save_weights(tmp_path / "b", **{**model, "circular": ("azimuth",)})
    with torch.no_grad():
        next(model["network"].parameters()).fill_(1e6)
    with pytest.raises(WeightsError, match="half=False"):
        save_weights(tmp_path / "c", **model)
    assert not (tmp_path / "c").exists()


def test_a_missing_or_an_unknown_tensor_is_an_error(weights_folder):
    path = weights_folder / "model.safetensors"
    tensors = load_file(path)
    name, tensor = next(iter(tensors.items()))
    for broken in ({k: v for k, v in tensors.items() if k != name}, {**tensors, "extra": tensor.clone()}):
        save_file(broken, path)
        with pytest.raises(WeightsError, match="fetch or train the weights again"):
            load_weights(weights_folder)


def test_damaged_tensors_are_an_error(weights_folder):
    (weights_folder / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(WeightsError, match="fetch or train the weights again"):
        load_weights(weights_folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 99},
        {"network": {}},
        {"network": None},
        {"layout": [["azimuth", 3]]},
        {"ranges": {"azimuth": [90, -90]}},
        {"ranges": {"azimuth": [-90, 90]}},
        {"circular": ["azimuth"]},
        {"calibration": {}},
        {"calibration": []},
        {"ground": [300, 0, 0]},
        {"ground": "white"},
        {"framing": ["face"]},
    ],
)
def test_a_config_that_does_not_fit_is_an_error(weights_folder, changes):
    edit_config(weights_folder, **changes)
    with pytest.raises(WeightsError, match="again"):
        load_weights(weights_folder)


def test_a_config_that_is_no_json_is_an_error(weights_folder):
    (weights_folder / "config.json").write_text("{")
    with pytest.raises(WeightsError, match="not valid JSON"):
        load_weights(weights_folder)


def test_bundled_weights_are_found_by_name(bundled):
    assert dcign.available() == ["faces"]
    assert find("faces") == bundled / "faces"
    assert dcign.load("faces", device="cpu").name == "faces"


def test_bundled_weights_must_match_their_checksums(bundled):
    path = bundled / "faces" / "config.json"
    path.write_text(path.read_text() + " ")
    for name in ("faces", str(bundled / "faces")):
        with pytest.raises(WeightsError, match="checksum"):
            find(name)
    update_index(bundled, "faces")
    assert find("faces") == bundled / "faces"
    tensors = bundled / "faces" / "model.safetensors"
    content = bytearray(tensors.read_bytes())
    content[-1] ^= 1
    tensors.write_bytes(content)
    with pytest.raises(WeightsError, match="model.safetensors does not match its checksum"):
        find("faces")


def test_the_index_keeps_its_repository(bundled):
    revision = "0123456789" * 4
    update_index(bundled, "faces", repo="owner/name", revision=revision)
    update_index(bundled, "faces")
    entry = json.loads((bundled / "index.json").read_text())["faces"]
    assert (entry["repo"], entry["revision"]) == ("owner/name", revision)
    assert set(entry["sha256"]) == {"model.safetensors", "config.json"}
    with pytest.raises(ValueError, match="40"):
        update_index(bundled, "faces", revision="main")


def test_an_unknown_name_names_the_remedy(bundled, tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("teapots", str(tmp_path / "empty"), str(tmp_path / "nowhere")):
        with pytest.raises(FileNotFoundError, match="python -m train"):
            find(name)


def test_a_damaged_index_names_the_remedy(bundled):
    (bundled / "index.json").write_text("[]")
    with pytest.raises(WeightsError, match="update_index"):
        find("faces")


REVISION = "89abcdef01" * 4


class _Hub(http.server.BaseHTTPRequestHandler):
    """The two requests that a download makes, answered from a folder."""

    folder = None

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def _answer(self, body: bool):
        prefix = f"/owner/faces/resolve/{REVISION}/"
        path = self.folder / self.path.removeprefix(prefix).partition("?")[0]
        if not self.path.startswith(prefix) or not path.is_file():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = path.read_bytes()
        self.send_response(200)
        self.send_header("ETag", f'"{checkpoints.sha256(path)}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, *arguments):
        pass


def find_in_a_new_process(name, root, cache, endpoint, **environment) -> subprocess.CompletedProcess:
    """The Hub client reads its settings when it is imported, so each try is a process of its own."""
    script = (
        "import sys, pathlib; from dcign import checkpoints\n"
        "checkpoints.weights_root = lambda: pathlib.Path(sys.argv[2])\n"
        "print(checkpoints.find(sys.argv[1]))"
    )
    settings = {"HF_ENDPOINT": endpoint, "HF_HOME": str(cache), "HF_HUB_DISABLE_XET": "1", **environment}
    return subprocess.run(
        [sys.executable, "-c", script, name, str(root)], env={**os.environ, **settings}, capture_output=True,
        text=True, timeout=60,
    )


def test_weights_come_from_the_hub_once_and_then_from_the_cache(weights_folder, tmp_path):
    handler = type("Handler", (_Hub,), {"folder": weights_folder})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    root = tmp_path / "bundled"
    root.mkdir()
    sums = {file: checkpoints.sha256(weights_folder / file) for file in ("model.safetensors", "config.json")}
    index = {"faces": {"repo": "owner/faces", "revision": REVISION, "sha256": sums}}
    (root / "index.json").write_text(json.dumps(index))
    try:
        missing = find_in_a_new_process(f"owner/other@{REVISION}", root, tmp_path / "cache", endpoint)
        assert missing.returncode and "neither in the local cache nor reachable" in missing.stderr
        fetched = find_in_a_new_process("faces", root, tmp_path / "cache", endpoint)
        assert fetched.returncode == 0, fetched.stderr
    finally:
        server.shutdown()
        server.server_close()
    cached = find_in_a_new_process("faces", root, tmp_path / "cache", endpoint, HF_HUB_OFFLINE="1")
    assert cached.stdout == fetched.stdout
    index["faces"]["sha256"]["config.json"] = "0" * 64
    (root / "index.json").write_text(json.dumps(index))
    refused = find_in_a_new_process("faces", root, tmp_path / "cache", endpoint, HF_HUB_OFFLINE="1")
    assert refused.returncode and "checksum" in refused.stderr


def test_a_factor_measured_at_chance_is_unlearned():
    def weights(measures):
        return Weights("x", None, None, {}, {}, (), (0, 0, 0), {}, {}, measures)

    rows = {"azimuth": {"calibrated_mae": 2.0, "chance_mae": 42.0}, "light": {"calibrated_mae": 41.0, "chance_mae": 42.0}}
    assert weights({"equivariance": rows}).unlearned == ("light",)
    for odd in ({}, {"equivariance": 3}, {"equivariance": {"light": 1}}, {"equivariance": {"light": {"chance_mae": None}}}):
        assert weights(odd).unlearned == ()
