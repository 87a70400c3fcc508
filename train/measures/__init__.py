"""What is measured, always on identities that were never trained on."""
