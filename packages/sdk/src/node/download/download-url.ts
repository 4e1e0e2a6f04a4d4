import { onlyOne } from './download-file.ts';
import type { DownloadedUrl, DownloadUrlOptions } from './options.ts';
import { urlSource } from './source.ts';
import { transferAll } from './transfer-all.ts';

/**
 * Downloads what any HTTP server has at an address, in the same way as a file of a platform. Where the server serves no
 * ranges one stream reads it to the end; where it states neither an ETag nor a date, and no `sha512` is given, a later
 * call begins anew. Headers, names and passwords that are given go to no other origin.
 */
export async function downloadUrl(
  url: string,
  target: string,
  options: DownloadUrlOptions = {},
): Promise<DownloadedUrl> {
  const source = urlSource(url, options);
  return { url: source.url, ...onlyOne(await transferAll([{ source, target }], options)) };
}
