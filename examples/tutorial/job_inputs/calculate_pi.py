"""Estimates pi by the Leibniz formula: pi = 4 - 4/3 + 4/5 - 4/7 + ...

Usage: python calculate_pi.py FILE, where FILE holds the number of terms to add up.
Writes pi_estimate.res (text) and pi_estimate.bin (one IEEE 754 double, little-endian).
"""
import struct
import sys


def estimate(terms):
    """Adds the terms from the smallest to the largest, which keeps rounding errors small."""
    value = 0.0
    for n in range(terms - 1, -1, -1):
        value += (1 if n % 2 == 0 else -1) * 4.0 / (2 * n + 1)
    return value


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        terms = int(file.read())
    print("Adding", terms, "terms", flush=True)
    pi = estimate(terms)
    with open("pi_estimate.res", "w", encoding="ascii") as file:
        file.write(repr(pi) + "\n")
    with open("pi_estimate.bin", "wb") as file:
        file.write(struct.pack("<d", pi))
    print("pi is about", pi)


if __name__ == "__main__":
    main()
