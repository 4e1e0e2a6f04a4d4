import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Platform } from '../../packages/server/testing/start-platform.ts';

/** Uploads in small pieces; answers the id once the server has acknowledged the file, null when it never did. */
export function uploadSlowly(
  platform: Platform,
  name: string,
  bytes: Buffer,
  pauseMs: number,
): Promise<string | null> {
  return new Promise((resolve) => {
    const boundary = 'quarryquarryquarry';
    const outgoing = request(new URL('/api/v2/files/contents/', platform.url), {
      method: 'POST',
      headers: {
        authorization: `Token ${platform.apiKey}`,
        'content-type': `multipart/form-data; boundary=${boundary}`,
      },
    });
    outgoing.on('error', () => resolve(null));
    outgoing.on('response', async (response) => {
      let text = '';
      try {
        for await (const chunk of response) {
          text += chunk;
        }
        resolve(response.statusCode === 201 ? JSON.parse(text).id : null);
      } catch {
        resolve(null);
      }
    });
    void (async () => {
      outgoing.write(
        `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n\r\n`,
      );
      const step = Math.ceil(bytes.length / 8);
      for (let at = 0; at < bytes.length; at += step) {
        outgoing.write(bytes.subarray(at, at + step));
        await delay(pauseMs);
      }
      outgoing.end(`\r\n--${boundary}--\r\n`);
    })();
  });
}
