export interface MultipartFrame {
  contentType: string;
  /** Goes before the bytes of the file. */
  head: Uint8Array;
  /** Goes after them. */
  tail: Uint8Array;
}

/** What surrounds the bytes of one file in a multipart upload; its length is known before a byte is read. */
export function multipartFrame(name: string, typeId: number | undefined): MultipartFrame {
  const boundary = `----quarry-${crypto.randomUUID()}`;
  const encoder = new TextEncoder();
  const field =
    typeId === undefined
      ? ''
      : `--${boundary}\r\nContent-Disposition: form-data; name="typeId"\r\n\r\n${typeId}\r\n`;
  const disposition = `Content-Disposition: form-data; name="file"; ${fileName(name)}`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    head: encoder.encode(
      `${field}--${boundary}\r\n${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n`,
    ),
    tail: encoder.encode(`\r\n--${boundary}--\r\n`),
  };
}

/** Where others would take a part of the name for an escape or a directory, it is said exactly as well (RFC 6266, 4.3). */
function fileName(name: string): string {
  const plain = `filename="${escapeName(name)}"`;
  if (!/\\|%(22|0A|0D)/i.test(name)) {
    return plain;
  }
  const exact = encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
  return `${plain}; filename*=UTF-8''${exact}`;
}

/** As browsers write it: raw UTF-8 but for what would end the header. */
export function escapeName(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
