#!/bin/sh
# Prints what the sweep keeps of a flight, a line each: the name, a tab, the number.
awk '
  $3 > highest { highest = $3 }
  END {
    printf "range\t%s\n", $2
    printf "duration\t%s\n", $1
    printf "height\t%s\n", highest
  }
' flight.tsv
