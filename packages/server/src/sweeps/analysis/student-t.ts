/**
 * The probability that Student's t is at least as far from 0 as this, with that many degrees of freedom: the
 * regularized incomplete beta function (Abramowitz and Stegun, 26.7.1 and 26.5.8).
 */
export function twoSidedP(t: number, degreesOfFreedom: number): number {
  if (!Number.isFinite(t)) {
    return 0;
  }
  const sum = degreesOfFreedom + t * t;
  return incompleteBeta(degreesOfFreedom / sum, (t * t) / sum, degreesOfFreedom / 2, 0.5);
}

/** `y` is 1 - `x`: one of the two is small, and has its digits only when it is given. */
function incompleteBeta(x: number, y: number, a: number, b: number): number {
  if (x <= 0) {
    return 0;
  }
  if (y <= 0) {
    return 1;
  }
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(y));
  // The continued fraction converges fast on this side; the other one follows by symmetry (26.5.2).
  if (x < (a + 1) / (a + b + 2)) {
    return (front * fraction(x, a, b)) / a;
  }
  return 1 - (front * fraction(y, b, a)) / b;
}

const MOST_TERMS = 10_000;
const TINY = 1e-300;

/** The continued fraction 26.5.8 by the method of Lentz, as modified by I. Thompson and A. Barnett (1986). */
function fraction(x: number, a: number, b: number): number {
  const awayFromZero = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) {
      break;
    }
  }
  return value;
}

/** Logarithm of the gamma function for positive numbers: Stirling's series (6.1.41), after stepping up to 15. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 15; z++) {
    shift += Math.log(z);
  }
  const inverse = 1 / (z * z);
  const series = 1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)));
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series / z - shift;
}
