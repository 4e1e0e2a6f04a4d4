import { hash } from 'node:crypto';

/** What identifies a text without promising that its bytes are the same in every coding: a weak entity tag. */
export function weakTagOf(text: string | Buffer): string {
  return `W/"${hash('sha1', text, 'base64url')}"`;
}

/**
 * RFC 9110, 13.1.2: whether a header `If-None-Match` names this tag or, by `*`, any. The comparison is weak; the tags
 * that we make hold no commas, so that none inside a foreign tag can make it look like ours.
 */
export function isListed(header: string | undefined, tag: string): boolean {
  if (header === undefined) {
    return false;
  }
  if (header === tag) {
    return true;
  }
  const opaque = withoutWeakness(tag);
  return header.split(',').some((each) => {
    const sent = each.trim();
    return sent === '*' || withoutWeakness(sent) === opaque;
  });
}

function withoutWeakness(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
