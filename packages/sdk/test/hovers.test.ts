import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import descriptions from '../../contract/src/descriptions.json' with { type: 'json' };

/** What a user of the SDK writes; `‸` stands where the mouse rests. */
const PROGRAM = `
import { Quarry, type Job, type JobDefinition } from '../src/index.ts';

declare const client: Quarry;
declare const job: Job;
const definition: JobDefinition = {
  ‸name: 'pi',
  jobanalyses: [
    { analysis: { ‸code: 'user_included' }, command: 'true', hardware: { coreType: 'quartz', ‸coresPerSlot: 1, ‸slots: 2 } },
  ],
  retryPolicy: { ‸agentLost: 'resume' },
};
job.‸outcome;
job.progress!.‸failed;
job.jobanalyses[0]!.inputFiles[0]!.‸decompress;
job.usage!.‸peakMemoryBytes;
client.jobs.list({ ‸state: 'completed' });
for await (const run of client.jobs.runs(job.id)) run.keptDirectory!.‸sizeBytes;
`;

const EXPECTED = [
  'JobDefinition.name',
  'AnalysisReference.code',
  'HardwareDefinition.coresPerSlot',
  'HardwareDefinition.slots',
  'RetryPolicyDefinition.agentLost',
  'Job.outcome',
  'JobProgress.failed',
  'InputFile.decompress',
  'RunUsage.peakMemoryBytes',
  'listJobs.query.state',
  'Run.keptDirectory.sizeBytes',
] as const;

test('editors show the sentence of a field of the contract where it is used', { timeout: 60_000 }, () => {
  const [first, ...rest] = PROGRAM.split('‸');
  const text = PROGRAM.replaceAll('‸', '');
  let end = first!.length;
  const positions = [end, ...rest.slice(0, -1).map((part) => (end += part.length))];
  const hovers = quickInfo(text, positions);
  expect(hovers).toEqual(EXPECTED.map((name) => descriptions[name]));
});

/** The comments that a language server shows at positions of a program. */
function quickInfo(text: string, positions: number[]): string[] {
  const file = fileURLToPath(new URL('hovers.example.ts', import.meta.url));
  const configFile = fileURLToPath(new URL('../tsconfig.browser.json', import.meta.url));
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(configFile, ts.sys.readFile).config,
    ts.sys,
    fileURLToPath(new URL('..', import.meta.url)),
  );
  const read = (path: string) => (path === file ? text : readFileSync(path, 'utf8'));
  const service = ts.createLanguageService({
    getCompilationSettings: () => ({ ...options, composite: false, noEmit: true }),
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) =>
      path === file || ts.sys.fileExists(path) ? ts.ScriptSnapshot.fromString(read(path)) : undefined,
    getCurrentDirectory: () => fileURLToPath(new URL('..', import.meta.url)),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (path) => path === file || ts.sys.fileExists(path),
    readFile: (path) => read(path),
    directoryExists: ts.sys.directoryExists,
    realpath: ts.sys.realpath!,
  });
  return positions.map((position) => {
    const { documentation } = service.getQuickInfoAtPosition(file, position) ?? {};
    return ts.displayPartsToString(documentation).replaceAll(/\s+/g, ' ');
  });
}
