/** Programs of others that a benchmark compares with, where the host has them. */
import { spawnSync } from 'node:child_process';

/** How each tells its version. */
const QUESTIONS = {
  nginx: ['nginx', '-v'],
  curl: ['curl', '--version'],
  aria2c: ['aria2c', '--version'],
  rclone: ['rclone', '--version'],
  tar: ['tar', '--version'],
  'python-requests': ['python3', '-c', 'import requests; print(requests.__version__)'],
} as const;
export type Program = keyof typeof QUESTIONS;

const versions = new Map<Program, string | null>();

/** Null when it is not there. */
function versionOf(program: Program): string | null {
  const known = versions.get(program);
  if (known !== undefined) {
    return known;
  }
  const [command, ...args] = QUESTIONS[program];
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  const version = status === 0 ? (/\d+\.\S+/.exec(stdout || stderr)?.[0] ?? 'unknown') : null;
  versions.set(program, version);
  return version;
}

/** Whether a program is there; when it is not, `remarks` gets to know what is left out. */
export function has(program: Program, remarks: string[]): boolean {
  if (versionOf(program) !== null) {
    return true;
  }
  const remark = `${program} is not installed here: what it would do is left out.`;
  if (!remarks.includes(remark)) {
    remarks.push(remark);
  }
  return false;
}

/** All that are there, by name. */
export function installedPrograms(): Record<string, string> {
  const found = (Object.keys(QUESTIONS) as Program[]).map((program) => [program, versionOf(program)]);
  return Object.fromEntries(found.filter(([, version]) => version !== null));
}
