/**
 * Whether somebody is there. A page that lies open asks for much by itself, and must not keep a session alive that somebody has
 * left: what is read counts as use only soon after a person has done something.
 */

/** What a person sets off may take some requests, one after another. */
const PRESENT_MS = 30_000;
const SIGNS = ['pointerdown', 'keydown', 'wheel', 'touchmove'] as const;

let lastSignMs = Number.NEGATIVE_INFINITY;

/** Looks out for signs of a person in this tab. */
export function watchPresence(target: Pick<EventTarget, 'addEventListener'>): void {
  for (const sign of SIGNS) {
    target.addEventListener(
      sign,
      (event) => {
        // What a script sets off is no person.
        if (event.isTrusted) {
          lastSignMs = performance.now();
        }
      },
      { capture: true, passive: true },
    );
  }
}

export function isSomebodyThere(): boolean {
  return performance.now() - lastSignMs < PRESENT_MS;
}
