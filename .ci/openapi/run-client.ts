/** `run-client.ts typescript|python`: makes a client from the document, and runs a program with it against a server. */
import { spawnSync } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { withServer } from '../with-server.ts';
import { BUILD, emptyDirectory, HERE, writeDocument } from './documents.ts';

/** Makes the client; answers the command that runs the program, which gets the server's address and a key. */
const makers: Record<string, () => Promise<string[]>> = {
  async typescript() {
    await writeDocument('v2');
    const folder = await emptyDirectory('typescript');
    for (const file of ['main.ts', 'generate.ts', 'tsconfig.json']) {
      await copyFile(`${HERE}typescript/${file}`, `${folder}/${file}`);
    }
    run([process.execPath, `${folder}/generate.ts`, `${BUILD}v2.json`, `${folder}/schema.ts`]);
    run([process.execPath, `${HERE}node_modules/typescript/bin/tsc`, '--project', folder]);
    return [process.execPath, `${folder}/main.ts`];
  },
  async python() {
    const document = await writeDocument('v2');
    const folder = await emptyDirectory('python');
    const python = `${folder}/venv/bin/python`;
    run(['python3', '-m', 'venv', `${folder}/venv`]);
    run([python, '-m', 'pip', 'install', '--quiet', '--requirement', `${HERE}python/requirements.txt`]);
    run([
      ...[`${folder}/venv/bin/openapi-python-client`, 'generate', '--fail-on-warning'],
      ...['--path', `${HERE}${document}`, '--output-path', `${folder}/client`],
      ...['--config', `${HERE}python/openapi-python-client.yaml`],
    ]);
    await copyFile(`${HERE}python/main.py`, `${folder}/client/main.py`);
    run([python, '-m', 'mypy', '--strict', 'main.py'], `${folder}/client`);
    return [python, `${folder}/client/main.py`];
  },
};

const make = makers[process.argv[2] ?? ''];
if (make === undefined) {
  throw new Error(`Name the client to make: ${Object.keys(makers).join(' or ')}.`);
}
const program = await make();
const isGood = await withServer({}, async ({ url, apiKey }) => {
  run([...program, url, apiKey]);
});
if (!isGood) {
  process.exitCode = 1;
}

function run([command, ...options]: string[], cwd?: string): void {
  const { status, error } = spawnSync(command!, options, { cwd, stdio: 'inherit' });
  if (status !== 0) {
    throw new Error(`${command} ${options[0]} ended with ${status ?? error?.message}.`);
  }
}
