/** What the platform did although something was amiss, such as an unknown field that it ignored. */
export interface PlatformWarning {
  message: string;
  method: string;
  path: string;
}

/** Texts of a `Warning` header (`299 host "text"`, several joined by commas) and of `warnings` in a body, each once. */
export function readWarnings(header: string | null, body: unknown): string[] {
  const found = new Set<string>();
  for (const match of (header ?? '').matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)) {
    found.add(match[1]!.replace(/\\(.)/g, '$1'));
  }
  const listed = body !== null && typeof body === 'object' && 'warnings' in body ? body.warnings : undefined;
  if (Array.isArray(listed)) {
    for (const warning of listed) {
      if (typeof warning === 'string') {
        found.add(warning);
      }
    }
  }
  return [...found];
}
