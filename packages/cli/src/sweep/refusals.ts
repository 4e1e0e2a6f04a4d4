import { ApiError } from '@quarry/sdk';
import type { SweepDraft, SweepOptions } from './draft.ts';

/** Parts of a place that only say how definitions are built. */
const STRUCTURE = new Set(['', 'valueGeneratorSettings', 'templateFile', 'id']);

/**
 * The platform names what it refuses by its place in the definition; here each place came from an option, and the
 * message says which. Anything else stays as it is.
 */
export function inWordsOfOptions(error: unknown, { templates }: SweepDraft, options: SweepOptions): unknown {
  if (!(error instanceof ApiError) || error.fieldErrors.length === 0) {
    return error;
  }
  const places: [place: RegExp, option: (match: RegExpExecArray) => string | undefined][] = [
    [/^jobvariables\[(\d+)\]/, ([, index]) => `--param ${options.param[Number(index)]?.split(/[=~]/)[0]}`],
    [/^jobanalyses\[0\]\.templateTasks\[(\d+)\]/, ([, index]) => `--template ${templates[Number(index)]}`],
    [/^jobanalyses\[0\]\.preProcessScript/, () => '--pre'],
    [/^jobanalyses\[0\]\.postProcessScript/, () => '--post'],
    [/^paramFile/, () => options.params && `--params ${options.params}`],
    [/^caseFile/, () => options.cases && `--cases ${options.cases}`],
    [/^monteCarloIterations/, () => options.sample && `--sample ${options.sample}`],
    [/^includeNominalRun/, () => '--nominal'],
    [/^optimizer\.constraints/, () => '--constraint'],
    [/^optimizer\.objective/, () => (options.minimize === undefined ? '--maximize' : '--minimize')],
    [/^retryPolicy/, () => '--retries, --retry-on, --if-agent-lost and --max-failed'],
  ];
  const lines = error.fieldErrors.map(({ path, message }) => {
    for (const [place, option] of places) {
      const match = place.exec(path);
      const words = match && option(match);
      if (!words) {
        continue;
      }
      const rest = path
        .slice(match[0].length)
        .split('.')
        .filter((part) => !STRUCTURE.has(part));
      return `${words}${rest.length > 0 ? ` (${rest.join('.')})` : ''}: ${message}`;
    }
    return path === '' ? message : `${path}: ${message}`;
  });
  // Programs find the fields themselves in the error, under the platform's own names.
  error.message = lines.join('\n');
  return error;
}
