"""A drawn axial T2 phantom of the Bilsky scale: patients, anatomy, intensities, and a cache of what was drawn."""
