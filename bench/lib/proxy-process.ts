import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ProxyStats } from '../proxy/proxy.ts';

const MAIN = fileURLToPath(new URL('../proxy/main.ts', import.meta.url));

export interface ProxyProcess extends AsyncDisposable {
  url: string;
  pid: number;
  /** What went through so far. */
  stats(): Promise<ProxyStats>;
}

/** The proxy in a process of its own, so that it takes nothing from whoever is measured; `args` as on its command line. */
export async function startProxyProcess(target: string, args: readonly string[]): Promise<ProxyProcess> {
  const child = spawn(process.execPath, [MAIN, '--target', target, '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const gone = new AbortController();
  child.once('exit', (code) => gone.abort(new Error(`The proxy ended with ${code}.`)));
  const { signal } = gone;
  const [line] = await once(child.stdout!, 'data', { signal }).catch(() => {
    throw signal.reason;
  });
  child.stdout!.resume();
  return {
    url: (JSON.parse(String(line)) as { url: string }).url,
    pid: child.pid!,
    async stats() {
      const answered = once(child, 'message', { signal });
      child.send('stats');
      return ((await answered) as [ProxyStats])[0];
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) {
        return;
      }
      // It has nothing to put in order.
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
