import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const DOCTOR = fileURLToPath(new URL('../../packages/server/src/doctor.ts', import.meta.url));

interface Check {
  name: string;
  status: string;
  message: string;
}

/** What the doctor finds wrong in a data directory, every byte read again; the sandbox of the host is not its matter here. */
export function findings(data: string): Promise<Check[]> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [DOCTOR, '--data', data, '--read-data'], (_error, stdout, stderr) => {
      try {
        const { checks } = JSON.parse(stdout) as { checks: Check[] };
        resolve(checks.filter(({ name, status }) => status !== 'ok' && !['sandbox', 'space'].includes(name)));
      } catch {
        reject(new Error(`The doctor failed: ${stderr}`));
      }
    });
  });
}
