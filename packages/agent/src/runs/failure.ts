import { constants } from 'node:os';
import type { Failure } from '@quarry/contract';
import { readableBytes } from '../bytes.ts';
import type { Verdict } from './verdict.ts';

/** A reason for which a run ends as failed: what happened, and what to do about it. */
export class RunFailure extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** The failure of a run as the server keeps it; an error that nobody foresaw becomes `agent_error`. */
export function toFailure(error: unknown): Failure {
  if (error instanceof RunFailure) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  const { message, code } = error as NodeJS.ErrnoException;
  if (isDiskFull(error)) {
    return outputLost(message);
  }
  return {
    code: 'agent_error',
    message: `The agent could not go on with this run: ${message}.`,
    hint: `This is a fault of the platform or of its host${code === undefined ? '' : ` (${code})`}, not of the command; agent.log in the cluster's directory has more.`,
  };
}

export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'].includes((error as NodeJS.ErrnoException)?.code ?? '');
}

/** What the run wrote could not be kept. */
export function outputLost(words: string): Failure {
  return {
    code: 'output_lost',
    message: `The log or an output of the run could not be written: ${words}.`,
    hint: "The disk of the cluster's directory is full or broken: free some space and run the job again.",
  };
}

/** A device that the job's owner may use no more, one whose directory is lost, or a host that does not have the disk of the server. */
export function devicesMissing(ids: readonly string[]): RunFailure {
  return new RunFailure(
    'storage_device_unavailable',
    `These storage devices of the job are not there for it: ${ids.join(', ')}.`,
    'Its owner may use them no more (GET storage-devices/), or this host does not share the disk of the server, or the directory of one is lost, which whoever runs the platform finds with "quarry doctor". Else run the job without them.',
  );
}

/** A run whose log can no longer be written is not left to go on for days that nobody will know of. */
export function logLost(words: string): Failure {
  return {
    code: 'log_lost',
    message: `The log of the run could no longer be written (${words}), so the run was stopped.`,
    hint: "The disk of the cluster's directory is full or broken, perhaps by what this run wrote. What was written until then is among its outputs; free some space and run the job again.",
  };
}

/** The run has used more than its slot has. */
export function outOfMemory(limit: { bytes: number; cores: number }, peakBytes: number): Failure {
  const cores = `${limit.cores} ${limit.cores === 1 ? 'core' : 'cores'}`;
  return {
    code: 'out_of_memory',
    message: `The run used up its memory and was ended: it may have ${readableBytes(limit.bytes)} with its ${cores}, and had ${readableBytes(peakBytes)}.`,
    hint: 'Give it more cores per slot, since memory comes with cores, or a core type with more memory per core. What it had written until then is among its outputs. The keeper of the platform can allow more than core types promise (memory_limit_percent).',
  };
}

/** Linux has ended a process of the run although the run had memory left. */
export function hostOutOfMemory(): Failure {
  return {
    code: 'host_out_of_memory',
    message: 'Linux ended a process of the run because the host had no memory left, and with it the run.',
    hint: 'It need not be the fault of this run: run it again. When it comes back, the keeper of the platform has promised more memory than the host has (memoryMbPerCore of the core types, memory_limit_percent), or something beside the platform uses it.',
  };
}

/**
 * A run that would have succeeded but whose output is lost has failed, and one that was stopped for its log has lost
 * more than that; any other end keeps its own reason.
 */
export function withLost<End extends Verdict>(end: End, lost: Failure | null): End {
  const givesWay = end.outcome === 'success' || end.failure?.code === 'log_lost';
  return lost === null || !givesWay ? end : { ...end, outcome: 'failed', failure: lost };
}

/** A run that would have succeeded has been stopped when its outputs were not collected, or not delivered, to the end. */
export function withCut<End extends Verdict>(end: End, isCut: boolean, done: 'collected' | 'delivered'): End {
  if (!isCut || end.outcome !== 'success') {
    return end;
  }
  const failure = {
    code: 'stopped_by_user',
    message: `The run was stopped on request while its outputs were being ${done}.`,
    hint: `What had been ${done} until then is among its outputs; skipped of the run names the rest.`,
  };
  return { ...end, outcome: 'stopped', failure };
}

/** The words for a command or script that ended with anything but 0; `cause` is one that was found by looking. */
export function commandFailed(
  { code, name }: { code: string; name: string },
  end: { exitCode: number; signal: string | null },
  { lastLines, cause = null }: { lastLines: string; cause?: string | null },
): Failure {
  const { signal } = end;
  const how = signal === null ? `exit code ${end.exitCode}` : `exit code ${end.exitCode} (${signal})`;
  return {
    code,
    message: `${name} ended with ${how}.`,
    hint: [
      ...(cause === null ? hintFor(end.exitCode, signal) : [cause]),
      lastLines === '' ? 'It wrote nothing.' : `The log ends with:\n${lastLines}`,
    ].join(' '),
  };
}

function hintFor(exitCode: number, signal: string | null): string[] {
  if (exitCode === 127) {
    return ['Command not found: is the software in the analysis?'];
  }
  if (exitCode === 126) {
    return ['A file was found but cannot be executed: is it a program for this machine?'];
  }
  if (signal === 'SIGKILL') {
    return ['It was killed: memory may have run out.'];
  }
  return [];
}

/** A shell reports a program that a signal ended as 128 and the signal's number. */
export function signalName(exitCode: number): string | null {
  const names = Object.entries(constants.signals);
  return names.find(([, number]) => exitCode === 128 + number)?.[0] ?? null;
}
