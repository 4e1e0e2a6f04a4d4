/**
 * The GPUs of the host: what is a node in `/dev`, or in a directory that a site names and that is laid out like it. A card of
 * NVIDIA has `nvidia0` and, with some drivers, `dri/renderD128` as well; others have the latter only.
 */
import { accessSync, constants, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { SlotGpu } from '@quarry/contract';
import { GPU_PROBE_TIMEOUT_MS } from './limits.ts';
import { runProgram } from './scan/run-program.ts';

export interface HostGpu extends SlotGpu {
  /** In the words of its maker. */
  name: string;
}

/** Nodes that all programs need which use a card of that vendor. */
const SHARED_NODES: Record<SlotGpu['vendor'], readonly string[]> = {
  nvidia: ['nvidiactl', 'nvidia-uvm', 'nvidia-uvm-tools', 'nvidia-modeset'],
  amd: ['kfd'],
  intel: [],
  unknown: [],
};

/** Numbers that PCI gives to vendors. Others, of virtual machines and consoles, make no cards that compute. */
const VENDORS: Record<string, SlotGpu['vendor']> = { '0x10de': 'nvidia', '0x1002': 'amd', '0x8086': 'intel' };
const NAMES: Record<SlotGpu['vendor'], string> = {
  nvidia: 'NVIDIA GPU',
  amd: 'AMD GPU',
  intel: 'Intel GPU',
  unknown: 'GPU',
};

/**
 * Finds those that jobs may have; `where` is `auto`, `none` or a directory. What the driver or `nvidia-smi` does not tell
 * of a card is guessed from its node; one that cannot be looked at is left out.
 */
export async function findGpus(where: string, { searchPath }: { searchPath: string }): Promise<HostGpu[]> {
  if (where === 'none') {
    return [];
  }
  const directory = where === 'auto' ? '/dev' : where;
  const nodes = numbersOf(directory, /^nvidia(\d+)$/);
  const programs = where === 'auto' ? searchPath.split(':').filter(isAbsolute) : [directory];
  const cards = nodes.length === 0 ? [] : await askNvidia(programs, searchPath);
  const renderers = numbersOf(join(directory, 'dri'), /^renderD(\d+)$/).map((number) => ({
    node: `dri/renderD${number}`,
    ...describeRenderer(join(directory, 'dri', `renderD${number}`)),
  }));
  const ofNvidia = nodes.map((minor, number): HostGpu => {
    const card = cards.find((each) => each.minor === minor);
    const own = renderers.filter(({ bus }) => bus !== null && bus === card?.bus);
    return {
      id: card?.uuid ?? `nvidia${minor}`,
      name: card?.name ?? NAMES.nvidia,
      vendor: 'nvidia',
      number: card?.index ?? number,
      devices: devicesIn(directory, [
        `nvidia${minor}`,
        ...own.map(({ node }) => node),
        ...SHARED_NODES.nvidia,
      ]),
    };
  });
  const others = renderers.filter(({ vendor }) => vendor !== null && vendor !== 'nvidia');
  return [
    ...ofNvidia,
    ...others.map(({ node, vendor }): HostGpu => {
      const sameVendor = others.filter((each) => each.vendor === vendor);
      return {
        id: node.slice('dri/'.length),
        name: NAMES[vendor!],
        vendor: vendor!,
        number: sameVendor.findIndex((each) => each.node === node),
        devices: devicesIn(directory, [node, ...SHARED_NODES[vendor!]]),
      };
    }),
  ];
}

interface NvidiaCard {
  index: number;
  minor: number;
  uuid: string;
  name: string;
  bus: string;
}

async function askNvidia(directories: readonly string[], searchPath: string): Promise<NvidiaCard[]> {
  const program = directories.map((directory) => join(directory, 'nvidia-smi')).find(isExecutable);
  if (program === undefined) {
    return [];
  }
  const { output, exitCode } = await runProgram(
    program,
    ['--query-gpu=index,uuid,pci.bus_id,name', '--format=csv,noheader'],
    { environment: { PATH: searchPath }, timeoutMs: GPU_PROBE_TIMEOUT_MS },
  );
  return exitCode === 0 ? parseNvidiaCards(output, minorOf) : [];
}

/** Lines such as `0, GPU-4d4bf374-…, 00000000:3B:00.0, NVIDIA A100-SXM4-40GB`; `minorAt` tells the node of the card at a place. */
export function parseNvidiaCards(text: string, minorAt: (bus: string) => number | null): NvidiaCard[] {
  return text.split('\n').flatMap((line) => {
    const [, index, uuid, bus, name] =
      /^\s*(\d+)\s*,\s*(GPU-[\w-]+)\s*,\s*([\da-fA-F:.]+)\s*,\s*(.*\S)\s*$/.exec(line) ?? [];
    if (index === undefined || uuid === undefined || bus === undefined || name === undefined) {
      return [];
    }
    const place = shortBus(bus);
    // Without a word of the driver cards have their numbers in the same order as their nodes.
    const minor = minorAt(place) ?? Number(index);
    return [{ index: Number(index), minor, uuid, name, bus: place }];
  });
}

/** Linux writes the domain of a place with four digits, `nvidia-smi` with eight. */
function shortBus(bus: string): string {
  return bus.toLowerCase().replace(/^0{4}(?=[\da-f]{4}:)/, '');
}

function minorOf(bus: string): number | null {
  const text = readOr(`/proc/driver/nvidia/gpus/${bus}/information`);
  const minor = /^Device Minor:\s+(\d+)/m.exec(text)?.[1];
  return minor === undefined ? null : Number(minor);
}

/** Null for a vendor whose cards do not compute; `unknown` for a node of which Linux says nothing. */
function describeRenderer(path: string): { vendor: SlotGpu['vendor'] | null; bus: string | null } {
  try {
    const { rdev } = statSync(path);
    const device = `/sys/dev/char/${majorOf(rdev)}:${minorOfDevice(rdev)}/device`;
    const vendor = readOr(`${device}/vendor`).trim();
    if (vendor === '') {
      return { vendor: 'unknown', bus: null };
    }
    return { vendor: VENDORS[vendor] ?? null, bus: realpathSync(device).split('/').at(-1) ?? null };
  } catch {
    return { vendor: null, bus: null };
  }
}

function devicesIn(directory: string, names: readonly string[]): SlotGpu['devices'] {
  return names.flatMap((name) => {
    const source = join(directory, name);
    return isNode(source) ? [{ source: realpathSync(source), path: join('/dev', name) }] : [];
  });
}

function numbersOf(directory: string, pattern: RegExp): number[] {
  try {
    return readdirSync(directory)
      .flatMap((name) => {
        const number = pattern.exec(name)?.[1];
        return number !== undefined && isNode(join(directory, name)) ? [Number(number)] : [];
      })
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

function isNode(path: string): boolean {
  try {
    return statSync(path).isCharacterDevice();
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** As glibc puts both into one number. */
function majorOf(device: number): number {
  return Number((BigInt(device) >> 8n) & 0xfffn);
}

function minorOfDevice(device: number): number {
  return Number((BigInt(device) & 0xffn) | ((BigInt(device) >> 12n) & 0xfff00n));
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
