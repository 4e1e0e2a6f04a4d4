import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { end } from './platform.ts';
import { treeResidentMiB } from './process-tree.ts';

const START_TIMEOUT_MS = 10_000;

/** Where Debian's package puts the part of WebDAV that answers PROPFIND, which rclone asks first. */
const DAV_EXTENSION = '/usr/lib/nginx/modules/ngx_http_dav_ext_module.so';

/** Whether the nginx that is installed can answer PROPFIND. */
export function hasDavExtension(): boolean {
  return existsSync(DAV_EXTENSION);
}

/**
 * nginx as packages set it up, in a process of ours, for the files of one directory: to be read at the root, and to be
 * written by WebDAV, too.
 */
export async function serveWithNginx(
  directory: string,
  root: string,
): Promise<AsyncDisposable & { url: string; pid: number; residentMiB: () => Promise<number> }> {
  const port = await freePort();
  const place = join(directory, 'nginx');
  await mkdir(place, { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(place, name)};`)
    .join('\n');
  const config = `
    ${hasDavExtension() ? `load_module ${DAV_EXTENSION};` : ''}
    daemon off;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    worker_processes 1;
    pid ${join(place, 'pid')};
    error_log ${join(place, 'error.log')};
    events { worker_connections 2048; }
    http {
      ${temporary}
      access_log off;
      sendfile on;
      tcp_nopush on;
      keepalive_requests 100000;
      client_max_body_size 0;
      server {
        listen 127.0.0.1:${port};
        root ${root};
        autoindex on;
        dav_methods PUT DELETE MKCOL;
        create_full_put_path on;
        ${hasDavExtension() ? 'dav_ext_methods PROPFIND;' : ''}
      }
    }`;
  await writeFile(join(place, 'nginx.conf'), config);
  const child = spawn(
    'nginx',
    ['-p', place, '-e', join(place, 'error.log'), '-c', join(place, 'nginx.conf')],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const url = `http://127.0.0.1:${port}`;
  for (const deadline = performance.now() + START_TIMEOUT_MS; ; await sleep(20)) {
    const answers = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answers) {
      break;
    }
    if (child.exitCode !== null || performance.now() > deadline) {
      await end(child);
      throw new Error('nginx does not come up.');
    }
  }
  return {
    url,
    pid: child.pid!,
    residentMiB: () => treeResidentMiB(child.pid!),
    [Symbol.asyncDispose]: () => end(child),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
