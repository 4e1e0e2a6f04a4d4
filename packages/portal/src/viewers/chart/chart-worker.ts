/** Reads tables where no page waits for it. */
import { presetByKey } from '../../presets/presets.ts';
import type { Table } from './columns.ts';
import type { Parser } from './parser.ts';
import { PresetParser } from './preset-parser.ts';
import { TableParser } from './table-parser.ts';

export type ChartRequest =
  | { type: 'begin'; preset: string | null; capacity: number }
  | { type: 'bytes'; bytes: Uint8Array<ArrayBuffer> }
  | { type: 'take'; isWhole: boolean };

export interface Taken {
  table: Table;
  dateColumns: readonly number[];
}

/** What a worker is to the file that it runs; the types of pages call it a window. */
interface WorkerScope {
  onmessage: ((event: { data: ChartRequest }) => void) | null;
  postMessage(message: Taken, options: { transfer: ArrayBuffer[] }): void;
}

const scope = globalThis as unknown as WorkerScope;
let parser: Parser | null = null;

scope.onmessage = ({ data: request }) => {
  if (request.type === 'begin') {
    parser = createParser(request.preset, request.capacity);
  } else if (request.type === 'bytes') {
    parser?.push(request.bytes);
  } else if (parser) {
    const table = parser.take({ isWhole: request.isWhole });
    const transfer = table.values.map(({ buffer }) => buffer as ArrayBuffer);
    scope.postMessage({ table, dateColumns: parser.dateColumns }, { transfer });
  }
};

function createParser(presetKey: string | null, capacity: number): Parser {
  const preset = presetKey === null ? null : presetByKey(presetKey);
  return preset === null ? new TableParser(capacity) : new PresetParser(preset, capacity);
}
