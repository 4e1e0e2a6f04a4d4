/** What OPTIONS tells tus clients of this server. */
export const DISCOVERY_HEADERS = {
  'tus-resumable': '1.0.0',
  'tus-version': '1.0.0',
  'tus-extension': 'creation,creation-with-upload,expiration,termination,concatenation',
} as const;

/** The same with the largest upload. */
export function discoveryHeaders(uploadBytes: number): Record<string, string> {
  return { ...DISCOVERY_HEADERS, 'tus-max-size': String(uploadBytes) };
}
