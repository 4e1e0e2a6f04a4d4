import { useDocumentVisibility } from '@mantine/hooks';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ByteSource } from '../byte-source.ts';
import type { Growth } from '../log/growth.ts';
import { ChartReader, type ChartState, NOTHING_READ } from './chart-reader.ts';
import type { DrawnFile } from './plot-data.ts';
import { workerPort } from './worker-port.ts';

export interface ChartFile {
  name: string;
  source: ByteSource;
  /** Absent for what does not grow any more. */
  growth?: Growth | undefined;
}

export interface ChartLimits {
  /** More of each file is not read. */
  maxBytes: number;
  /** Only so much of the end is read at first; all when absent. */
  endBytes?: number;
  /** Of more rows every second one goes, then again. */
  maxRows: number;
}

interface OpenFile {
  reader: ChartReader;
  growth: Growth | undefined;
}

/** What there is of some files by now, in their order; read on while they grow and somebody looks. */
export function useChart(files: readonly ChartFile[], preset: string | null, limits: ChartLimits) {
  const [states, setStates] = useState<readonly ChartState[]>([]);
  const open = useRef<readonly OpenFile[]>([]);
  const isSeen = useDocumentVisibility() !== 'hidden';
  const { maxBytes, endBytes, maxRows } = limits;
  const keys = JSON.stringify(files.map(({ source, growth }) => [source.key, growth !== undefined]));

  // biome-ignore lint/correctness/useExhaustiveDependencies: files are known by their keys
  useEffect(() => {
    setStates(files.map(() => NOTHING_READ));
    open.current = files.map(({ source, growth }, index) => ({
      growth,
      reader: new ChartReader(source, workerPort({ preset, capacity: maxRows }), {
        maxBytes,
        endBytes,
        mayGrow: growth !== undefined,
        onChange: (state) => setStates((all) => all.map((each, at) => (at === index ? state : each))),
      }),
    }));
    return () => {
      for (const { reader } of open.current) {
        reader.close();
      }
      open.current = [];
    };
  }, [keys, preset, maxBytes, endBytes, maxRows]);

  // A browser has six connections to a host without TLS: tabs that nobody sees must not hold one each.
  // biome-ignore lint/correctness/useExhaustiveDependencies: other files have other readers
  useEffect(() => {
    for (const { reader, growth } of open.current) {
      if (growth && isSeen) {
        reader.follow(growth);
      } else {
        reader.unfollow();
      }
    }
  }, [isSeen, keys, preset]);

  const retry = () => {
    for (const { reader } of open.current) {
      reader.retry();
    }
  };
  return { states, retry };
}

/** Those of which there is something to draw; they have names where there are several. */
export function useDrawnFiles(files: readonly ChartFile[], states: readonly ChartState[]): DrawnFile[] {
  // Names stand for the files, which are made anew with each drawing of the page.
  const names = JSON.stringify(files.map(({ name }) => name));
  return useMemo(() => {
    const all: string[] = JSON.parse(names);
    return states.flatMap(({ table, dateColumns }, index) =>
      table === null || table.rows === 0
        ? []
        : [{ name: all.length > 1 ? (all[index] ?? null) : null, table, dateColumns }],
    );
  }, [states, names]);
}
