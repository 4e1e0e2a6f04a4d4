import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PORTAL = fileURLToPath(new URL('../../packages/portal/', import.meta.url));
const VITE = fileURLToPath(new URL('../../node_modules/vite/bin/vite.js', import.meta.url));

/** Builds the portal as servers give it out; throws with what Vite says when it cannot be built. */
export function buildPortal(): void {
  const built = spawnSync(
    process.execPath,
    [VITE, 'build', '--configLoader', 'native', '--logLevel', 'warn'],
    { cwd: PORTAL, encoding: 'utf8' },
  );
  if (built.status !== 0) {
    throw new Error(`The portal cannot be built: ${built.stderr}`);
  }
}
