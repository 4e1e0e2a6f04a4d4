import { spawnSync } from 'node:child_process';
import { stripTypeScriptTypes } from 'node:module';
import type { JobDefinition } from '@quarry/sdk';
import { expect, test } from 'vitest';
import { copyAs } from '../src/components/job/copy-as.ts';

/** With everything that a shell, Python or a template could take for its own. */
const definition = {
  name: `it's "quoted" $(id) \`id\` \${HOME} \\n %s ä \u202e`,
  isLowPriority: false,
  projectId: null,
  jobvariables: [],
  jobanalyses: [
    {
      command: "cat <<'END_OF_JOB'\nEND_OF_JOB\ntrue && echo '''\"\"\"'\n",
      analysis: { code: 'user_included', version: '0' },
      hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
      envVars: {},
    },
  ],
} as unknown as JobDefinition;
const URL = 'https://hpc.example';

function run(program: string, args: string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout;
}

test('JSON is the definition', () => {
  expect(JSON.parse(copyAs('json', definition, URL))).toEqual(definition);
});

test.each(['curl', 'cli'] as const)('a shell hands the definition on as it is (%s)', (language) => {
  const script = `curl() { cat; }\nquarry() { cat; }\n${copyAs(language, definition, URL)}`;
  expect(JSON.parse(run('bash', ['-c', script]))).toEqual(definition);
});

test('Python has the same values', () => {
  const look = [
    'import ast, json, sys',
    'tree = ast.parse(sys.stdin.read())',
    "found = [each.value for each in tree.body if isinstance(each, ast.Assign) and each.targets[0].id == 'definition']",
    'print(json.dumps(ast.literal_eval(found[0])))',
  ].join('\n');
  expect(JSON.parse(run('python3', ['-c', look], copyAs('python', definition, URL)))).toEqual(definition);
});

test('no language has a key in it, and each that needs one says where it is taken from', () => {
  for (const language of ['curl', 'typescript', 'python'] as const) {
    expect(copyAs(language, definition, URL)).toContain('RESCALE_API_KEY');
  }
});

test('TypeScript gives the definition to the SDK', () => {
  const source = stripTypeScriptTypes(copyAs('typescript', definition, URL));
  const given = /jobs\.create\(([\s\S]*)\);\nawait platform\.jobs\.submit/.exec(source)?.[1];
  expect(JSON.parse(given ?? '')).toEqual(definition);
});
