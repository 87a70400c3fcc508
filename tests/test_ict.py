"""A checkout of ICT-FaceKit: tiny OBJ files, where the nose goes, what is said when one is missing."""

import numpy as np
import pytest
from adapter_files import a_mask, check_directions, same_bytes

from train.scenes.faces import CENTRE, UNIT
from train.scenes.ict import EXPRESSIONS, ICTSource


@pytest.fixture
def ict(tmp_path):
    """A checkout with a face, the back of a head, two eyeballs and teeth; 1-based quads with texture coordinates."""
    points, triangles, _ = a_mask(depth=5.0)
    face = points / (10.0, 8.0, 1.0) * (1.0, 1.0, 0.4) + (0.0, 0.0, 8.0)
    face[:, 2] += 6.0 * np.exp(-((face[:, 0] / 1.5) ** 2) - ((face[:, 1] - 0.5) / 1.5) ** 2)  # the nose
    back = np.array([(-7, -9, 7), (7, -9, 7), (7, 13, 7), (-7, 13, 7), (-5, -9, -8), (5, -9, -8), (5, 13, -8),
                     (-5, 13, -8)], float)
    ball = np.array([(0, 0, 1.2), (1.2, 0, 0), (0, 1.2, 0), (-1.2, 0, 0), (0, -1.2, 0), (0, 0, -1.2)])
    sections, total = [], 0
    quads = np.array([(0, 4, 5, 1), (1, 5, 6, 2), (2, 6, 7, 3), (3, 7, 4, 0), (4, 7, 6, 5)])
    eighths = np.array([(0, 1, 2), (0, 2, 3), (0, 3, 4), (0, 4, 1), (5, 2, 1), (5, 3, 2), (5, 4, 3), (5, 1, 4)])
    parts = (("M_Face", face, triangles), ("M_BackHead", back, quads), ("M_Teeth", ball + (0, 0, 99), eighths),
             ("M_ScleraLeft", ball + (3.1, 3.5, 8), eighths), ("M_ScleraRight", ball + (-3.1, 3.5, 8), eighths))
    for name, vertices, faces in parts:
        sections.append((name, vertices, faces + total + 1))
        total += len(vertices)
    neutral = np.concatenate([section[1] for section in sections])
    folder = tmp_path / "ICT-FaceKit" / "FaceXModel"
    folder.mkdir(parents=True)

    def write(name: str, vertices: np.ndarray) -> None:
        lines = ["mtllib ICTFaceModelMaterial.mtl"]
        lines += [*("v {:.6f} {:.6f} {:.6f}".format(*point) for point in vertices), "vt 0.5 0.5"]
        for material, _, faces in sections:
            lines += [f"usemtl {material}", *("f " + " ".join(f"{corner}/1" for corner in row) for row in faces)]
        (folder / f"{name}.obj").write_text("\n".join(lines) + "\n")

    write("generic_neutral_mesh", neutral)
    rng = np.random.default_rng(2)
    for number in range(3):
        write(f"identity{number:03d}", neutral * (1.0 + 0.02 * rng.normal(size=3)))
    for name in EXPRESSIONS:
        write(name, neutral + (0.0, 0.0, 0.1) * (np.abs(neutral[:, 1:2]) < 2))
    return folder.parent


def test_ict_faces_look_ahead_in_our_units(ict):
    source = ICTSource(ict)
    face = source.identity(3)
    points = face.mesh.vertices
    assert points[:, 2].max() < 3.0  # the teeth are left out
    tip = points[points[:, 2].argmax()]
    assert abs(tip[0]) < 0.15 and abs(tip[1] - (0.5 - CENTRE[1]) / UNIT) < 0.15
    eyes = face.mesh.triangle_material == 1
    assert eyes.sum() == 16
    ball = points[face.mesh.triangles[eyes]].reshape(-1, 3)
    assert sorted({round(float(value), 1) for value in np.sign(ball[:, 0])}) == [-1.0, 1.0]
    pupil = face.mesh.colours[face.mesh.triangles[eyes]].reshape(-1, 3)
    assert pupil[ball[:, 2].argmax()].max() < 0.02 < 0.5 < pupil[ball[:, 2].argmin()].min()
    crown = points[:, 1] > points[:, 1].max() - 0.15
    check_directions(face.mesh, np.linalg.norm(points - tip, axis=1) < 0.2, crown, "ict")


def test_ict_seeds(ict):
    source = ICTSource(ict / "FaceXModel")  # either folder will do
    one, again, other = (source.identity(seed).mesh for seed in (5, 5, 6))
    assert same_bytes(one, again) and same_bytes(one, ICTSource(ict).identity(5).mesh)
    assert np.abs(one.vertices - other.vertices).max() > 1e-3
    assert {source.identity(seed).style for seed in range(20)} == {"bald", "short"}


def test_ict_says_which_file_is_wanted(ict, tmp_path):
    with pytest.raises(FileNotFoundError, match="generic_neutral_mesh.obj.*git clone"):
        ICTSource(tmp_path)
    short = ict / "FaceXModel" / "identity001.obj"
    short.write_text("\n".join(short.read_text().splitlines()[5:]))
    with pytest.raises(ValueError, match="identity001.obj has .* vertices"):
        ICTSource(ict)
    (ict / "FaceXModel" / "mouthSmile_L.obj").unlink()
    with pytest.raises(FileNotFoundError, match="mouthSmile_L.obj"):
        ICTSource(ict)
