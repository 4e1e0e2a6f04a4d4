import type { Job } from '@quarry/sdk';
import type { Clock } from '../clock.ts';
import { formatDuration } from '../output/human.ts';

/** Time constant of the moving average: the rate follows a change within some ten seconds. */
const RATE_WINDOW_SECONDS = 10;
/** Where nothing can be redrawn, a line this often. */
const NEWS_MILLISECONDS = 15_000;

/** How far a job of many runs has come, in one line. */
export class RunProgress {
  readonly #clock: Clock;
  #average = 0;
  /** How much of the window has been seen: without it, the rate would begin far too low. */
  #seen = 0;
  #measuredAt: number | undefined;
  #measuredEnded = 0;
  #toldAt: number;
  #toldEnded = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#toldAt = clock.now();
  }

  /** The line, and whether it is worth one of its own; undefined for a job of a single run. */
  next({ progress, optimizer }: Job): { text: string; isNews: boolean } | undefined {
    if (!progress || (progress.runs <= 1 && !optimizer)) {
      return undefined;
    }
    const { runs, ended, failed } = progress;
    const now = this.#clock.now();
    this.#measure(ended, now);
    const isNews = ended !== this.#toldEnded && now - this.#toldAt >= NEWS_MILLISECONDS;
    if (isNews) {
      this.#toldAt = now;
      this.#toldEnded = ended;
    }
    const rate = this.#seen > 0 ? this.#average / this.#seen : 0;
    // An optimizer plans while it goes, so nobody knows how many runs are left.
    const parts = [optimizer ? `${group(ended)} runs` : `${group(ended)} of ${group(runs)} runs`];
    if (failed > 0) {
      parts.push(`${group(failed)} failed`);
    }
    if (rate > 0 && ended < runs) {
      parts.push(formatRate(rate));
      if (!optimizer) {
        parts.push(`${formatDuration((runs - ended) / rate)} left`);
      }
    }
    return { text: parts.join(', '), isNews };
  }

  #measure(ended: number, now: number): void {
    if (this.#measuredAt === undefined) {
      this.#measuredAt = now;
      this.#measuredEnded = ended;
      return;
    }
    const seconds = (now - this.#measuredAt) / 1000;
    if (seconds <= 0) {
      return;
    }
    const current = Math.max(0, ended - this.#measuredEnded) / seconds;
    const weight = 1 - Math.exp(-seconds / RATE_WINDOW_SECONDS);
    this.#average += weight * (current - this.#average);
    this.#seen += weight * (1 - this.#seen);
    this.#measuredAt = now;
    this.#measuredEnded = ended;
  }
}

function group(number: number): string {
  return number.toLocaleString('en');
}

function formatRate(perSecond: number): string {
  if (perSecond >= 9.95) {
    return `${Math.round(perSecond)}/s`;
  }
  return perSecond >= 0.5 ? `${perSecond.toFixed(1)}/s` : `${(perSecond * 60).toFixed(1)}/min`;
}
