/** The version of this package, written by `npm run generate` from its manifest. */
export const VERSION = '0.1.0';
