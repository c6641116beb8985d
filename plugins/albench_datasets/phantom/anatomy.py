"""The phantom without noise: where bone, fat, sac, cord and lesion are, as coverage masks with soft edges.

Shapes are signed distances (negative inside, in pixels) to ellipses and capsules. Only sums, products, quotients and
square roots are taken, which IEEE 754 rounds alike everywhere: one seed gives the same bits on every machine.

The lesion grows from the bone through two layers, each measured by its own depth: the epidural space, from the wall of
the canal to the dura, and the CSF, from the dura to the cord. So a grade's definition holds by construction:

======  ===================  =============  ===================  ==============
grade   epidural layer       CSF layer      cord                 CSF elsewhere
======  ===================  =============  ===================  ==============
b0      free                 free           as it was            as it was
1a      partly filled        free           as it was            as it was
1b      filled               partly filled  as it was            as it was
1c      filled               filled         moved, not deformed  as it was
2       filled               filled         squeezed             less
3       filled               filled         squeezed             none
======  ===================  =============  ===================  ==============

Source: Bilsky et al., "Reliability analysis of the epidural spinal cord compression scale", J Neurosurg Spine 2010.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from albench_datasets.phantom.bodies import Anatomy
from albench_datasets.phantom.extent import extent

SIDE = 64
"""Pixels of an image's side; one is about a millimetre."""
CANAL_Y = 3.0
"""Where the canal's centre is, below the image's."""
SOFT = 1.2
"""Width of an edge in pixels: the partial volume of a slice."""
EFFACED_FAT = np.float32(0.7)
"""Part of the epidural layer that is filled all around in grade 3."""
TINY = np.float32(1e-9)

Fields = dict[str, np.ndarray]
"""Name -> (N, 1, 1) float32."""
Length = np.ndarray | np.float32


@dataclass(frozen=True)
class Masks:
    """Coverage 0 .. 1 of each tissue, (N, SIDE, SIDE) float32.

    ``bone`` has its cortex and the canal with it, ``marrow`` is bone within the cortex; ``sac`` is what the lesion
    leaves of the dural sac, cord included, ``csf`` is sac without cord, ``core`` the cord's grey matter. ``nodule`` is
    the lesion's part in bone, ``lesion`` that in the canal; ``void`` is CSF that flows and gives less signal.
    """

    lung: np.ndarray
    aorta: np.ndarray
    muscle: np.ndarray
    skin: np.ndarray
    bone: np.ndarray
    marrow: np.ndarray
    vein: np.ndarray
    nodule: np.ndarray
    canal: np.ndarray
    sac: np.ndarray
    csf: np.ndarray
    cord: np.ndarray
    core: np.ndarray
    lesion: np.ndarray
    void: np.ndarray


def masks(anatomy: Anatomy, severity: np.ndarray) -> Masks:
    """Draw slices.

    Parameters
    ----------
    anatomy
        Of N slices.
    severity
        (N,) float32: see ``Cohort``.
    """
    of: Fields = {name: value[:, None, None] for name, value in vars(anatomy).items()}
    grown: Fields = {name: value[:, None, None] for name, value in vars(extent(severity)).items()}
    x, y = _plane(of)
    wide = np.abs(x)
    below = y - np.float32(CANAL_Y)
    wall = _ellipse(x, below, of["canal_a"], of["canal_b"])
    bone = _bone(x, wide, below, wall, of)
    sac_x, sac_y = x - of["sac_x"], below - of["sac_y"]
    dura = _ellipse(sac_x, sac_y, of["sac_a"], of["sac_b"])
    cord_x, cord_y = sac_x - of["cord_x"], sac_y - of["cord_y"]
    half, away = _pushed(of, grown)
    surface, centre = _cord(cord_x, cord_y, half, away, of, grown)
    surface = np.maximum(surface, dura)

    canal, whole = inside(wall), inside(dura)
    cord = np.minimum(inside(surface), whole)
    # Seen from where the cord's middle is now: the lesion reaches all that lies between it and the cord.
    middle = away + half * (1 - grown["squeeze"])
    bump = _bump(cord_x + middle * of["side_x"], cord_y + middle * of["side_y"], of, grown["breadth"])
    # Where no CSF is left, little of the epidural fat is either.
    around = np.maximum(bump, EFFACED_FAT * grown["effaced"])
    # How far behind the lesion's front a pixel is, in pixels: exactly 0 where its layer is free.
    epidural = _unit((grown["epidural"] * around * (dura - wall) + np.minimum(wall, 0)) / np.float32(SOFT))
    inward = _unit((grown["indent"] * bump * (surface - dura) + np.minimum(dura, 0)) / np.float32(SOFT))
    inward = np.maximum(inward, grown["effaced"])
    sac = np.maximum(whole - inward * whole, cord)
    return Masks(
        lung=inside(_ellipse(wide - of["lung"] - 15, below + 17, np.float32(15), np.float32(21))),
        aorta=inside(_ellipse(x - of["aorta_x"], below + 31, of["aorta_r"], of["aorta_r"])),
        muscle=_muscle(wide, below, of),
        skin=_unit((below + x * x * np.float32(0.006) - of["skin"]) / 2),
        bone=inside(bone),
        marrow=inside(np.maximum(bone + np.float32(1.4), np.float32(1.3) - wall)),
        vein=of["vein"]
        * inside(_ellipse(x, below + of["canal_b"] + np.float32(4.0), np.float32(1.3), np.float32(3.2))),
        nodule=_nodule(x, below, bone, of, grown),
        canal=canal,
        sac=sac,
        csf=sac - cord,
        cord=cord,
        core=_unit((np.float32(0.6) - centre) * 3) * cord,
        lesion=epidural * np.maximum(canal - whole, 0) + (whole - sac),
        void=of["void"] * inside(_ellipse(sac_x - of["void_x"], sac_y - of["void_y"], of["void_r"], of["void_r"]) / 2),
    )


def inside(distance: np.ndarray) -> np.ndarray:
    """Coverage of a shape: 1 inside, 0 outside, even between over an edge ``SOFT`` pixels wide."""
    return _unit(distance * np.float32(-1 / SOFT) + np.float32(0.5))


def _unit(value: np.ndarray) -> np.ndarray:
    return np.minimum(np.maximum(value, np.float32(0)), np.float32(1))


def _plane(of: Fields) -> tuple[np.ndarray, np.ndarray]:
    """The patient's coordinates of every pixel, (N, SIDE, SIDE) each."""
    grid = np.arange(SIDE, dtype=np.float32) - np.float32((SIDE - 1) / 2)
    across, down = grid[None, None, :] - of["shift_x"], grid[None, :, None] - of["shift_y"]
    # Cosine and sine from the tangent of half the angle, which needs no library function.
    t = of["turn"] / 2
    unit = 1 / ((1 + t * t) * of["scale"])
    cos, sin = (1 - t * t) * unit, 2 * t * unit
    return cos * across + sin * down, cos * down - sin * across


def _ellipse(x: np.ndarray, y: np.ndarray, a: Length, b: Length) -> np.ndarray:
    """Distance to an ellipse with half axes a and b, to first order."""
    across, down = np.float32(1) / a, np.float32(1) / b
    x, y = x * across, y * down
    level = x * x + y * y
    x, y = x * across, y * down
    return (level - np.sqrt(level)) / np.sqrt(x * x + y * y + TINY)


def _capsule(x: np.ndarray, y: np.ndarray, end_x: np.ndarray, end_y: np.ndarray, width: Length) -> np.ndarray:
    """Distance to a line from the origin to a point, thickened to ``width`` on both sides."""
    along = _unit((x * end_x + y * end_y) * (1 / (end_x * end_x + end_y * end_y)))
    x, y = x - along * end_x, y - along * end_y
    return np.sqrt(x * x + y * y) - width


def _bone(x: np.ndarray, wide: np.ndarray, below: np.ndarray, wall: np.ndarray, of: Fields) -> np.ndarray:
    """Distance to the vertebra (the canal included) with its processes, and to the ribs."""
    top = of["canal_b"] + of["body_b"] - np.float32(3.5)
    bone = _ellipse(x, below + top, of["body_a"], of["body_b"])
    bone = np.minimum(bone, wall - of["arch"])
    bone = np.minimum(bone, _capsule(x, below, 0 * of["spinous"], of["spinous"], np.float32(2.4)))
    start = of["canal_a"]
    bone = np.minimum(
        bone, _capsule(wide - start, below - 2, of["process_x"] - start, of["process_y"] - 2, np.float32(3.0))
    )
    rib = of["body_a"] - np.float32(1.0)
    return np.minimum(bone, _capsule(wide - rib, below + np.float32(8.5), 31 - rib, of["process_y"], of["rib"]))


def _muscle(wide: np.ndarray, below: np.ndarray, of: Fields) -> np.ndarray:
    """Erector spinae on both sides, and the flat muscles behind and beside them, with planes of fat between."""
    size = of["muscle"]
    deep = _ellipse(wide - 12 * size, below - np.float32(16.5), 11 * size, 9 * size)
    behind = below + wide * wide * np.float32(0.006) - of["skin"] + 3
    beside = np.float32(8.0) - below - wide * np.float32(0.25)
    flat = np.maximum(np.maximum(np.float32(0.8) - deep, behind), np.maximum(beside, np.float32(3.4) - wide))
    return np.maximum(inside(deep), inside(flat))


def _pushed(of: Fields, grown: Fields) -> tuple[np.ndarray, np.ndarray]:
    """Half the cord's own thickness along the lesion's direction, and how far the cord is moved; (N, 1, 1) each."""
    to_x, to_y = of["side_x"], of["side_y"]
    half = _reach(of["cord_a"], of["cord_b"], to_x, to_y)
    room = _reach(of["sac_a"], of["sac_b"], to_x, to_y) - half + of["cord_x"] * to_x + of["cord_y"] * to_y
    return half, grown["push"] * np.maximum(room, 0)


def _cord(
    x: np.ndarray, y: np.ndarray, half: np.ndarray, away: np.ndarray, of: Fields, grown: Fields
) -> tuple[np.ndarray, np.ndarray]:
    """Distance to the cord, and 0 (centre) .. 1 (surface) inside it.

    Squeezing leaves the edge away from the lesion where it is, widens the cord and bends it around the lesion.
    """
    to_x, to_y = of["side_x"], of["side_y"]
    a, b, k = of["cord_a"], of["cord_b"], grown["squeeze"]
    spread = 1 / (1 + np.float32(0.3) * (1 - k))
    along = x * to_x + y * to_y + away
    aside = (y * to_x - x * to_y) * spread
    along = (along + half - aside * aside * (np.float32(0.06) * (1 - k))) / k - half
    u, v = (along * to_x - aside * to_y) / a, (along * to_y + aside * to_x) / b
    level = u * u + v * v
    centre = np.sqrt(level)
    u, v = u / a, v / b
    slope_along, slope_aside = (u * to_x + v * to_y) / k, (v * to_x - u * to_y) * spread
    return (level - centre) / np.sqrt(slope_along * slope_along + slope_aside * slope_aside + TINY), centre


def _reach(a: np.ndarray, b: np.ndarray, to_x: np.ndarray, to_y: np.ndarray) -> np.ndarray:
    """Extent of an ellipse from its centre along a unit vector."""
    across, down = a * to_x, b * to_y
    return np.sqrt(across * across + down * down)


def _bump(x: np.ndarray, y: np.ndarray, of: Fields, breadth: np.ndarray) -> np.ndarray:
    """The front's height around the sac: 1 towards the lesion, falling to 0 on both sides.

    A bilobed lesion spares the midline, where the posterior longitudinal ligament holds (the curtain sign).
    """
    two = of["bilobed"]
    towards_x, towards_y = (
        of["side_x"] + two * (np.float32(0.6) - of["side_x"]),
        of["side_y"] + two * (np.float32(-0.8) - of["side_y"]),
    )
    folded = x + two * (np.abs(x) - x)
    cosine = (folded * towards_x + y * towards_y) / np.sqrt(x * x + y * y + np.float32(0.5))
    width = np.float32(0.3) + np.float32(0.15) * of["breadth"] + np.float32(1.3) * breadth
    return _unit(1 - (1 - cosine) / width)


def _nodule(x: np.ndarray, below: np.ndarray, bone: np.ndarray, of: Fields, grown: Fields) -> np.ndarray:
    """The lesion in bone: within the cortex, until it breaks through the wall of the canal."""
    radius = np.maximum(of["nodule"] * np.sqrt(grown["bone"]), np.float32(0.5))
    across, down = of["side_x"] / of["canal_a"], of["side_y"] / of["canal_b"]
    wall = 1 / np.sqrt(across * across + down * down)
    away = wall + radius + np.float32(1.5) - grown["broken"] * (np.float32(1.5) + np.float32(0.25) * radius)
    u, v = x - away * of["side_x"], below - away * of["side_y"]
    distance = _ellipse(u, v, radius * (1 + of["oval"]), radius * (1 - of["oval"]))
    limit = bone + np.float32(0.9) - grown["broken"] * np.float32(2.0)
    return inside(np.maximum(distance, limit)) * (grown["bone"] > 0)
