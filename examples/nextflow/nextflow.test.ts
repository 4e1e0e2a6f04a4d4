/** An engine that runs as a job with a storage device starts others, by the commands of Slurm, that see the same bytes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { definition, logOf, runJob, uploadFile } from '../../packages/server/test/platform-harness.ts';
import { type Platform, startPlatform } from '../../packages/server/testing/start-platform.ts';

const PROGRAMS = ['as_slurm.py', 'sbatch', 'squeue', 'scancel'];

let platform: Platform;
beforeAll(async () => {
  const coreTypes = '[[coreType]]\ncode = "pebble"\nname = "Pebble"\ncores = [1, 2]\n';
  platform = await startPlatform({ cores: 4, coreTypes });
});
afterAll(() => platform?.[Symbol.asyncDispose]());

/** As engines do it: a script in a directory of each process, and a file that says how it has ended. */
const ENGINE = `set -e
chmod 755 sbatch squeue scancel; export PATH=$PWD:$PATH
work=$(realpath ~/storage_$DEVICE)/work; mkdir -p $work/mesh $work/solve $work/never
seq 1000 > $work/mesh/wing.msh
cat > $work/solve/.command.run <<END
#!/bin/bash
#SBATCH -J solve
#SBATCH -c 2
ln -s $work/mesh/wing.msh wing.msh
{ echo \\$RESCALE_JOB_ID \\$RESCALE_CORES_PER_SLOT; sha256sum < wing.msh; } > result
echo \\$? > .exitcode
END
printf '#!/bin/bash\\n#SBATCH -D %s\\nsleep 300\\n' $work/never > $work/never/.command.run
cd $work/solve; solve=$(sbatch .command.run | grep -o '[0-9]*$')
never=$(sbatch $work/never/.command.run | grep -o '[0-9]*$')
until [ -s .exitcode ]; do sleep 0.1; done
[ $(cat .exitcode) = 0 ] && cat result && sha256sum < $work/mesh/wing.msh
until squeue | grep -q "^$never R"; do sleep 0.1; done
scancel $never
until squeue | grep -q "^$never F"; do sleep 0.1; done
until squeue | grep -q "^$solve CD"; do sleep 0.1; done
echo engine has ended`;

test('what an engine submits by sbatch reads and writes on its device, is shown by squeue and ended by scancel', async () => {
  const { body: device } = await platform.call('POST', '/api/v2/storage-devices/', {
    name: 'x',
    storageSize: 1,
  });
  await platform.call('POST', `/api/v2/storage-devices/${device.id}/submit/`);
  const inputFiles = await Promise.all(
    PROGRAMS.map(async (name) => {
      const text = await readFile(join(import.meta.dirname, 'bin', name), 'utf8');
      return { id: (await uploadFile(platform, name, text)).id };
    }),
  );
  const engine = await runJob(
    platform,
    definition(
      ENGINE,
      { storageDevices: [{ id: device.id }] },
      {
        inputFiles,
        envVars: { DEVICE: device.id },
        hardware: { coreType: 'pebble', coresPerSlot: 1, walltime: 1 },
      },
    ),
  );
  const log = (await logOf(platform, engine.id)).join('');
  expect([engine.outcome, log]).toEqual(['success', expect.stringContaining('engine has ended')]);
  const digests = log.match(/[0-9a-f]{64}/g)!;
  expect(digests).toHaveLength(2);
  expect(digests[0]).toBe(digests[1]);
  const { results } = (await platform.call('GET', `/api/v2/jobs/?tag=engine:${engine.id}`)).body;
  expect(results.map(({ name, outcome }: Record<string, string>) => [name, outcome])).toEqual([
    ['.command.run', 'stopped'],
    ['solve', 'success'],
  ]);
  expect(log).toContain(`${results[1].id} 2`);
});
