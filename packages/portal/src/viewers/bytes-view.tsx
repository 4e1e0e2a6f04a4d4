import { Loaded } from '../ui/loaded.tsx';
import { formatBytes } from '../words/numbers.ts';
import { words } from '../words/words.ts';
import type { ByteSource } from './byte-source.ts';
import { useBytes } from './use-bytes.ts';

const SHOWN_BYTES = 4096;
const PER_ROW = 16;

/** The beginning of a file that is no text, byte by byte. */
export function BytesView({ source }: { source: ByteSource }) {
  const query = useBytes(source, SHOWN_BYTES);
  return (
    <Loaded query={query}>
      {({ bytes, size }) => (
        <>
          {bytes.length < size && (
            <p className="muted">
              {words.files.preview.firstPart(formatBytes(bytes.length), formatBytes(size))}
            </p>
          )}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
          <pre tabIndex={0}>{dump(bytes)}</pre>
        </>
      )}
    </Loaded>
  );
}

function dump(bytes: Uint8Array): string {
  const rows: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += PER_ROW) {
    const row = [...bytes.subarray(offset, offset + PER_ROW)];
    const digits = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const signs = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    rows.push(`${offset.toString(16).padStart(8, '0')}  ${digits.padEnd(PER_ROW * 3)} ${signs}`);
  }
  return rows.join('\n');
}
