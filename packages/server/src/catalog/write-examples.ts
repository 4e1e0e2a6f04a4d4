import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { defaultCoreTypes } from './defaults/core-types.ts';
import { memoryMbPerCore as shareOfCore } from './host.ts';
import { decimal } from './prices.ts';
import {
  aliasesTable,
  analysisTable,
  type CoreTypeTable,
  coreTypeTable,
  priceTable,
  settingsTable,
} from './site/schema.ts';
import type { Host } from './types.ts';

/**
 * Writes commented examples for a site to edit: `core-types.toml.example` and its like, which are not active
 * until they are renamed. Files that are there already stay as they are. Gives the paths written.
 */
export async function writeDefaultCatalog(directory: string, host: Host): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const written: string[] = [];
  for (const [name, text] of Object.entries(exampleFiles(host))) {
    const path = join(directory, `${name}.example`);
    try {
      await writeFile(path, text, { flag: 'wx' });
      written.push(path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
        throw error;
      }
    }
  }
  return written;
}

/** The examples by the name that makes them active. */
function exampleFiles(host: Host): Readonly<Record<string, string>> {
  return {
    'core-types.toml': [
      ...header('core-types.toml', 'Core types: the kinds of hardware that jobs may ask for.', [
        'Once this file names a core type, the built-in ones below apply no longer: keep those you want.',
        'Sizes that the host or cluster cannot start are not offered.',
      ]),
      ...fieldList('[[coreType]]', coreTypeTable),
      ...defaultCoreTypes(host).map((table) => coreTypeText(table, host)),
    ].join('\n'),
    'analyses.toml': [
      ...header('analyses.toml', 'Analyses: the software that jobs may use.', [
        'They are added to the built-in ones and to what is found on the host; one with the same code replaces it.',
      ]),
      ...fieldList('[catalog]', settingsTable),
      ...fieldList('[aliases]', aliasesTable),
      ...fieldList('[[analysis]]', analysisTable),
      ...fieldList('[[analysis.version]]', analysisTable.shape.version.element),
      analysesText,
    ].join('\n'),
    'prices.toml': [
      ...header('prices.toml', 'Prices of a core for an hour, by core type and plan.', [
        'Plans that are not named here cost what the core type itself says (price, lowPriorityPrice).',
        'A price that stands in both places must be the same in both.',
      ]),
      ...fieldList('[[price]]', priceTable),
      pricesText,
    ].join('\n'),
  };
}

function header(name: string, subject: string, notes: readonly string[]): string[] {
  const use = `This is an example. Rename it to ${basename(name)} to make it count; changes count without a restart.`;
  return [subject, ...notes, use].map((line) => `# ${line}`).concat('#');
}

function fieldList(title: string, schema: z.ZodObject): string[] {
  const fields = fieldsOf(schema).map(
    ({ name, need, description }) => `#   ${name} (${need}): ${description}`,
  );
  return [`# Fields of ${title}, with what holds where they are absent:`, ...fields, '#'];
}

/** The fields of a table in its order; `need` is `required`, `optional` or the default as JSON. */
export function fieldsOf(schema: z.ZodObject): { name: string; need: string; description: string }[] {
  return Object.entries(schema.shape).map(([name, field]) => ({
    name,
    need:
      field instanceof z.ZodDefault
        ? words(field.def.defaultValue)
        : field instanceof z.ZodOptional
          ? 'optional'
          : 'required',
    description: (field as z.ZodType).description ?? '',
  }));
}

function words(defaultValue: unknown): string {
  const isEmpty =
    defaultValue === '' || (typeof defaultValue === 'object' && Object.keys(defaultValue ?? {}).length === 0);
  return isEmpty ? 'optional' : JSON.stringify(defaultValue);
}

function coreTypeText(table: CoreTypeTable, host: Host): string {
  const { code, name, description, cores, gpuCounts, categoryCodes, memoryMbPerCore } = table;
  const isUsual = memoryMbPerCore === shareOfCore(host);
  const fields = {
    code,
    name,
    description,
    cores,
    gpuCounts,
    categoryCodes,
    memoryMbPerCore: isUsual ? undefined : memoryMbPerCore,
    price: table.price,
    lowPriorityPrice: table.lowPriorityPrice,
    ...(table.isPrimary ? {} : { isPrimary: false }),
    ...(table.isActive ? {} : { isActive: false, unavailableReason: table.unavailableReason }),
  };
  const lines = Object.entries(fields).flatMap(([key, value]) =>
    // What JSON says of texts, numbers and lists of them is TOML as well.
    value === undefined ? [] : [`${key} = ${JSON.stringify(value)}`],
  );
  return ['', '[[coreType]]', ...lines].join('\n');
}

const analysesText = `
[catalog]
builtInAnalyses = true
hostSoftware = true

[[analysis]]
code = "my_solver"
name = "My Solver"
category = "Fluid dynamics"
vendorName = "In-house"
description = "What it does, in a sentence."

[[analysis.version]]
code = "2.1"
searchPath = ["/opt/my-solver/2.1/bin"]
visiblePaths = ["/opt/my-solver/2.1"]
environment = { MY_SOLVER_HOME = "/opt/my-solver/2.1" }
stdCommand = "my-solver <job>"
mpiCommand = "mpirun -np <mpi-ranks> my-solver <job>"

[[analysis.version]]
code = "2.0"
modules = ["my-solver/2.0"]
stdCommand = "my-solver <job>"
`;

const pricesText = `
[[price]]
coreType = "granite"
planType = "reserved"
amount = ${decimal(0.025)}
currency = "USD"
`;
