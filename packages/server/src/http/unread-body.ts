import type { IncomingMessage } from 'node:http';

/**
 * Many clients read no answer before they have sent their whole body, and closing on them would lose it. What is
 * left of a body that nobody wants is dropped as it comes, for a while.
 */
export function letGoOfUnreadBody(raw: IncomingMessage, seconds: number): void {
  if (raw.complete || raw.destroyed) {
    return;
  }
  const timer = setTimeout(() => raw.socket.destroy(), seconds * 1000);
  timer.unref();
  raw.once('close', () => clearTimeout(timer));
  raw.resume();
}
