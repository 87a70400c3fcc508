"""The software rasteriser: a mesh, a view and a size in; colour, mask and depth out.

    picture = render(identity.mesh, View(azimuth=30), FACE_RIG, 160)

geometry.py     where the camera, the lights and the vertices are
visibility.py   which triangle each sample of a pixel sees; soft cut-outs in front
shadows.py      the key light's shadow map, read softly
floor.py        the shadow on the floor below the object
textures.py     mip-mapped look-up
shading.py      lights and textures, in linear light
colour.py       sRGB and linear light

One thread per call and no fast-math: the same arguments give the same bytes on every thread and in every process.
"""

from train.raster.colour import to_linear
from train.raster.picture import Render, render

__all__ = ["Render", "render", "to_linear"]
