"""Boundary erosion (Sculley et al. 2015, section 2)."""
