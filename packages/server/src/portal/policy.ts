/** What browsers may do with what the portal is made of: load from this server, and run nothing that came otherwise. */

const A_YEAR_SECONDS = 31_536_000;

/** Headers of all that a browser gets of the portal. */
export const SECURITY_HEADERS = {
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** For what an address names by its content: whoever has it once has it for good. */
export const FOR_GOOD = `public, max-age=${A_YEAR_SECONDS}, immutable`;

/** Of pages that are read and run nothing. */
export const TEXT_PAGE_POLICY = policyOf({
  'default-src': "'none'",
  'style-src': "'self'",
  'img-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
});

/** Of scripts, which a worker is held to; of anything else it says that it is no page. */
export const ASSET_POLICY = policyOf({
  'default-src': "'none'",
  'script-src': "'self'",
  'connect-src': "'self'",
  'frame-ancestors': "'none'",
});

/** Of the portal's shell. Styles that its scripts make carry the nonce, which is another one in each answer. */
export function shellPolicy(nonce: string): string {
  return policyOf({
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': `'self' 'nonce-${nonce}'`,
    'img-src': "'self' data: blob:",
    'font-src': "'self'",
    'connect-src': "'self'",
    'worker-src': "'self'",
    'frame-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'self'",
    'frame-ancestors': "'none'",
  });
}

function policyOf(directives: Record<string, string>): string {
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
}
