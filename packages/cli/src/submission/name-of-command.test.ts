import { expect, test } from 'vitest';
import { nameOfCommand } from './name-of-command.ts';

test.each([
  ['python pi.py', 'pi.py'],
  ['python3.12 -u scripts/pi.py --n 3 in.csv', 'pi.py'],
  ['./solve.sh', 'solve.sh'],
  ['simpleFoam -parallel > log 2>&1', 'simpleFoam'],
  ['mpirun -np 4 simpleFoam -parallel', 'simpleFoam'],
  ['tar xzf case.tar.gz && cd case && ./Allrun', 'Allrun'],
  ['set -e; source env.sh; OMP_NUM_THREADS=4 /opt/ccx/bin/ccx beam', 'ccx'],
  ['time timeout 60s ./run', 'run'],
  ['mkdir out', 'mkdir'],
  ['echo oops >&2; exit 3', 'exit'],
  ['for i in 1 2 3; do ./step $i; done', 'step'],
  ['if test -f x; then ./a; fi', 'a'],
  ['bash -c "sleep 3"', 'bash'],
  ['java -jar solver.jar', 'solver.jar'],
  ['', 'job'],
  ['# nothing', 'job'],
  ['x'.repeat(100), 'x'.repeat(60)],
])('%s is named %s', (command, name) => {
  expect(nameOfCommand(command)).toBe(name);
});
