"""Pipeline jungles (Sculley et al. 2015, section 5)."""
