import { calculix } from './calculix.ts';
import { openfoam } from './openfoam.ts';
import type { Preset } from './preset.ts';
import { su2 } from './su2.ts';

export const PRESETS: readonly Preset[] = [openfoam, calculix, su2];

export function presetByKey(key: string): Preset | null {
  return PRESETS.find((preset) => preset.key === key) ?? null;
}

/** The one for a software by its code, which sites may have given a suffix of their own. */
export function presetOfSoftware(code: string): Preset | null {
  const plain = code.toLowerCase().replaceAll('-', '_');
  return (
    PRESETS.find(({ codes }) => codes.some((each) => plain === each || plain.startsWith(`${each}_`))) ?? null
  );
}

/** The one that a log was written for, by its first bytes; logs of jobs begin with lines of the platform. */
export function presetOfLog(beginning: string): Preset | null {
  return PRESETS.find(({ sign }) => sign.test(beginning)) ?? null;
}
