import { homedir } from 'node:os';
import { createLogger } from '../../packages/server/src/logger.ts';
import { createPortalBuild } from '../../packages/server/src/portal/build.ts';

/**
 * Builds the portal if it has changed, as a server does that is started in a clone: it comes to its place as a whole, so that
 * tests that do so at the same time do no harm to each other.
 */
export async function buildPortal(): Promise<void> {
  const environment = { path: process.env.PATH ?? '', home: homedir() };
  await using build = createPortalBuild({ logger: createLogger('warn'), environment });
  await build.begin();
  if (build.state === 'failed') {
    throw new Error('The portal could not be built: why is said above.');
  }
}
