/**
 * The pictures of the README, of jobs that are computed for them: `npm run portal:shots -- --readme`. Both themes, as WebP.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { uploadFile } from '../../packages/server/test/platform-harness.ts';
import { jobWithStatus } from '../support/jobs.ts';
import { type Portal, startPortal } from '../support/portal.ts';

const THEMES = ['light', 'dark'] as const;
const WINDOW = { width: 1280, height: 960 };
const WEBP_QUALITY = 75;

/** Heat in a bent bar that is hot at one end and at a spot below, cell by cell until it is balanced; then as a grid for ParaView. */
const HEAT = `
BEGIN {
  nr = 13; nt = 61; nz = 17; print "sweep,change" > "residuals.csv"
  for (n = 1; n <= 160; n++) {
    change = 0
    for (t = 0; t < nt; t++) for (r = 0; r < nr; r++) for (z = 0; z < nz; z++) {
      old = T[r, t, z]
      if (t == 0) new = 90
      else if (t == nt - 1) new = 0
      else if (r == 0 && t > 38 && t < 47 && z > 4 && z < 12) new = 120
      else {
        rm = r > 0 ? r - 1 : r + 1; rp = r < nr - 1 ? r + 1 : r - 1
        zm = z > 0 ? z - 1 : z + 1; zp = z < nz - 1 ? z + 1 : z - 1
        new = (T[rm, t, z] + T[rp, t, z] + T[r, t - 1, z] + T[r, t + 1, z] + T[r, t, zm] + T[r, t, zp]) / 6.02
      }
      T[r, t, z] = new; d = new - old; change += d * d
    }
    print n "," sqrt(change) > "residuals.csv"
    print "sweep " n ", change " sqrt(change)
  }
  f = "temperature.vtk"
  print "# vtk DataFile Version 3.0\\nheat in a bent bar\\nASCII\\nDATASET STRUCTURED_GRID\\nDIMENSIONS " nr, nt, nz > f
  print "POINTS " nr * nt * nz " float" > f
  for (z = 0; z < nz; z++) for (t = 0; t < nt; t++) for (r = 0; r < nr; r++) {
    a = t * 0.052; d = 1 + 0.05 * r; print d * cos(a), d * sin(a), z * 0.05 > f
  }
  print "POINT_DATA " nr * nt * nz "\\nSCALARS temperature float 1\\nLOOKUP_TABLE default" > f
  for (z = 0; z < nz; z++) for (t = 0; t < nt; t++) for (r = 0; r < nr; r++) print T[r, t, z] + 0 > f
}`;

/** How far a ball flies through air, in steps of a millisecond. */
const THROW = `
BEGIN {
  g = 9.81; h = 0.001; a = angle * 3.14159265 / 180; vx = speed * cos(a); vy = speed * sin(a); y = 1.5
  while (y > 0) {
    v = sqrt(vx * vx + vy * vy); vx -= drag * v * vx * h; vy -= (g + drag * v * vy) * h
    x += vx * h; y += vy * h; t += h; if (y > top) top = y
  }
  printf "range\\t%.3f\\nheight\\t%.3f\\ntime\\t%.3f\\n", x, top, t > "flight.txt"
}`;

const VALUES = ['angle', 'speed', 'drag'].map((name) => `${name}=\${${name}}\n`).join('');

interface Shown {
  name: string;
  path: string;
  /** What is waited for besides. */
  isReady?: (page: Page) => Promise<void>;
}

/** Writes the pictures into a folder. */
export async function takeReadmePictures(folder: string, stillness: string): Promise<void> {
  await using portal = await startPortal();
  const { key, shown } = await computeJobs(portal);
  await mkdir(folder, { recursive: true });
  for (const colorScheme of THEMES) {
    await using opened = await portal.open('/jobs/', { key, colorScheme });
    const { page } = opened;
    await page.setViewportSize(WINDOW);
    for (const { name, path, isReady } of shown) {
      await page.goto(portal.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('[aria-busy="true"]:visible').first().waitFor({ state: 'detached' });
      await isReady?.(page);
      await page.evaluate(stillness);
      await writeFile(join(folder, `${name}-${colorScheme}.webp`), await webpOf(page));
    }
  }
}

/** Playwright itself writes PNG and JPEG alone. */
async function webpOf(page: Page): Promise<Buffer> {
  const devtools = await page.context().newCDPSession(page);
  const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: WEBP_QUALITY });
  await devtools.detach();
  return Buffer.from(data, 'base64');
}

async function computeJobs({ platform }: Portal): Promise<{ key: string; shown: Shown[] }> {
  const call = async (method: string, path: string, body?: unknown, key?: string) => {
    const answer = await platform.call(method, `/api/v2/${path}`, body, key);
    if (answer.status >= 300) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  };
  const user = { email: 'ann@lab.example', firstName: 'Ann', lastName: 'Lee' };
  const { id: userId, apiKey: key } = await call('POST', 'users/', user);
  const { id: projectId } = await call('POST', 'projects/', { name: 'Wings of 2026' });
  await call('POST', `projects/${projectId}/members/`, { userId });
  const start = async (name: string, command: string, { tile, ...more }: Record<string, object> = {}) => {
    const { id } = await call(
      'POST',
      'jobs/',
      {
        name,
        projectId,
        jobanalyses: [
          {
            analysis: { code: 'user_included', version: '0' },
            command,
            hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 2 },
            ...tile,
          },
        ],
        ...more,
      },
      key,
    );
    await call('POST', `jobs/${id}/submit/`, undefined, key);
    return id as string;
  };
  const ended = async (id: string) => {
    await jobWithStatus(platform, id, 'Completed', 240);
    return id;
  };

  const heat = await ended(await start('heat in a bent bar', `awk '${HEAT}'`));
  const { id: values } = await uploadFile(platform, 'throw.tmpl', VALUES, key);
  const sweep = await ended(
    await start(
      'throws through air',
      `. ./throw.sh; awk -v angle=$angle -v speed=$speed -v drag=$drag '${THROW}'`,
      {
        tile: {
          postProcessScriptCommand: 'cat flight.txt',
          templateTasks: [{ templateFile: { id: values }, processedFilename: 'throw.sh' }],
          hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 4, walltime: 1 },
        },
        jobvariables: [
          { name: 'angle', minvalue: 15, maxvalue: 75 },
          { name: 'speed', minvalue: 10, maxvalue: 40 },
          { name: 'drag', minvalue: 0, maxvalue: 0.03 },
        ].map(({ name, ...range }, displayOrder) => ({
          ...{ name, displayOrder, variableType: 'Param', valueGeneratorType: 'Sobol' },
          valueGeneratorSettings: { ...range, count: 128, seed: 7 },
        })),
      },
    ),
  );
  await ended(await start('bracket, coarse mesh', 'echo "reads the mesh"; exit 3'));
  for (const name of ['heat in a bent bar, fine', 'wing at 12 degrees', 'pipe flow', 'valve, half open']) {
    await jobWithStatus(platform, await start(name, 'sleep 600'), 'Executing', 60);
  }
  await start('wing at 14 degrees', 'sleep 600');

  return {
    key,
    shown: [
      { name: 'today', path: '/' },
      { name: 'sweep', path: `/jobs/${sweep}/sweep/?out=range&goal=maximize` },
      {
        name: 'mesh',
        path: `/jobs/${heat}/results/?path=temperature.vtk&array=temperature`,
        // The three-dimensional view comes with a worker and its first frame.
        isReady: (page) => page.locator('canvas').first().waitFor(),
      },
    ],
  };
}
