import { RunFailure } from '../runs/failure.ts';

export function unsafe(archive: string, entry: string, words: string): RunFailure {
  return new RunFailure(
    'archive_unsafe',
    `The archive ${archive} was not unpacked: its entry ${JSON.stringify(entry.slice(0, 300))} ${words}.`,
    'Make the archive again with relative names and without such entries, or submit it with decompress off and unpack it in the command.',
  );
}

export function tooLarge(archive: string, words: string): RunFailure {
  return new RunFailure(
    'archive_too_large',
    `The archive ${archive} was not unpacked: it has ${words}.`,
    'Submit it with decompress off and unpack what is needed in the command, or ask the keeper of the platform for a higher limit.',
  );
}

export function broken(archive: string, words: string, cause?: unknown): RunFailure {
  return new RunFailure(
    'archive_broken',
    `The archive ${archive} could not be unpacked: ${words}.`,
    'Test the archive where it was made and upload it again, or submit it with decompress off.',
    { cause },
  );
}

/** What an archive holds is in order, but nothing here can unpack it. */
export function unsupported(archive: string, words: string, hint: string): RunFailure {
  return new RunFailure(
    'archive_unsupported',
    `The archive ${archive} could not be unpacked: ${words}.`,
    `${hint}, or submit it with decompress off and unpack it in the command.`,
  );
}
