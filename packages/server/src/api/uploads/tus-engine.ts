import type { UploadPartRow, UploadRow } from '../../db/tables.ts';
import type { Call } from '../../http/route.ts';

/** A request on its way through the protocol. */
export interface Exchange {
  call: TusCall;
  bytes: AsyncIterable<Uint8Array>;
  /** Comes when the request must come to an end: its part is wanted by another one, or nothing arrives. */
  signal: AbortSignal;
  stop: (reason: unknown) => void;
  /** Of a final upload: the partial ones whose bytes it joins. */
  partials: { upload: UploadRow; part: UploadPartRow }[] | null;
  /** Of a creation: what it has made. */
  upload: UploadRow | null;
}

export type TusCall = Pick<Call, 'caller' | 'headers' | 'method' | 'stream' | 'baseUrl' | 'version'>;

/** What the protocol answers, to be completed by the endpoint. */
export interface TusAnswer {
  status: number;
  headers: Record<string, string>;
  /** Of a creation. */
  upload: UploadRow | null;
}

export interface TusEngine {
  /** Serves a request of the protocol for `id`, null for a creation. Refuses in the shapes of this API. */
  serve(
    call: TusCall,
    id: string | null,
    options?: { length?: number; partials?: Exchange['partials'] },
  ): Promise<TusAnswer>;
}
