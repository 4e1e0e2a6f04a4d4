/** How the programs of others move files, each called as its users would for speed. */
import { execFile } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PARALLEL_DOWNLOAD = fileURLToPath(new URL('./parallel_download.py', import.meta.url));
const REQUESTS_UPLOAD = fileURLToPath(new URL('./requests_upload.py', import.meta.url));

export interface Authorized {
  url: string;
  apiKey: string;
}

export async function curlDownload(url: string, target: string, apiKey?: string): Promise<void> {
  await run('curl', [
    '--silent',
    '--show-error',
    '--fail',
    ...authorization(apiKey),
    '--output',
    target,
    url,
  ]);
}

/** PUT, as WebDAV takes it. */
export async function curlPut(source: string, url: string): Promise<void> {
  await run('curl', ['--silent', '--show-error', '--fail', '--upload-file', source, url]);
}

/** The form that the API takes; answers its JSON. */
export async function curlForm(source: string, { url, apiKey }: Authorized): Promise<{ id: string }> {
  const form = ['--form', `file=@${source}`, `${url}/api/v2/files/contents/`];
  return JSON.parse(
    await run('curl', ['--silent', '--show-error', '--fail', ...authorization(apiKey), ...form]),
  );
}

export interface Aria2Options {
  streams: number;
  /** Verified when given. */
  sha512?: string;
  apiKey?: string;
}

export async function aria2Download(url: string, target: string, options: Aria2Options): Promise<void> {
  const { streams, sha512, apiKey } = options;
  await run('aria2c', [
    ...['--quiet', '--no-conf', '--file-allocation=none', '--allow-overwrite=true'],
    ...[`--max-connection-per-server=${streams}`, `--split=${streams}`, '--min-split-size=1M'],
    ...(sha512 === undefined ? [] : [`--checksum=sha-512=${sha512}`]),
    ...(apiKey === undefined ? [] : [`--header=Authorization: Token ${apiKey}`]),
    ...['--dir', dirname(target), '--out', basename(target), url],
  ]);
}

/** From a server of static files; `url` is the directory. */
export async function rcloneDownload(url: string, name: string, target: string): Promise<void> {
  await rclone(['copyto', `:http,url='${url}':${name}`, target, '--ignore-times']);
}

/** Copies a file to a WebDAV server. */
export async function rcloneWebdavUp(source: string, url: string, target: string): Promise<void> {
  await rclone(['copyto', source, `:webdav,url='${url}',vendor=other:${target}`, '--ignore-times']);
}

/** Copies a directory from a server of static files that lists its names. */
export async function rcloneDirectoryDown(
  url: string,
  source: string,
  target: string,
  transfers: number,
): Promise<void> {
  // Without a HEAD for each file before its GET.
  const quickly = ['--http-no-head', '--transfers', String(transfers), '--checkers', String(transfers)];
  await rclone(['copy', `:http,url='${url}/${source}/':`, target, ...quickly]);
}

/** Ranges in threads with `requests`, parts to files, parts put together, the result hashed. */
export async function pythonDownload(platform: Authorized, fileId: string, target: string, threads: number) {
  await run('python3', [PARALLEL_DOWNLOAD, platform.url, platform.apiKey, fileId, target, String(threads)]);
}

/** The file as a form with `requests`, which holds all of it in memory; answers the API's JSON. */
export async function pythonUpload(source: string, { url, apiKey }: Authorized): Promise<{ id: string }> {
  return JSON.parse(await run('python3', [REQUESTS_UPLOAD, url, apiKey, source]));
}

function authorization(apiKey: string | undefined): string[] {
  return apiKey === undefined ? [] : ['--header', `Authorization: Token ${apiKey}`];
}

/** Without a configuration of the user's. */
async function rclone(args: string[]): Promise<void> {
  await run('rclone', [...args, '--config', '/dev/null', '--quiet']);
}

async function run(program: string, args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 2 ** 26 });
  return stdout;
}
