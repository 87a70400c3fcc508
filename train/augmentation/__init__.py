"""Photograph-like inputs: what an encoder that has only seen clean renders would not know.

shots.py        render settings of a picture that is taken apart: lens, roll, lights, shadows
recolour.py     whole mini-batches of objects in other colours
photograph.py   AugmentConfig, and photograph(): all that may befall a rendered picture, in its order
cutout.py       the subject and its floor shadow off the old ground and onto another
grounds.py      plain, gradient, clutter, room, texture
occluders.py    glasses, hands, hats, scarves, bars, by the landmarks of landmarks.py
degrade.py      crop, light, blur, halo, noise, JPEG
shapes.py       soft shapes and tables for the others
"""

from train.augmentation.photograph import AugmentConfig, crop_of, photograph

__all__ = ["AugmentConfig", "crop_of", "photograph"]
