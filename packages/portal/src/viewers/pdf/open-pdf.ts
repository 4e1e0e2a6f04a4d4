import {
  GlobalWorkerOptions,
  getDocument,
  PDFDataRangeTransport,
  type PDFDocumentLoadingTask,
} from 'pdfjs-dist';
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url';
import type { ByteSource } from '../byte-source.ts';

GlobalWorkerOptions.workerSrc = workerUrl;

const FIRST_BYTES = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;

/** Opens a PDF of which only the parts are read that the pages in sight need. Nothing in it runs. */
export async function openPdf(
  source: ByteSource,
  { signal, onFailed }: { signal: AbortSignal; onFailed: (error: unknown) => void },
): Promise<PDFDocumentLoadingTask> {
  const { bytes, size } = await source.read(0, FIRST_BYTES, signal);
  const range = new SourceTransport(
    size,
    bytes,
    (begin, end) => source.read(begin, end, signal),
    (error) => {
      if (!signal.aborted) {
        onFailed(error);
      }
    },
  );
  return getDocument({
    range,
    rangeChunkSize: CHUNK_BYTES,
    disableAutoFetch: true,
    disableStream: true,
    // The policy of the page allows no WebAssembly, so pictures in JPEG 2000 and JBIG2 are left out.
    useWasm: false,
    useWorkerFetch: false,
    enableXfa: false,
    stopAtErrors: false,
    verbosity: 0,
  });
}

class SourceTransport extends PDFDataRangeTransport {
  readonly #read: (begin: number, end: number) => Promise<{ bytes: Uint8Array }>;
  readonly #onFailed: (error: unknown) => void;

  constructor(
    size: number,
    first: Uint8Array,
    read: (begin: number, end: number) => Promise<{ bytes: Uint8Array }>,
    onFailed: (error: unknown) => void,
  ) {
    super(size, new Uint8Array(first));
    this.#read = read;
    this.#onFailed = onFailed;
  }

  override requestDataRange(begin: number, end: number): void {
    // A copy: the library hands it on to its worker.
    this.#read(begin, end).then(
      ({ bytes }) => this.onDataRange(begin, new Uint8Array(bytes)),
      this.#onFailed,
    );
  }
}
