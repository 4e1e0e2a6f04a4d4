#!/bin/sh
# Prints what a run of the membrane has found, a line each: the name, a tab, the number.
set -eu
awk '
  # Each title is followed by an empty line and the numbers.
  /total force/ { getline; getline; printf "reaction\t%s\n", -$2; found++ }
  /displacements/ { getline; getline; printf "displacement_d\t%s\n", $2 * 1000; found++ }
  END { exit found != 2 }
' membrane.dat
awk '
  # Columns of fixed width, which may touch: the node in 4 to 13, then SXX, SYY, ... of 12 characters each.
  / STRESS / { stress = 1 }
  stress && /^ -1/ && substr($0, 4, 10) + 0 == 1 { printf "stress_d\t%s\n", substr($0, 26, 12) + 0; found = 1; exit }
  END { exit !found }
' membrane.frd
