"""Placeholder until the photograph settings are written (engineer D replaces this file)."""
def random_rig(rig, rng, subject):
    return rig
