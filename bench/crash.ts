/** What a server loses that is killed again and again under load: nothing, or this benchmark fails. */
import { crashUnderLoad } from '../e2e/support/crash-load.ts';
import type { Benchmark, Figure } from './lib/benchmark.ts';
import { summarize } from './lib/samples.ts';

const KILLS = 10;
const FULL_KILLS = 200;

export const crash: Benchmark = {
  name: 'crash',
  summary:
    'SIGKILL of the server while jobs are submitted and run and files are uploaded; 200 times with --full',

  async run({ full, tiny, note }) {
    const kills = tiny ? 1 : full ? FULL_KILLS : KILLS;
    const crashes = await crashUnderLoad(kills, (kill) => {
      if (kill % 10 === 0) {
        note(`kill ${kill} of ${kills}`);
      }
    });
    const { acknowledgedJobs, acknowledgedFiles, lost, executedTwice, findings, restartsMs } = crashes;
    if (acknowledgedJobs + acknowledgedFiles === 0 && !tiny) {
      throw new Error('Nothing was acknowledged.');
    }
    const count = (what: string, unit: string, value: number) => ({ what, unit, ...summarize([value]) });
    const none = (what: string, value: number): Figure => ({
      ...{ what, value, unit: 'things', first: 0, final: 0, better: 'lower' },
    });
    return {
      rows: [
        count('kills', 'kills', kills),
        count('jobs acknowledged', 'jobs', acknowledgedJobs),
        count('files acknowledged', 'files', acknowledgedFiles),
        { what: 'start after a kill', unit: 'ms', ...summarize(restartsMs) },
      ],
      figures: [
        none(`acknowledged things lost in ${kills} kills`, lost.length),
        none(`runs executed twice in ${kills} kills`, executedTwice.length),
        none('findings of the doctor afterwards', findings.length),
      ],
      remarks: [...lost, ...executedTwice.map((token) => `run ${token} was executed twice`), ...findings],
    };
  },
};
