import { json } from '@codemirror/lang-json';
import { EditorState } from '@codemirror/state';
import { expect, test } from 'vitest';
import openapi from '../../../../../docs/openapi.json' with { type: 'json' };
import { rangeOf, spotAt, stepsOf } from './paths-in-json.ts';
import { namesAt, type Schemas, valuesAt } from './schema.ts';

const schemas = openapi.components.schemas as unknown as Schemas;
/** A state whose cursor is at the sign `|`. */
function stateOf(text: string) {
  const at = text.indexOf('|');
  const doc = text.replace('|', '');
  return { state: EditorState.create({ doc, extensions: [json()] }), at };
}
const spotOf = (text: string) => {
  const { state, at } = stateOf(text);
  return spotAt(state, at);
};

test('what a refusal is about is found in the text, or the closest around it', () => {
  const text = '{"name": "x", "jobanalyses": [{"command": "run", "hardware": {"slots": 0}}]}';
  const { state } = stateOf(`${text}|`);
  const textAt = (path: string) => {
    const { from, to } = rangeOf(state, stepsOf(path));
    return text.slice(from, to);
  };
  expect(textAt('jobanalyses[0].hardware.slots')).toBe('"slots"');
  expect(textAt('jobanalyses[0].hardware.walltime')).toBe('"hardware"');
  expect(textAt('jobanalyses[3].command')).toBe('"jobanalyses"');
  expect(textAt('name')).toBe('"name"');
  expect(textAt('')).toBe('{');
  expect(rangeOf(stateOf('|').state, ['a'])).toEqual({ from: 0, to: 0 });
});

test('names and values are told apart by where the cursor is', () => {
  expect(spotOf('{|}')).toMatchObject({ kind: 'name', path: [] });
  expect(spotOf('{"name": "x", "na|"}')).toMatchObject({ kind: 'name', path: [], taken: ['name'] });
  expect(spotOf('{"isLowPriority": |}')).toMatchObject({ kind: 'value', path: ['isLowPriority'] });
  expect(spotOf('{"jobanalyses": [{"hardware": {"t|": 1}}]}')).toMatchObject({
    kind: 'name',
    path: ['jobanalyses', 0, 'hardware'],
  });
  expect(spotOf('{"jobanalyses": [{}, {"command": "x", |}]}')).toMatchObject({
    kind: 'name',
    path: ['jobanalyses', 1],
    taken: ['command'],
  });
  expect(spotOf('{"jobvariables": [{"variableType": "P|"}]}')).toMatchObject({
    kind: 'value',
    path: ['jobvariables', 0, 'variableType'],
  });
});

test('names and values come from the description of the API', () => {
  const top = namesAt(schemas, 'JobDefinition', [], ['name']).map(({ name }) => name);
  expect(top).toContain('jobanalyses');
  expect(top).not.toContain('name');
  const hardware = namesAt(schemas, 'JobDefinition', ['jobanalyses', 0, 'hardware'], []);
  expect(hardware.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['coreType', 'coresPerSlot', 'slots', 'walltime']),
  );
  expect(hardware.every(({ description }) => description !== '')).toBe(true);
  expect(valuesAt(schemas, 'JobDefinition', ['jobvariables', 0, 'variableType'])).toContain('"Param"');
  expect(valuesAt(schemas, 'JobDefinition', ['isLowPriority'])).toEqual(
    expect.arrayContaining(['true', 'false']),
  );
  expect(namesAt(schemas, 'JobDefinition', ['nothing', 'there'], [])).toEqual([]);
});
