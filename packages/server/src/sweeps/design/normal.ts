/** The standard normal distribution in double precision. */

const QUANTILE_A = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
  67265.7709270087, 33430.57558358813, 2509.0809287301227,
];
const QUANTILE_B = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
  28729.085735721943, 5226.495278852854,
];
const QUANTILE_C = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
  0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
];
const QUANTILE_D = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
];
const QUANTILE_E = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
  0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
];
const QUANTILE_F = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
  0.000018463183175100548, 1.421511758316446e-7, 2.0442631033899397e-15,
];

/**
 * The quantile of the standard normal distribution, accurate to about 1 part in 10^16: 0 gives -Infinity, 1 gives
 * Infinity. M. J. Wichura, Algorithm AS 241, PPND16, Applied Statistics 37 (1988) 477-484.
 */
export function normalQuantile(probability: number): number {
  if (probability <= 0) {
    return Number.NEGATIVE_INFINITY;
  }
  if (probability >= 1) {
    return Number.POSITIVE_INFINITY;
  }
  const q = probability - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(QUANTILE_A, r)) / polynomial(QUANTILE_B, r);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? probability : 1 - probability));
  const z =
    r <= 5
      ? polynomial(QUANTILE_C, r - 1.6) / polynomial(QUANTILE_D, r - 1.6)
      : polynomial(QUANTILE_E, r - 5) / polynomial(QUANTILE_F, r - 5);
  return q < 0 ? -z : z;
}

/** Coefficients from the constant upwards. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let index = coefficients.length - 1; index >= 0; index--) {
    sum = sum * x + coefficients[index]!;
  }
  return sum;
}

const CENTRE_A = [
  2.2352520354606837, 161.02823106855587, 1067.6894854603709, 18154.98125334356, 0.06568233791820745,
];
const CENTRE_B = [47.202581904688245, 976.0985517377767, 10260.932208618979, 45507.78933502673];
const MIDDLE_C = [
  0.39894151208813466, 8.883149794388377, 93.50665613217785, 597.2702763948002, 2494.5375852903726,
  6848.190450536283, 11602.65143764735, 9842.714838383978, 1.0765576773720192e-8,
];
const MIDDLE_D = [
  22.266688044328117, 235.387901782625, 1519.3775994075547, 6485.558298266761, 18615.571640885097,
  34900.95272114598, 38912.00328609327, 19685.429676859992,
];
const TAIL_P = [
  0.215898534057957, 0.12740116116024736, 0.022235277870649807, 0.0014216191932278934,
  0.000029112874951168793, 0.023073441764940174,
];
const TAIL_Q = [
  1.284260096144911, 0.4682382124808651, 0.06598813786892856, 0.0037823963320275824, 0.00007297515550839662,
];
const INVERSE_ROOT_TWO_PI = 0.3989422804014327;

/**
 * The probability below `x` of the standard normal distribution; in the lower tail relative precision is kept
 * down to 1e-308. W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969)
 * 631-637, in the form of Algorithm 715, ACM TOMS 19 (1993) 22-32.
 */
export function normalProbability(x: number): number {
  const y = Math.abs(x);
  if (y <= 0.67448975) {
    const square = y * y;
    let numerator = CENTRE_A[4]! * square;
    let denominator = square;
    for (let index = 0; index < 3; index++) {
      numerator = (numerator + CENTRE_A[index]!) * square;
      denominator = (denominator + CENTRE_B[index]!) * square;
    }
    return 0.5 + (x * (numerator + CENTRE_A[3]!)) / (denominator + CENTRE_B[3]!);
  }
  const tail = upperTail(y);
  return x < 0 ? tail : 1 - tail;
}

/** The probability above `y`, for `y` from 0.67 up. */
function upperTail(y: number): number {
  if (y > 40) {
    return 0;
  }
  let ratio: number;
  if (y <= Math.sqrt(32)) {
    let numerator = MIDDLE_C[8]! * y;
    let denominator = y;
    for (let index = 0; index < 7; index++) {
      numerator = (numerator + MIDDLE_C[index]!) * y;
      denominator = (denominator + MIDDLE_D[index]!) * y;
    }
    ratio = (numerator + MIDDLE_C[7]!) / (denominator + MIDDLE_D[7]!);
  } else {
    const inverse = 1 / (y * y);
    let numerator = TAIL_P[5]! * inverse;
    let denominator = inverse;
    for (let index = 0; index < 4; index++) {
      numerator = (numerator + TAIL_P[index]!) * inverse;
      denominator = (denominator + TAIL_Q[index]!) * inverse;
    }
    ratio = (inverse * (numerator + TAIL_P[4]!)) / (denominator + TAIL_Q[4]!);
    ratio = (INVERSE_ROOT_TWO_PI - ratio) / y;
  }
  // Split so that the square of the first factor is exact.
  const rough = Math.trunc(y * 16) / 16;
  const rest = (y - rough) * (y + rough);
  return Math.exp(-rough * rough * 0.5) * Math.exp(-rest * 0.5) * ratio;
}
