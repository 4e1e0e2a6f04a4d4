import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { fileSource, viewLink } from '../api/byte-sources.ts';
import { downloadFile } from '../api/download.ts';
import { fileQuery } from '../api/queries.ts';
import { FilePreview } from '../components/files/file-preview.tsx';
import { isMissing, MissingPage } from '../components/missing-page.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Name } from '../ui/name.tsx';
import { Page } from '../ui/page.tsx';
import { Moment } from '../ui/time.tsx';
import { formatBytes } from '../words/numbers.ts';
import { words } from '../words/words.ts';

/** One file and what it holds. */
export function FilePage() {
  const { fileId } = useParams({ strict: false }) as { fileId: string };
  const query = useQuery(fileQuery(fileId));
  const source = useMemo(() => fileSource(fileId), [fileId]);
  const { data } = query;
  const sha512 = data?.fileChecksums.find(({ hashFunction }) => hashFunction === 'sha512')?.fileHash;
  if (isMissing(query)) {
    return <MissingPage />;
  }
  return (
    <Page
      title={<Name>{data?.name ?? fileId}</Name>}
      documentTitle={data?.name ?? fileId}
      lead={
        data && (
          <>
            {formatBytes(data.decryptedSize)} · <Moment date={data.dateUploaded} /> ·{' '}
            <Name>{data.owner}</Name>
            {sha512 !== undefined && (
              <>
                {' '}
                · SHA-512 <span className="mono">{sha512.slice(0, 16)}…</span>
              </>
            )}
          </>
        )
      }
    >
      <Loaded query={query}>
        {(file) => (
          <FilePreview
            source={source}
            name={file.name}
            viewLink={(options) => viewLink(file.id, options)}
            onDownload={() => void downloadFile(file.id)}
          />
        )}
      </Loaded>
      {data && data.path !== data.name && <p className="muted">{words.files.path(data.path)}</p>}
    </Page>
  );
}
