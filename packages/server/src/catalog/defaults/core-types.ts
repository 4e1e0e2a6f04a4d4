import type { z } from 'zod';
import { memoryMbPerCore as shareOfCore } from '../host.ts';
import { type CoreTypeTable, coreTypeTable } from '../site/schema.ts';
import type { Host } from '../types.ts';

/** Sizes that are offered where the host has the cores. Clients are promised that `granite` never has 1. */
const fromTwo = [2, 4, 8, 16, 32, 64, 128, 192];
const fromOne = [1, ...fromTwo];

/** Core types of the host itself: names for ways to share one machine, by slot size, memory and price. */
export function defaultCoreTypes(host: Host): CoreTypeTable[] {
  const memoryMbPerCore = shareOfCore(host);
  /** Twice the memory for each core means half of the cores at most. */
  const withMemory = (factor: number) => ({
    memoryMbPerCore: memoryMbPerCore * factor,
    cores: fromOne.filter((size) => size <= Math.max(1, Math.floor(host.cores / factor))),
    ...(host.cores < factor && {
      isActive: false,
      unavailableReason: `This host has ${host.memoryMb} MB of memory; one core of this type takes ${memoryMbPerCore * factor} MB.`,
    }),
  });
  return rows.map(({ memoryFactor, ...row }, index) => {
    const table: Partial<z.input<typeof coreTypeTable>> = {
      processorInfo: host.processorInfo,
      memoryMbPerCore,
      displayOrder: index,
      ...row,
      ...(memoryFactor === undefined ? {} : withMemory(memoryFactor)),
    };
    return coreTypeTable.parse(table);
  });
}

type Row = Omit<z.input<typeof coreTypeTable>, 'cores'> &
  ({ cores: number[]; memoryFactor?: undefined } | { cores?: undefined; memoryFactor: number });

const rows: readonly Row[] = [
  {
    code: 'granite',
    name: 'Granite',
    description: 'General work on two cores and more: the usual choice.',
    cores: fromTwo,
    categoryCodes: ['general'],
    price: 0.05,
    lowPriorityPrice: 0.03,
  },
  {
    code: 'quartz',
    name: 'Quartz',
    description: 'A single core, for scripts and small serial programs.',
    cores: [1],
    categoryCodes: ['general'],
    price: 0.04,
    lowPriorityPrice: 0.025,
  },
  {
    code: 'basalt',
    name: 'Basalt',
    description: 'Any common size from one core up.',
    cores: fromOne,
    categoryCodes: ['general'],
    price: 0.055,
    lowPriorityPrice: 0.035,
  },
  {
    code: 'sandstone',
    name: 'Sandstone',
    description: 'Small slots for many short runs side by side, as in parameter sweeps.',
    cores: [1, 2],
    categoryCodes: ['general'],
    price: 0.045,
    lowPriorityPrice: 0.028,
  },
  {
    code: 'mica',
    name: 'Mica',
    description: 'For work that keeps every core busy.',
    cores: fromOne,
    categoryCodes: ['compute-optimized'],
    price: 0.06,
    lowPriorityPrice: 0.04,
  },
  {
    code: 'obsidian',
    name: 'Obsidian',
    description: 'Large slots for parallel solvers.',
    cores: [8, 16, 32, 64, 128, 192],
    categoryCodes: ['compute-optimized'],
    price: 0.065,
    lowPriorityPrice: 0.045,
  },
  {
    code: 'marble',
    name: 'Marble',
    description: 'Twice the memory for each core.',
    memoryFactor: 2,
    categoryCodes: ['high-memory'],
    price: 0.09,
    lowPriorityPrice: 0.06,
  },
  {
    code: 'gneiss',
    name: 'Gneiss',
    description: 'Four times the memory for each core.',
    memoryFactor: 4,
    categoryCodes: ['high-memory'],
    price: 0.16,
    lowPriorityPrice: 0.1,
  },
  {
    code: 'slate',
    name: 'Slate',
    description: 'Four cores and more for preparing and viewing models.',
    cores: [4, 8, 16, 32],
    categoryCodes: ['general', 'visualization'],
    isPrimary: false,
    price: 0.07,
    lowPriorityPrice: 0.05,
  },
  {
    code: 'pumice',
    name: 'Pumice',
    description: 'The least expensive way to run what may wait.',
    cores: fromOne,
    categoryCodes: ['low-cost'],
    isPrimary: false,
    price: 0.03,
    lowPriorityPrice: 0.015,
  },
  {
    code: 'amethyst',
    name: 'Amethyst',
    description: 'One GPU for each slot.',
    cores: [1, 2, 4, 8, 16],
    gpuCounts: [1, 1, 1, 1, 1],
    categoryCodes: ['gpu'],
    isPrimary: false,
    price: 0.3,
    lowPriorityPrice: 0.2,
  },
  {
    code: 'diamond',
    name: 'Diamond',
    description: 'Several GPUs for each slot.',
    cores: [4, 8, 16, 32, 64],
    gpuCounts: [2, 2, 2, 4, 8],
    categoryCodes: ['gpu'],
    isPrimary: false,
    price: 0.6,
    lowPriorityPrice: 0.4,
  },
];

/** Codes of the built-in core types, the same on every host. */
export const defaultCoreTypeCodes: readonly string[] = rows.map(({ code }) => code);
