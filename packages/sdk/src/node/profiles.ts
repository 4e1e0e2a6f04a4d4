/**
 * The `apiconfig` file. Scripts in the field read it by line number: line 2 must be the address and line 3 the key of
 * the first profile, each after the first `=`, without blanks at the end, comments or empty lines above. So
 * `[default]` is written first, these two keys first in each profile, and everything else after them.
 */
import { randomUUID } from 'node:crypto';
import { open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { normalizeBaseUrl } from '../base-url.ts';
import { QuarryError } from '../errors.ts';
import { currentEnvironment, type Environment, profilesPath } from './environment.ts';
import { makeDirectories } from './make-directories.ts';

export interface Profile {
  name: string;
  baseUrl: string | null;
  apiKey: string | null;
}

/** A section as it stands: its lines are kept, understood or not. */
interface Section {
  name: string;
  lines: string[];
}

const URL_KEYS = ['apibaseurl', 'platform_url', 'apiurl'];
const KEY_KEYS = ['apikey', 'api_key'];
const REPLACED = new Set(['apibaseurl', 'platform_url', 'apikey', 'api_key']);

/** All profiles in their order; an empty list when there is no file. Values of templates count as absent. */
export async function readProfiles(env: Environment = currentEnvironment()): Promise<Profile[]> {
  const sections = await readSections(profilesPath(env));
  return sections.map((section) => ({
    name: section.name,
    baseUrl: value(section, URL_KEYS),
    apiKey: value(section, KEY_KEYS),
  }));
}

/** The profile of that name; the legacy section `[rescale]` stands in for a missing `[default]`. */
export function findProfile(profiles: readonly Profile[], name: string): Profile | undefined {
  const found = profiles.find((profile) => profile.name === name);
  return found ?? (name === 'default' ? profiles.find((profile) => profile.name === 'rescale') : undefined);
}

/** Adds or changes one profile; others and keys not ours stay. The file is readable by its owner only. */
export async function writeProfile(
  name: string,
  { baseUrl, apiKey }: { baseUrl: string; apiKey: string },
  env: Environment = currentEnvironment(),
): Promise<void> {
  const url = normalizeBaseUrl(baseUrl);
  const key = apiKey.trim();
  checkWritable(name, url, key);
  const path = profilesPath(env);
  const sections = await readSections(path);
  let section = sections.find((candidate) => candidate.name === name);
  if (section === undefined) {
    section = { name, lines: [] };
    sections.push(section);
  }
  const kept = section.lines
    .filter((line) => !REPLACED.has(keyOf(line) ?? ''))
    // Another client's full address of the same platform: left alone it would point to the old one.
    .map((line) => (keyOf(line) === 'apiurl' ? `apiurl = ${url}/api/v3/` : line));
  section.lines = [`apibaseurl = ${url}`, `apikey = ${key}`, ...kept];
  await writeSections(path, sections);
}

/** Removes one profile; true when there was one. */
export async function removeProfile(name: string, env: Environment = currentEnvironment()): Promise<boolean> {
  const path = profilesPath(env);
  const sections = await readSections(path);
  const rest = sections.filter((section) => section.name !== name);
  if (rest.length === sections.length) {
    return false;
  }
  await writeSections(path, rest);
  return true;
}

async function readSections(path: string): Promise<Section[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      return [];
    }
    throw new QuarryError(`The profiles in ${path} cannot be read.`, {
      cause,
      hint: 'Check who owns the file.',
    });
  }
  const sections: Section[] = [];
  const orphans: string[] = [];
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const name = /^\s*\[(.+)\]\s*$/.exec(line)?.[1]?.trim();
    if (name !== undefined) {
      sections.push({ name, lines: [] });
    } else if (line.trim() !== '') {
      (sections.at(-1)?.lines ?? orphans).push(line.trimEnd());
    }
  }
  // Comments above the first section would shift the lines that others count.
  sections[0]?.lines.push(...orphans);
  return sections;
}

async function writeSections(path: string, sections: Section[]): Promise<void> {
  const first = sections.filter((section) => section.name === 'default');
  const rest = sections.filter((section) => section.name !== 'default');
  const text = [...first, ...rest]
    .map(({ name, lines }) => `${[`[${name}]`, ...lines].join('\n')}\n`)
    .join('\n');
  await makeDirectories(dirname(path), 0o700);
  const target = await realpath(path).catch(() => path);
  // Made anew, never reused: the keys must not pass through a file that somebody else can read or has put there.
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function keyOf(line: string): string | null {
  return /^\s*([^=:#;\s]+)\s*[=:]/.exec(line)?.[1]?.toLowerCase() ?? null;
}

function value(section: Section, keys: readonly string[]): string | null {
  for (const key of keys) {
    const line = section.lines.find((candidate) => keyOf(candidate) === key);
    const text = line === undefined ? '' : line.replace(/^[^=:]*[=:]/, '').trim();
    const bare = text.replace(/^(['"])(.*)\1$/, '$2').trim();
    if (bare !== '' && !/^<.*>$/.test(bare)) {
      return bare;
    }
  }
  return null;
}

function checkWritable(name: string, url: string, key: string): void {
  if (!/^[^[\]\r\n]+$/.test(name) || name.trim() !== name) {
    throw new QuarryError(`"${name}" cannot be the name of a profile.`, {
      hint: 'Use letters, digits and dashes.',
    });
  }
  if (url.includes('=')) {
    throw new QuarryError(`${url} holds a "=", which readers of the profile file split at.`, {
      hint: 'Use an address without a "=".',
    });
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new QuarryError('The API key is empty or holds characters that no key has.', {
      hint: 'Copy it again, without blanks, quotes or line breaks inside.',
    });
  }
}
