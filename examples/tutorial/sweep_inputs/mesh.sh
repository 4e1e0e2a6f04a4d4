#!/bin/sh
# Writes mesh.inp: a quarter of the membrane between two ellipses, in elements of 8 nodes (CPS8), lengths in metres.
#
#   sh mesh.sh [ELEMENTS_AROUND [ELEMENTS_ACROSS]]
#
# The inner edge is the ellipse through (2, 0) and (0, 1), the outer one that through (3.25, 0) and (0, 2.75). Node 1 is
# the point D = (2, 0).
set -eu
awk -v around="${1:-16}" -v across="${2:-8}" '
function node(i, j) { return j * (2 * around + 1) + i + 1 }
BEGIN {
  right_angle = atan2(1, 0)
  print "*NODE, NSET=ALL"
  for (j = 0; j <= 2 * across; j++)
    for (i = 0; i <= 2 * around; i++) {
      if (i % 2 == 1 && j % 2 == 1) continue # such an element has no node in its middle
      angle = right_angle * i / (2 * around)
      outward = j / (2 * across)
      x = cos(angle) * (2 + 1.25 * outward)
      y = sin(angle) * (1 + 1.75 * outward)
      printf "%d, %.9f, %.9f\n", node(i, j), x, y
    }
  # Counter-clockwise from the inner edge: the second side of an element looks outward.
  print "*ELEMENT, TYPE=CPS8, ELSET=MEMBRANE"
  for (j = 0; j < 2 * across; j += 2)
    for (i = 0; i < 2 * around; i += 2)
      printf "%d, %d, %d, %d, %d, %d, %d, %d, %d\n", ++elements,
        node(i, j), node(i, j + 2), node(i + 2, j + 2), node(i + 2, j),
        node(i, j + 1), node(i + 1, j + 2), node(i + 2, j + 1), node(i + 1, j)
  print "*ELSET, ELSET=OUTER_EDGE"
  for (i = 1; i <= around; i++) printf "%d,\n", elements - around + i
  print "*NSET, NSET=X_AXIS"
  for (j = 0; j <= 2 * across; j++) printf "%d,\n", node(0, j)
  print "*NSET, NSET=Y_AXIS"
  for (j = 0; j <= 2 * across; j++) printf "%d,\n", node(2 * around, j)
  print "*NSET, NSET=D"
  print "1,"
}' > mesh.inp
