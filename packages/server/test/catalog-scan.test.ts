import { execFile } from 'node:child_process';
import {
  access,
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNode } from '../src/catalog/defaults/node.ts';
import { preparePython } from '../src/catalog/defaults/python.ts';
import { PROBE_OUTPUT_BYTES } from '../src/catalog/limits.ts';
import { askLoginShellForModulePath } from '../src/catalog/scan/find-modules.ts';
import { runProgram } from '../src/catalog/scan/run-program.ts';
import { lastScan, scanHost } from '../src/catalog/scan/scan-host.ts';
import { visibleForCommand, visibleInstallation } from '../src/catalog/scan/visible.ts';

/** How long a condition may take on a busy machine. */
const soon = { timeout: 15_000 };

const run = promisify(execFile);

let root: string;

/** What the scripts of these tests use; the host may have solvers of its own beside them, which would be found. */
const SYSTEM = 'bash cat env head kill ls mkdir mv rm sh sleep tail touch yes'.split(' ');

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'quarry-scan-')));
  await mkdir(join(root, 'system'));
  for (const name of SYSTEM) {
    await symlink(join('/usr/bin', name), join(root, 'system', name));
  }
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Writes a program of the host, a shell script, and gives its path. */
async function program(path: string, script: string): Promise<string> {
  const full = join(root, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, `#!/bin/sh\n${script}\n`);
  await chmod(full, 0o755);
  return full;
}

async function file(path: string, text = ''): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

function scan(directories: readonly string[], modulePath = '', signal?: AbortSignal) {
  const PATH = [...directories, 'system'].map((each) => join(root, each)).join(delimiter);
  return {
    environment: { PATH, MODULEPATH: modulePath, HOME: join(root, 'home') },
    cacheDirectory: join(root, 'cache'),
    signal,
  };
}

/** Dead ones that nobody has buried yet do not count. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return !/^[ZX]/.test(status.slice(status.lastIndexOf(')') + 2));
}

describe('scanHost()', () => {
  it('finds programs on the PATH, asks them for their version and says how jobs reach them', async () => {
    await program('opt/ccx/bin/ccx', 'echo; echo "This is Version 2.21"');
    await program(
      'tools/lmp',
      'echo "Large-scale Atomic/Molecular Massively Parallel Simulator - 2 Aug 2023 - Update 1"',
    );
    await program('tools/su2/SU2_CFD', 'echo "| SU2 Release 7.5.1 \\"Blackbird\\" |" >&2');
    const analyses = await scanHost(scan(['opt/ccx/bin', 'tools', 'tools/su2']));
    expect(analyses.map(({ code }) => code)).toEqual(['su2', 'calculix', 'lammps']);
    expect(analyses[1]).toMatchObject({
      name: 'CalculiX',
      category: 'Structures',
      version: [
        {
          code: '2.21',
          stdCommand: 'ccx <job>',
          searchPath: [join(root, 'opt/ccx/bin')],
          visiblePaths: [join(root, 'opt/ccx')],
        },
      ],
    });
    expect(analyses[0]!.version[0]!.code).toBe('7.5.1');
    expect(analyses[2]!.version[0]).toMatchObject({ code: '2Aug2023', name: '2 Aug 2023' });
  });

  it('reads the versions that real programs print', async () => {
    const printed: Record<string, [string, string, string]> = {
      simpleFoam: [
        'openfoam',
        'Usage: simpleFoam [OPTIONS]\nUsing: OpenFOAM-v2312 (2312) - visit www.openfoam.com',
        'v2312',
      ],
      run_aster: ['code_aster', 'code_aster 16.4.2', '16.4.2'],
      ElmerSolver: [
        'elmer',
        'MAIN: ELMER SOLVER STARTED\nMAIN: Version: 9.0 (Rev: unknown, Compiled: 2023)',
        '9.0',
      ],
      ffcx: ['fenics', 'FFCx 0.7.0', '0.7.0'],
      gmx: [
        'gromacs',
        '     :-) GROMACS - gmx, 2022.5-Debian_1 (-:\nGROMACS version:    2022.5-Debian_1',
        '2022.5-Debian_1',
      ],
      'pw.x': ['quantum_espresso', 'Program PWSCF v.7.2 starts on 22Nov2026', '7.2'],
      'octave-cli': ['octave', 'GNU Octave, version 7.3.0', '7.3.0'],
      Rscript: ['r', 'Rscript (R) version 4.2.2 (2022-10-31)', '4.2.2'],
      julia: ['julia', 'julia version 1.9.3', '1.9.3'],
      gmsh: ['gmsh', '4.8.4', '4.8.4'],
      pvbatch: ['paraview', 'paraview version 5.11.0', '5.11.0'],
      mpirun: ['mpi', 'mpirun (Open MPI) 4.1.4', '4.1.4'],
      ffmpeg: ['ffmpeg', 'ffmpeg version 5.1.6-0+deb12u1 Copyright (c) 2000-2024', '5.1.6'],
    };
    for (const [command, [, text]] of Object.entries(printed)) {
      await program(`bin/${command}`, `cat <<'END'\n${text}\nEND`);
    }
    const analyses = await scanHost(scan(['bin']));
    for (const [code, , version] of Object.values(printed)) {
      expect(analyses.find((each) => each.code === code)?.version[0]?.code, code).toBe(version);
    }
  });

  it('offers a program that will not tell its version, without running what has no safe question', async () => {
    await program('bin/nwchem', `touch ${join(root, 'computed')}`);
    await program('bin/ccx', 'echo nothing useful; exit 3');
    const analyses = await scanHost(scan(['bin']));
    expect(analyses.map(({ version }) => version[0]!.code)).toEqual(['host', 'host']);
    await expect(access(join(root, 'computed'))).rejects.toThrow();
  });

  it('starts a program once until it changes, and asks a slow one again', async () => {
    const log = join(root, 'asked');
    const ccx = await program('bin/ccx', `echo x >> ${log}; echo Version 2.20`);
    const times = async () => (await readFile(log, 'utf8')).length / 2;
    await scanHost(scan(['bin']));
    await scanHost(scan(['bin']));
    expect(await times()).toBe(1);
    await writeFile(ccx, `#!/bin/sh\necho x >> ${log}; echo Version 2.21\n`);
    await utimes(ccx, new Date(), new Date(Date.now() + 5000));
    expect((await scanHost(scan(['bin'])))[0]?.version[0]?.code).toBe('2.21');
    expect(await times()).toBe(2);
  });

  it('ends a program that hangs, with what it started, and offers it all the same', async () => {
    const pids = join(root, 'pids');
    await program('bin/ccx', `sleep 600 & echo $! $$ > ${pids}; wait`);
    const [calculix] = await scanHost(scan(['bin']));
    expect(calculix?.version[0]?.code).toBe('host');
    const started = (await readFile(pids, 'utf8')).trim().split(' ').map(Number);
    expect(started).toHaveLength(2);
    for (const pid of started) {
      await expect.poll(() => isAlive(pid), soon).toBe(false);
    }
  });

  it('can be ended while programs are being asked', async () => {
    const pid = join(root, 'pid');
    await program('bin/ccx', `echo $$ > ${pid}.new; mv ${pid}.new ${pid}; sleep 600`);
    const abort = new AbortController();
    const scanning = scanHost(scan(['bin'], '', abort.signal));
    await expect.poll(() => readFile(pid, 'utf8').catch(() => ''), soon).not.toBe('');
    abort.abort();
    await expect(scanning).rejects.toThrow(/abort/i);
    const started = Number(await readFile(pid, 'utf8'));
    await expect.poll(() => isAlive(started), soon).toBe(false);
  });

  it('gives programs no secrets and nowhere to leave things', async () => {
    const seen = join(root, 'seen');
    await program('bin/ccx', `env > ${seen}; pwd >> ${seen}; touch left-behind; echo Version 2.20`);
    await scanHost(scan(['bin']));
    const lines = (await readFile(seen, 'utf8')).trim().split('\n');
    const directory = lines.pop()!;
    expect(lines.map((line) => line.split('=')[0]).sort()).toEqual(['HOME', 'LANG', 'PATH', 'PWD']);
    expect(lines).toContain(`HOME=${directory}`);
    await expect(access(directory)).rejects.toThrow();
  });

  it('takes the first of a name as a shell would, and nothing that cannot be executed', async () => {
    await file('a/ccx', 'not a program');
    await mkdir(join(root, 'b/ccx'), { recursive: true });
    await program('c/ccx', 'echo Version 2.17');
    await program('d/ccx', 'echo Version 2.21');
    const [calculix] = await scanHost(scan(['missing', 'a', 'b', 'c', 'd']));
    expect(calculix?.version).toMatchObject([{ code: '2.17', searchPath: [join(root, 'c')] }]);
  });

  it('shows where a link leads', async () => {
    const real = await program('opt/ccx-2.21/bin/ccx', 'echo Version 2.21');
    await mkdir(join(root, 'links'));
    await symlink(real, join(root, 'links/ccx'));
    const [calculix] = await scanHost(scan(['links']));
    expect(calculix?.version[0]).toMatchObject({
      searchPath: [join(root, 'links')],
      visiblePaths: [join(root, 'links'), join(root, 'opt/ccx-2.21')],
    });
  });

  it('finds environment modules, newest first, beside what is on the PATH', async () => {
    for (const path of [
      'modules/all/OpenFOAM/v2206-foss-2022a.lua',
      'modules/all/OpenFOAM/v2312-foss-2023a.lua',
      'modules/all/OpenFOAM/.hidden.lua',
      'modules/all/OpenFOAM/11-foss-2023a.lua',
      'modules/tcl/chem/gromacs/2023.3',
      'modules/tcl/unknown/1.0',
      'modules/all/CalculiX/2.9.lua',
    ]) {
      await file(path);
    }
    await program('bin/ccx', 'echo Version 2.20');
    const modulePath = [join(root, 'modules/all'), join(root, 'modules/tcl'), join(root, 'nowhere')].join(
      delimiter,
    );
    const analyses = await scanHost(scan(['bin'], modulePath));
    const versions = analyses.map(({ code, version }) => [
      code,
      version.map((each) => [each.code, each.modules]),
    ]);
    expect(versions).toEqual([
      [
        'openfoam',
        [
          ['v2312-foss-2023a', ['OpenFOAM/v2312-foss-2023a']],
          ['v2206-foss-2022a', ['OpenFOAM/v2206-foss-2022a']],
          ['11-foss-2023a', ['OpenFOAM/11-foss-2023a']],
        ],
      ],
      [
        'calculix',
        [
          ['2.20', []],
          ['2.9', ['CalculiX/2.9']],
        ],
      ],
      ['gromacs', [['2023.3', ['chem/gromacs/2023.3']]]],
    ]);
  });

  it('remembers its last result for the same search paths only, and survives a broken cache', async () => {
    await program('bin/ccx', 'echo Version 2.20');
    const options = scan(['bin']);
    expect(await lastScan(options)).toBeNull();
    const analyses = await scanHost(options);
    expect(await lastScan(options)).toEqual(analyses);
    expect(await lastScan(scan(['other']))).toBeNull();
    await writeFile(join(root, 'cache/host-software.json'), '{"format":1,"versions":');
    expect(await lastScan(options)).toBeNull();
    expect(await scanHost(options)).toEqual(analyses);
  });
});

describe('runProgram()', () => {
  it('cuts what a program says at the limit and ends it then', async () => {
    const flood = await program('flood', 'exec yes');
    const { output, timedOut } = await runProgram(flood, [], {
      environment: { PATH: '/usr/bin:/bin' },
      timeoutMs: 20_000,
    });
    expect(output).toHaveLength(PROBE_OUTPUT_BYTES);
    expect(timedOut).toBe(false);
  });

  it('does not wait for what a program leaves running in a session of its own', async () => {
    const pid = join(root, 'pid');
    const path = await program(
      'daemon',
      `setsid sh -c 'echo $$ > ${pid}; exec sleep 600' & while ! [ -s ${pid} ]; do :; done; echo done`,
    );
    const { output, exitCode } = await runProgram(path, [], {
      environment: { PATH: '/usr/bin:/bin' },
      timeoutMs: 20_000,
    });
    process.kill(Number(await readFile(pid, 'utf8')), 'SIGKILL');
    expect([output, exitCode]).toEqual(['done\n', 0]);
  });

  it('gives an empty answer for what cannot be started', async () => {
    await file('broken', 'x');
    expect(await runProgram(join(root, 'broken'), [], { environment: {} })).toEqual({
      output: '',
      exitCode: null,
      timedOut: false,
    });
  });
});

describe('the MODULEPATH of a login shell', () => {
  it('is asked for where environment modules are installed', async () => {
    await file('profile.d/lmod.sh');
    await file('home/.bash_profile', 'echo Welcome; export MODULEPATH=/apps/modules:/more\n');
    const environment = { PATH: '/usr/bin:/bin', HOME: join(root, 'home') };
    expect(await askLoginShellForModulePath(environment, join(root, 'profile.d'))).toBe(
      '/apps/modules:/more',
    );
  });

  it('is not asked for elsewhere, since a profile may do anything', async () => {
    await file('home/.bash_profile', `touch ${join(root, 'ran')}; export MODULEPATH=/apps\n`);
    const environment = { PATH: '/usr/bin:/bin', HOME: join(root, 'home') };
    expect(await askLoginShellForModulePath(environment, join(root, 'profile.d'))).toBe('');
    await expect(access(join(root, 'ran'))).rejects.toThrow();
  });
});

describe('what a sandbox is told to show', () => {
  it('is never a whole home directory nor the root', () => {
    const home = '/data/people/ada';
    const segment = fc.constantFrom(
      'home',
      'root',
      'ada',
      'bin',
      '.local',
      'opt',
      'usr',
      'data',
      'people',
      'x',
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 5 }), (segments) => {
        const path = `/${segments.join('/')}`;
        for (const shown of [...visibleForCommand(path, home), ...visibleInstallation(path, home)]) {
          expect(['/', '/home', '/root', home]).not.toContain(shown);
          expect(shown).not.toMatch(/^\/home\/[^/]+$/);
          expect(`${home}/`.startsWith(`${shown}/`)).toBe(false);
          expect(shown).not.toMatch(/\/\.local$/);
        }
      }),
    );
  });

  it('is nothing for what every sandbox has, else the installation', () => {
    expect(visibleForCommand('/usr/bin', undefined)).toEqual([]);
    expect(visibleForCommand('/usr/local/bin', undefined)).toEqual([]);
    expect(visibleForCommand('/opt/ccx/bin', undefined)).toEqual(['/opt/ccx']);
    expect(visibleForCommand('/opt/ccx', undefined)).toEqual(['/opt/ccx']);
    expect(visibleForCommand('/home/ada/bin', '/home/ada')).toEqual(['/home/ada/bin', '/home/ada/lib']);
    expect(visibleForCommand('/home/ada', '/home/ada')).toEqual([]);
    expect(visibleForCommand('/home/ada/.local/bin', '/home/ada')).toEqual([
      '/home/ada/.local/bin',
      '/home/ada/.local/lib',
    ]);
    expect(visibleForCommand('/root/.cargo/bin', '/root')).toEqual(['/root/.cargo']);
  });
});

describe('the Node that jobs get', () => {
  it('is shown with its installation, and never with the home directory it lies in', async () => {
    const shown = async (path: string) =>
      (await findNode(await program(path, ''), 'v26.0.0', join(root, 'home'))).visiblePaths;
    expect(await shown('opt/node/bin/node')).toEqual([join(root, 'opt/node')]);
    expect(await shown('home/.nvm/v26/bin/node')).toEqual([join(root, 'home/.nvm/v26')]);
    expect(await shown('home/node')).toEqual([join(root, 'home/node')]);
    expect(await shown('home/bin/node')).toEqual([join(root, 'home/bin')]);
  });

  it('is the real file behind a link, and really runs', async () => {
    await mkdir(join(root, 'links'));
    await symlink(process.execPath, join(root, 'links/node'));
    const { execPath } = await findNode(join(root, 'links/node'), process.version, undefined);
    expect(execPath).toBe(await realpath(process.execPath));
    expect((await run(execPath, ['--version'])).stdout.trim()).toBe(process.version);
  });
});

describe('the command python', () => {
  const prepare = (PATH: string, systemInterpreter = join(root, 'no-such-python')) =>
    preparePython({
      cacheDirectory: join(root, 'cache'),
      environment: { PATH, HOME: join(root, 'home') },
      systemInterpreter,
    });

  async function realPython(): Promise<string> {
    const { stdout } = await run('python3', ['-c', 'import sys; print(sys.executable)']);
    return stdout.trim();
  }

  it('really runs the Python of a host that has only python3', async () => {
    const shim = (await prepare('', await realPython()))!;
    for (const command of ['python', 'python3']) {
      const { stdout } = await run(join(shim.directory, command), [
        '-c',
        'import sys; print(6 * 7, *sys.argv[1:])',
        'a b',
        "'",
      ]);
      expect(stdout).toBe("42 a b '\n");
    }
    expect(shim.visiblePaths).toEqual([shim.directory]);
  });

  it('asks a shim on the PATH for the interpreter behind it', async () => {
    const real = await realPython();
    await program("shims and 'quotes/python3", `echo a shim says things; exec ${real} "$@"`);
    const shim = (await prepare(join(root, "shims and 'quotes")))!;
    expect(shim.interpreter).toBe(real);
    expect(await readFile(join(shim.directory, 'python'), 'utf8')).not.toContain('shims');
  });

  it('keeps an environment of its own, also below a home directory, and shows it', async () => {
    const venv = join(root, 'home/envs/work');
    await run(await realPython(), ['-m', 'venv', '--without-pip', venv]);
    const shim = (await prepare(join(venv, 'bin')))!;
    const { stdout } = await run(join(shim.directory, 'python'), ['-c', 'import sys; print(sys.prefix)']);
    expect(stdout.trim()).toBe(venv);
    expect(shim.visiblePaths).toContain(venv);
    expect(shim.visiblePaths).not.toContain(join(root, 'home'));
  });

  it('works for an interpreter whose path needs quoting', async () => {
    const odd = await program("o'dd $(dir)/python3", 'echo odd');
    const shim = (await prepare('', odd))!;
    expect((await run(join(shim.directory, 'python'))).stdout).toBe('odd\n');
  });

  it('passes over what is no Python, and is missing where there is none', async () => {
    await program('fake/python3', 'echo "install python3 first" >&2; exit 127');
    expect(await prepare(join(root, 'fake'))).toBeNull();
    expect(await prepare('')).toBeNull();
    const shim = await prepare([join(root, 'fake'), dirname(await realPython())].join(delimiter));
    expect(shim?.interpreter).not.toContain('fake');
  });

  it('is left alone while it is right, since jobs may be starting it, and mended when it is not', async () => {
    const python = await realPython();
    const { directory } = (await prepare('', python))!;
    const path = join(directory, 'python');
    await utimes(path, new Date(1000), new Date(1000));
    await prepare('', python);
    expect((await stat(path)).mtimeMs).toBe(1000);
    await chmod(path, 0o644);
    await prepare('', python);
    expect((await run(path, ['-c', 'print(1)'])).stdout).toBe('1\n');
  });
});
