import { syncJob } from '@quarry/sdk/node';
import { argument, defineCommand } from '../../command.ts';
import { refuseFile } from '../../errors.ts';
import { printDownloads, type SavedFile, toSavedFile } from '../../follow/download-outputs.ts';
import { renderStatus } from '../../follow/follow-job.ts';
import { type EndedJob, exitCodeOf, printEndedJob, toEndedJob } from '../../follow/outcome.ts';
import { PATTERNS_HELP, resumeOption, selectionOptions, streamsOption } from '../../transfers/options.ts';
import { showTransfer } from '../../transfers/transfer.ts';

/** What `--json` prints. */
interface Synced {
  ended: EndedJob;
  outputs: SavedFile[];
}

export default defineCommand({
  details:
    'Downloads outputs as soon as the platform has them, those of the runs of a sweep one after the other, and ends ' +
    'when the job has ended and everything is here; the exit code says how it ended. Files that are here with the same ' +
    'bytes are left, others are replaced, so that the same command goes on where it was cut off. Of a run that still ' +
    `runs nothing is fetched: see quarry runs files --live and quarry runs tail. ${PATTERNS_HELP}`,
  arguments: {
    job: argument('<job>', 'id of the job'),
    folder: argument('<folder>', 'where its outputs are kept, new or not'),
  },
  options: { ...selectionOptions, ...streamsOption, ...resumeOption },
  examples: [
    {
      command: 'quarry jobs sync abcDEF results',
      says: 'Until the job has ended, and all outputs are there',
    },
    {
      command: "quarry jobs sync abcDEF results --include '*.csv' --exclude 'log.*'",
      says: 'Only tables, but none that is a log',
    },
  ],
  async run({ job, folder, include, exclude, streams, resume }, { sdk, io, signal }): Promise<Synced> {
    await refuseFile(folder, 'jobs sync');
    const shown = { direction: 'down', label: `outputs of ${job}`, folder, events: true } as const;
    try {
      return await showTransfer(shown, io, async (transfer) => {
        let earlier = { files: 0, bytes: 0 };
        let here = { files: 0, bytes: 0 };
        const { files, ...result } = await syncJob(sdk, job, folder, {
          include,
          exclude,
          resume,
          signal,
          ...(streams !== undefined && { streams }),
          onEvent: transfer.take,
          onStatus: (status) => {
            const { statusDate: date, statusReason: reason } = status;
            io.event({ event: 'status', job, status: status.status, date, reason });
            io.note(renderStatus(status, io));
            transfer.say(`${status.status}: waiting for outputs`);
          },
          onListed: ({ files, bytes, isAll }) => {
            here = { files: earlier.files + files, bytes: earlier.bytes + bytes };
            transfer.expect(isAll ? here.files : null, isAll ? here.bytes : null);
            if (isAll) {
              earlier = here;
            }
          },
        });
        return { ended: toEndedJob(result), outputs: files.map(toSavedFile) };
      });
    } finally {
      if (signal.aborted) {
        io.advise(`The job goes on, and what is here stays. Go on with: quarry jobs sync ${job} ${folder}`);
      }
    }
  },
  present({ ended, outputs }, io) {
    printEndedJob(ended, io);
    printDownloads(outputs, io);
  },
  exitCode: ({ ended }) => exitCodeOf(ended.outcome),
});
