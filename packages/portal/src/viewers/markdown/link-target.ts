/** Where a link of a text by somebody else may lead: elsewhere on the web, never into the pages of this platform. Null for nowhere. */
export function linkTarget(href: string | undefined): string | null {
  let url: URL;
  try {
    url = new URL(href ?? '');
  } catch {
    return null;
  }
  const isOwn = typeof location !== 'undefined' && url.origin === location.origin;
  return ['http:', 'https:'].includes(url.protocol) && !isOwn ? url.href : null;
}
