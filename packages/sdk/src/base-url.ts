import { QuarryError } from './errors.ts';

/**
 * The root of a platform without a trailing slash. Tolerates what is found in profiles and variables: trailing
 * slashes and a suffix `/api`, `/api/v2` or `/api/v3`.
 */
export function normalizeBaseUrl(text: string): string {
  const trimmed = text.trim();
  let url: URL;
  try {
    url = new URL(trimmed);
  } catch (cause) {
    throw new QuarryError(`"${trimmed}" is not the address of a platform.`, {
      cause,
      hint: 'Write it with its scheme, such as http://127.0.0.1:8080 or https://hpc.example.com.',
    });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new QuarryError(`"${trimmed}" does not begin with http:// or https://.`, {
      hint: 'Write the address with its scheme, such as http://127.0.0.1:8080.',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new QuarryError('The address of a platform must not hold a user name or password.', {
      hint: 'Leave out the part before "@" and give an API key instead.',
    });
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/api(\/v\d+)?$/, '');
  return url.origin + path.replace(/\/+$/, '');
}
