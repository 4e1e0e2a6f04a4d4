import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentStart, ClusterFile } from '@quarry/contract';
import { sendRequest } from './exchange/http.ts';
import { readServerUrl } from './exchange/server-url.ts';
import { BACKOFF_FIRST_MS, BACKOFF_LAST_MS, DESCRIPTION_OVERDUE_MS, ORPHAN_SECONDS } from './limits.ts';
import { report } from './report.ts';

/** Without these an agent of neither kind can begin. */
const TEXTS = ['clusterId', 'token', 'serverUrl', 'directory'] as const;

/** Reads what the scheduler has handed over to an agent that shares no disk with its server; throws in words. */
export function readStartFile(path: string): AgentStart {
  const start = readJson('start file', path) as AgentStart;
  const missing = TEXTS.filter((key) => !isText(start[key]));
  if (missing.length > 0) {
    throw new Error(`The start file ${path} lacks a usable ${missing.join(', ')}.`);
  }
  return start;
}

/** Asks the server for the rest, for as long as it is away, and writes it down for whoever comes later; throws in words. */
export async function fetchClusterFile(start: AgentStart): Promise<ClusterFile> {
  const { clusterId, token, directory } = start;
  const serverFile = join(directory, 'server.json');
  const giveUpAt = performance.now() + ORPHAN_SECONDS * 1000;
  for (let pauseMs = BACKOFF_FIRST_MS; ; pauseMs = Math.min(BACKOFF_LAST_MS, pauseMs * 2)) {
    const base = (readServerUrl({ serverFile }) ?? start.serverUrl).replace(/\/+$/, '');
    const url = `${base}/api/agent/clusters/${encodeURIComponent(clusterId)}/`;
    const answer = await sendRequest({ method: 'GET', url, token, length: 0 }, [], {
      timeoutMs: DESCRIPTION_OVERDUE_MS,
    }).catch((error: Error) => error);
    if (!(answer instanceof Error) && answer.status === 200 && answer.body !== undefined) {
      const path = join(directory, 'cluster.json');
      writeWhole(path, JSON.stringify({ ...(answer.body as ClusterFile), token }));
      return readClusterFile(path);
    }
    const why = answer instanceof Error ? answer.message : `the server answered ${answer.status}`;
    const isOver =
      !(answer instanceof Error) && answer.body !== undefined && [401, 404, 410].includes(answer.status);
    if (isOver || performance.now() > giveUpAt) {
      throw new Error(`This agent was not told what it is to do: ${why}.`);
    }
    if (pauseMs === BACKOFF_FIRST_MS) {
      report(`The server does not say what is to be done (${why}): trying again.`);
    }
    await sleep(pauseMs);
  }
}

/** For its owner only; durable, and never seen half written. */
function writeWhole(path: string, text: string): void {
  const fd = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${path}.new`, path);
}

/** Reads the cluster file that the scheduler left; throws in words when it is missing or lacks something. */
export function readClusterFile(path: string): ClusterFile {
  const cluster = readJson('cluster file', path) as ClusterFile;
  const missing = [
    ...TEXTS.filter((key) => !isText(cluster[key])),
    ...(['slots', 'coresPerSlot'] as const).filter((key) => !isPositive(cluster[key])),
    ...(['archiveEntries', 'archiveExpandedBytes', 'logBytes', 'outputFiles', 'stopGraceSeconds'] as const)
      .filter((key) => !isPositive(cluster.limits?.[key]))
      .map((key) => `limits.${key}`),
    ...(['auto', 'required', 'off'].includes(cluster.sandbox?.mode) ? [] : ['sandbox.mode']),
  ];
  if (missing.length > 0) {
    throw new Error(
      `The cluster file ${path} lacks a usable ${missing.join(', ')}: it was written by another version of the server.`,
    );
  }
  return cluster;
}

function readJson(what: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`The ${what} ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
