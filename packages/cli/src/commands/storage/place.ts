import { usageError } from '../../errors.ts';

/** A storage device, or something on it. */
export interface Place {
  device: string;
  /** Empty for the device itself. */
  path: string;
}

/** Reads `DEVICE` or `DEVICE:PATH`; slashes at the beginning and end of the path mean nothing. */
export function readPlace(text: string): Place {
  const colon = text.indexOf(':');
  const device = colon === -1 ? text : text.slice(0, colon);
  if (!/^\w+$/.test(device)) {
    throw usageError(
      `"${text}" names no storage device.`,
      'Write DEVICE or DEVICE:PATH, such as abcDEF:meshes/wing.msh.',
    );
  }
  const parts = colon === -1 ? [] : text.slice(colon + 1).split('/');
  return { device, path: parts.filter((part) => part !== '' && part !== '.').join('/') };
}

/** The same for a command that needs something on the device. */
export function readEntry(text: string): Place {
  const place = readPlace(text);
  if (place.path === '') {
    throw usageError(`"${text}" is a whole storage device.`, `Name something on it: ${place.device}:PATH.`);
  }
  return place;
}
