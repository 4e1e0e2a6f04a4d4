import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { definition, reach, readOutput, submitJob, until } from '../packages/server/test/platform-harness.ts';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';

const isSkipped = !process.env.CI && !['/usr/bin/icoFoam', '/usr/bin/ccx'].every((path) => existsSync(path));
if (isSkipped) {
  console.warn('Tests with solvers are skipped: Debian has them as openfoam and calculix-ccx.');
}

/** The flow in a box whose lid moves, on ten by ten cells, for two steps (the first tutorial of OpenFOAM, much smaller). */
const CAVITY: Record<string, string> = {
  'system/controlDict':
    'application icoFoam; startFrom startTime; startTime 0; stopAt endTime; endTime 0.01; deltaT 0.005; writeControl timeStep; writeInterval 2;',
  'system/fvSchemes':
    'ddtSchemes { default Euler; } gradSchemes { default Gauss linear; } divSchemes { default Gauss linear; } laplacianSchemes { default Gauss linear orthogonal; } interpolationSchemes { default linear; } snGradSchemes { default orthogonal; }',
  'system/fvSolution':
    'solvers { p { solver PCG; preconditioner DIC; tolerance 1e-06; relTol 0.05; } pFinal { $p; relTol 0; } U { solver smoothSolver; smoother symGaussSeidel; tolerance 1e-05; relTol 0; } } PISO { nCorrectors 2; nNonOrthogonalCorrectors 0; pRefCell 0; pRefValue 0; }',
  'system/decomposeParDict': 'numberOfSubdomains 2; method simple; simpleCoeffs { n (2 1 1); delta 0.001; }',
  'system/blockMeshDict':
    'scale 0.1; vertices ((0 0 0) (1 0 0) (1 1 0) (0 1 0) (0 0 0.1) (1 0 0.1) (1 1 0.1) (0 1 0.1)); blocks (hex (0 1 2 3 4 5 6 7) (10 10 1) simpleGrading (1 1 1)); edges (); boundary ( lid { type wall; faces ((3 7 6 2)); } walls { type wall; faces ((0 4 7 3) (2 6 5 1) (1 5 4 0)); } frontAndBack { type empty; faces ((0 3 2 1) (4 5 6 7)); } ); mergePatchPairs ();',
  'constant/transportProperties': 'nu 0.01;',
  '0/U':
    'dimensions [0 1 -1 0 0 0 0]; internalField uniform (0 0 0); boundaryField { lid { type fixedValue; value uniform (1 0 0); } walls { type noSlip; } frontAndBack { type empty; } }',
  '0/p':
    'dimensions [0 2 -2 0 0 0 0]; internalField uniform 0; boundaryField { lid { type zeroGradient; } walls { type zeroGradient; } frontAndBack { type empty; } }',
};

function writing(files: Record<string, string>): string {
  const classes: Record<string, string> = { '0/U': 'volVectorField', '0/p': 'volScalarField' };
  return Object.entries(files)
    .map(([path, text]) => {
      const [folder, name] = path.split('/') as [string, string];
      const head = `FoamFile { version 2.0; format ascii; class ${classes[path] ?? 'dictionary'}; object ${name}; }`;
      return `mkdir -p ${folder}; printf '%s\\n' '${head}' '${text}' > ${path}`;
    })
    .join('\n');
}

describe.skipIf(isSkipped)('software that was found on the host', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform({ cores: 2 });
  });
  afterAll(async () => {
    await platform?.[Symbol.asyncDispose]();
  });

  const found = (code: string) =>
    until(async () => {
      const { status, body } = await platform.call('GET', `/api/v2/analyses/${code}/`);
      return status === 200 && body;
    }, `the scan to find ${code}`);

  const submit = (code: string, command: string) =>
    submitJob(
      platform,
      definition(
        command,
        {},
        { analysis: { code }, hardware: { coreType: 'granite', coresPerSlot: 2, slots: 1, walltime: 1 } },
      ),
    );

  test('brings what it needs: OpenFOAM computes a flow on two cores with Open MPI', async () => {
    const { versions } = await found('openfoam');
    expect(versions[0].versionCode).toMatch(/^v?\d/);
    const id = await submit(
      'openfoam',
      `set -e\n${writing(CAVITY)}\nblockMesh\ndecomposePar\nmpirun -np 2 icoFoam -parallel | tee flow.log`,
    );
    await reach(platform, id, 'Completed');
    expect(await readOutput(platform, id, 'flow.log')).toMatch(
      /nProcs\s*: 2[\s\S]*Time = 0\.01[\s\S]*\nEnd\n/,
    );
  });

  test('CalculiX computes a bar that is pulled', async () => {
    await found('calculix');
    const input = `*NODE,NSET=ALL
1,0,0,0
2,1,0,0
3,1,1,0
4,0,1,0
5,0,0,1
6,1,0,1
7,1,1,1
8,0,1,1
*ELEMENT,TYPE=C3D8,ELSET=BAR
1,1,2,3,4,5,6,7,8
*MATERIAL,NAME=STEEL
*ELASTIC
210000,0
*SOLID SECTION,ELSET=BAR,MATERIAL=STEEL
*BOUNDARY
1,1,3
4,1,3
5,1,3
8,1,3
*STEP
*STATIC
*CLOAD
2,1,25
3,1,25
6,1,25
7,1,25
*NODE PRINT,NSET=ALL
U
*END STEP`;
    const id = await submit('calculix', `cat > bar.inp <<'END'\n${input}\nEND\nccx bar`);
    await reach(platform, id, 'Completed');
    // 100 N on 1 mm² and 1 mm long.
    expect(await readOutput(platform, id, 'bar.dat')).toMatch(/^\s*7\s+4\.76190\dE-04/m);
  });
});
