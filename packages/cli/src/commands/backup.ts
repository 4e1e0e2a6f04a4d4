import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { argument, defineLocalCommand, text } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { findServerProgram, serverEnvironment } from '../server-process.ts';

/** Of what the program of the server answers. */
const ANSWER_BYTES = 64 * 1024 * 1024;

export default defineLocalCommand({
  details:
    'Copies a data directory with everything in it, while its server runs or not: people, jobs, files, uploads under way, what ' +
    'running jobs have written so far, keys and secret. The copy is whole when it has its name. To restore it, put it in the place of ' +
    'the data directory and start a server there: jobs that were under way end, and none is executed again by itself.',
  arguments: { folder: argument('<folder>', 'the copy; it must not be there yet') },
  options: { data: text('--data <folder>', 'data directory; ~/.local/share/quarry unless told otherwise') },
  examples: [
    { command: 'quarry backup /backup/quarry-$(date +%F)', says: 'A copy of today' },
    { command: 'quarry backup /backup/quarry --data /var/lib/quarry', says: 'Of a service' },
  ],
  async run({ folder, data }, { settings, signal }) {
    const from = data ?? settings.defaultDataDirectory;
    const program = findServerProgram('backup');
    const args = [...process.execArgv, program, '--data', from, '--to', folder];
    const env = serverEnvironment(settings.environment);
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      signal,
      env,
      maxBuffer: ANSWER_BYTES,
    }).catch((error: { stdout?: string }) => {
      signal.throwIfAborted();
      if (!error.stdout) {
        throw error;
      }
      return { stdout: error.stdout };
    });
    const { path, problems } = JSON.parse(stdout) as { path: string | null; problems: string[] };
    if (path === null) {
      throw new CliError(problems.join('\n'), { code: 'no_backup', exitCode: EXIT.unexpected });
    }
    return { path: resolve(path), dataDir: resolve(from), problems };
  },
  present({ path, dataDir, problems }, io) {
    io.print(`${dataDir} is copied to ${path}. Keep it as safe as the directory itself: the keys are in it.`);
    for (const problem of problems) {
      io.warn(`in the copy, and perhaps in the original: ${problem}`);
    }
  },
  exitCode: ({ problems }) => (problems.length === 0 ? EXIT.ok : EXIT.unexpected),
});
