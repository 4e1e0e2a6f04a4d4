/// <reference lib="webworker" />
/** Reads a file and answers what is asked about it, beside the page, which stays usable meanwhile. */
import { mesh as words } from '../../words/en/mesh.ts';
import type { ArraySource, Mesh } from './mesh.ts';
import { MeshError } from './mesh-error.ts';
import type { Answers, ArrayInfo, Association, FromWorker, Question, ToWorker } from './messages.ts';
import type { Numbers } from './numbers.ts';
import { readMesh } from './read/read-mesh.ts';
import { gather, type Surface, surfaceOf } from './surface.ts';
import { componentOf, rangeOf } from './value-range.ts';

/** Of unpacked arrays that are kept for the next question. */
const MAX_KEPT_BYTES = 256 * 1024 * 1024;

let shown: { mesh: Mesh; surface: Surface } | null = null;
const kept = new Map<string, Promise<Numbers>>();
let keptBytes = 0;
const opening = new Map<number, { resolve: (bytes: Uint8Array) => void; reject: (error: Error) => void }>();
let opened = 0;

const send = (message: FromWorker, transfer: Transferable[] = []) => postMessage(message, { transfer });

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'file') {
    const waiting = opening.get(data.id);
    opening.delete(data.id);
    if (data.bytes) {
      waiting?.resolve(data.bytes);
    } else {
      waiting?.reject(new MeshError(data.problem));
    }
    return;
  }
  const { id } = data;
  answer(data.question).then(
    (found) => send({ kind: 'answer', id, answer: found }, transferable(found)),
    (error: Error) => send({ kind: 'refusal', id, message: messageOf(error) }),
  );
});

/** What the processor refuses, such as memory for a count that is a lie, is no sentence of ours. */
function messageOf(error: Error): string {
  return error instanceof MeshError ? error.message : words.problems.unreadable(error.message);
}

function transferable(answer: Answers[keyof Answers]): Transferable[] {
  return 'values' in answer && answer.values instanceof Float64Array ? [answer.values.buffer] : [];
}

async function answer(question: Question): Promise<Answers[keyof Answers]> {
  switch (question.kind) {
    case 'read':
      return await read(question.path, question.bytes);
    case 'values': {
      const { association, name, component } = question;
      const { mesh, surface } = needMesh();
      const array = arraysOf(mesh, association).find((each) => each.name === name);
      if (!array) {
        throw new MeshError(words.problems.missing(`“${name}”`));
      }
      const values = componentOf(await load(association, array), array.components, component);
      const ids = association === 'point' ? surface.pointIds : surface.cellIds;
      return { values: gather(values, 1, ids), range: rangeOf(values) };
    }
    case 'ranges': {
      const ranges: Answers['ranges'][number][] = [];
      for (const { association, array } of all(needMesh().mesh)) {
        const values = componentOf(await load(association, array), array.components, -1);
        ranges.push({ ...infoOf(association, array), range: rangeOf(values) });
      }
      return ranges;
    }
    case 'probe': {
      const values: Answers['probe'][number][] = [];
      for (const { association, array } of all(needMesh().mesh)) {
        const id = association === 'point' ? question.pointId : question.cellId;
        const all = await load(association, array);
        const own = all.subarray(id * array.components, (id + 1) * array.components);
        values.push({ ...infoOf(association, array), values: [...own] });
      }
      return values;
    }
  }
}

async function read(path: string, bytes: Uint8Array): Promise<Answers['read']> {
  const file = await readMesh(path, bytes, openFile);
  if (file.kind === 'series') {
    return file;
  }
  const { mesh } = file;
  const surface = surfaceOf(mesh);
  shown = { mesh, surface };
  return {
    kind: 'mesh',
    surface,
    pointCount: mesh.pointCount,
    cellCount: mesh.cellCount,
    arrays: all(mesh).map(({ association, array }) => infoOf(association, array)),
    omittedCells: mesh.skin.omitted.values().reduce((sum, count) => sum + count, 0),
  };
}

function needMesh() {
  if (!shown) {
    throw new MeshError(words.problems.nothing);
  }
  return shown;
}

function all(mesh: Mesh): { association: Association; array: ArraySource }[] {
  return (['point', 'cell'] as const).flatMap((association) =>
    arraysOf(mesh, association).map((array) => ({ association, array })),
  );
}

function arraysOf(mesh: Mesh, association: Association): readonly ArraySource[] {
  return association === 'point' ? mesh.pointArrays : mesh.cellArrays;
}

function infoOf(association: Association, { name, components, unit }: ArraySource): ArrayInfo {
  return { association, name, components, unit };
}

function load(association: Association, array: ArraySource): Promise<Numbers> {
  const key = `${association} ${array.name}`;
  const known = kept.get(key);
  if (known) {
    return known;
  }
  const loading = array.load();
  kept.set(key, loading);
  loading.then(
    ({ byteLength }) => {
      keptBytes += byteLength;
      if (keptBytes > MAX_KEPT_BYTES) {
        kept.clear();
        keptBytes = 0;
      }
    },
    () => kept.delete(key),
  );
  return loading;
}

function openFile(path: string): Promise<Uint8Array> {
  const id = opened++;
  return new Promise((resolve, reject) => {
    opening.set(id, { resolve, reject });
    send({ kind: 'open', id, path });
  });
}
