import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

export interface PortalOrigin extends AsyncDisposable {
  url: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** The portal as it was built, under the policy that it must keep, beside the API of a platform on one origin. */
export async function startPortalOrigin(portal: string, platformUrl: string): Promise<PortalOrigin> {
  const server = createServer((from, to) => {
    const { pathname } = new URL(from.url ?? '/', platformUrl);
    if (pathname.startsWith('/api/')) {
      const target = new URL(from.url ?? '/', platformUrl);
      const onward = request(target, { method: from.method, headers: from.headers }, (answer) => {
        to.writeHead(answer.statusCode ?? 502, answer.headers);
        to.flushHeaders();
        answer.pipe(to);
      });
      onward.on('error', () => to.destroy());
      to.on('close', () => onward.destroy());
      from.pipe(onward);
      return;
    }
    const isAsset = pathname.startsWith('/assets/');
    const nonce = randomBytes(16).toString('base64');
    readFile(join(portal, 'dist', isAsset ? pathname : 'index.html')).then(
      (bytes) => {
        if (isAsset) {
          to.writeHead(200, { 'content-type': TYPES[extname(pathname)] ?? 'application/octet-stream' }).end(
            bytes,
          );
          return;
        }
        const headers = {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': policy(nonce),
        };
        to.writeHead(200, headers).end(bytes.toString().replaceAll('__QUARRY_NONCE__', nonce));
      },
      () => to.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
