type Step = string | number;

/** What lies at a path in JSON; undefined where there is nothing. */
export function readAt(json: unknown, path: readonly Step[]): unknown {
  let value = json;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) {
      return undefined;
    }
    value = (value as Record<Step, unknown>)[step];
  }
  return value;
}

/** Sets a value at a path in JSON, in place, and makes what is missing on the way; false where the path leads into something else. */
export function setAt(json: Record<string, unknown>, path: readonly Step[], value: unknown): boolean {
  let inside: unknown = json;
  for (const [index, step] of path.entries()) {
    if (!canHold(inside, step)) {
      return false;
    }
    const holder = inside as Record<Step, unknown>;
    const next = path[index + 1];
    if (next === undefined) {
      holder[step] = value;
      return true;
    }
    if (!Object.hasOwn(holder, step) || holder[step] === null) {
      holder[step] = typeof next === 'number' ? [] : {};
    }
    inside = holder[step];
  }
  return false;
}

/** Of lists only what is there, or the place behind it: what lies between would be made of nothing. */
function canHold(value: unknown, step: Step): boolean {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  return Array.isArray(value) ? typeof step === 'number' && step <= value.length : typeof step === 'string';
}
