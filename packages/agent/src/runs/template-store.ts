import type { RunInput } from '@quarry/contract';
import { TEMPLATE_CACHE_BYTES } from '../limits.ts';
import type { Template } from '../templates/template.ts';
import type { StopSwitch } from './stop-switch.ts';

interface Kept {
  template: Promise<Template>;
  /** 0 while it is being read. */
  bytes: number;
  /** Of the run that fetches it. */
  stop: StopSwitch;
}

/** Templates that were read, by the digest of their files: all runs of a sweep use the same ones. */
export class TemplateStore {
  /** The one used last comes last. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** Reads the template that `fetch` gives, unless it is kept; rejects as `fetch` does or with a TemplateError. */
  async get(
    file: Pick<RunInput, 'sha512'>,
    { fetch, stop }: { fetch: () => Promise<Uint8Array>; stop: StopSwitch },
  ): Promise<Template> {
    const kept = this.#kept.get(file.sha512);
    if (kept === undefined) {
      return this.#read(file.sha512, { template: read(fetch), bytes: 0, stop });
    }
    this.#kept.delete(file.sha512);
    this.#kept.set(file.sha512, kept);
    try {
      return await kept.template;
    } catch (error) {
      // Another run began to fetch it and was stopped, which says nothing about this one.
      if (kept.stop.reason === null || stop.reason !== null) {
        throw error;
      }
      return this.get(file, { fetch, stop });
    }
  }

  async #read(digest: string, kept: Kept): Promise<Template> {
    this.#kept.set(digest, kept);
    try {
      const template = await kept.template;
      kept.bytes = template.sizeBytes;
      this.#bytes += template.sizeBytes;
      this.#shrink();
      return template;
    } catch (error) {
      this.#kept.delete(digest);
      throw error;
    }
  }

  #shrink(): void {
    for (const [digest, { bytes }] of this.#kept) {
      if (this.#bytes <= TEMPLATE_CACHE_BYTES) {
        return;
      }
      if (bytes > 0) {
        this.#kept.delete(digest);
        this.#bytes -= bytes;
      }
    }
  }
}

async function read(fetch: () => Promise<Uint8Array>): Promise<Template> {
  const { parseTemplate } = await import('../templates/template.ts');
  return parseTemplate(await fetch());
}
