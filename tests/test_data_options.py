"""Classes that need somebody's data, on the command line: what is missing is named, options are not mixed up."""

import importlib

import pytest

from train.__main__ import main
from train.options import parser, pictures_folder
from train.scenes import PackageMissing, open_source


@pytest.mark.parametrize("package, name, file", [("scipy.io", "basel", "a.mat"), ("h5py", "basel", "a.h5"),
                                                 ("trimesh", "meshes", "")])
def test_a_missing_package_is_named_with_its_command(monkeypatch, tmp_path, capsys, package, name, file):
    (tmp_path / (file or "a.ply")).write_text("ply")
    real = importlib.import_module

    def without(module, *rest):
        if module == package:
            raise ImportError(module)
        return real(module, *rest)

    monkeypatch.setattr(importlib, "import_module", without)
    wanted = f"pip install {package.split('.')[0]}"
    with pytest.raises(PackageMissing, match=wanted):
        open_source(name, str(tmp_path / file))
    assert main(["preview", name, "--data", str(tmp_path / file), "-o", str(tmp_path / "sheet.png")]) == 2
    assert wanted in capsys.readouterr().err


@pytest.mark.parametrize("name, wanted", [("basel", "01_MorphableModel.mat"), ("ict", "ICT-FaceKit"),
                                          ("meshes", "folder with .ply")])
def test_training_without_data_says_what_is_wanted(tmp_path, monkeypatch, capsys, name, wanted):
    monkeypatch.chdir(tmp_path)
    assert main([name, "--preset", "tiny"]) == 2
    assert wanted in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("options", [["chairs", "--data", "x"], ["basel", "--data", "x.h5", "--up", "z"]])
def test_options_of_another_class_are_refused(tmp_path, capsys, options):
    assert main(["preview", *options, "-o", str(tmp_path / "sheet.png")]) == 2
    assert "meshes" in capsys.readouterr().err


def test_pictures_of_different_data_are_kept_apart(tmp_path):
    def where(*data: str):
        arguments = parser("").parse_args(["render", "meshes", "--runs", str(tmp_path), *data])
        return pictures_folder(arguments, "meshes")

    folders = {where("--data", "one"), where("--data", "two"), where("--data", "two", "--up", "z", "--front=-y")}
    assert len(folders) == 3
    assert where("--data", "two", "--up", "y") == where("--data", "two")
    plain = parser("").parse_args(["render", "chairs", "--runs", str(tmp_path)])
    assert pictures_folder(plain, "chairs") == tmp_path / "pictures"
