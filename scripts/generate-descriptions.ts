/**
 * The sentences of the contract's fields as data. They are written once, as comments of the fields, where editors show
 * them to whoever uses the types; here the compiler is asked what it shows, field by field of the OpenAPI document.
 */
import { fileURLToPath } from 'node:url';
import * as contract from '@quarry/contract';
import {
  collectSchemas,
  type Descriptions,
  ENDPOINT_PARTS,
  type EndpointDefinition,
  type EndpointPart,
  endpointsByName,
  fieldsIn,
  type JsonSchema,
  type Place,
  referencesIn,
  type Step,
} from '@quarry/contract';
import ts from 'typescript';
import { z } from 'zod';

const INDEX = fileURLToPath(new URL('../packages/contract/src/index.ts', import.meta.url));

/** `packages/contract/src/descriptions.json`: a sentence under the name of each field, parameter and schema. */
export function fieldDescriptions(): Descriptions {
  const sentences = new Map([...sentencesOfSchemas(), ...sentencesOfFields()]);
  const sorted = [...sentences].sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(sorted);
}

const program = ts.createProgram([INDEX], {
  target: ts.ScriptTarget.ES2024,
  lib: ['lib.es2024.d.ts'],
  module: ts.ModuleKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: false,
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  noEmit: true,
  types: [],
});
const checker = program.getTypeChecker();
const index = checker.getSymbolAtLocation(program.getSourceFile(INDEX)!)!;
const exported = new Map(checker.getExportsOfModule(index).map((symbol) => [symbol.name, symbol]));

/** Schemas with a name have the comment of their constant. */
function* sentencesOfSchemas(): Iterable<[name: string, sentence: string]> {
  for (const [name, value] of Object.entries(contract)) {
    const id = value instanceof z.ZodType ? value.meta()?.id : undefined;
    const sentence = sentenceOf(exported.get(name)!);
    if (id !== undefined && sentence !== '') {
      yield [id, sentence];
    }
  }
}

function* sentencesOfFields(): Iterable<[name: string, sentence: string]> {
  const schemas = collectSchemas();
  const seen = new Set<string>();
  const todo: { name: string; schema: JsonSchema; type: ts.Type }[] = [];
  for (const [name, definition] of Object.entries<EndpointDefinition>(endpointsByName)) {
    for (const [part, io] of Object.entries(ENDPOINT_PARTS) as [EndpointPart, 'input' | 'output'][]) {
      const schema = definition[part];
      if (schema === undefined) {
        continue;
      }
      const partName = `${name}.${part}`;
      todo.push({
        name: partName,
        schema: schemas.convert(schema, io, partName),
        type: typeOfPart(name, part, io),
      });
    }
  }
  for (const { name, schema, type } of todo) {
    for (const field of fieldsIn(schema, name)) {
      const symbol = symbolAt(type, field);
      const sentence = symbol === undefined ? '' : sentenceOf(symbol);
      if (sentence !== '') {
        yield [field.name, sentence];
      }
    }
    for (const reference of referencesIn(schema, name)) {
      const referred = String(reference.schema.$ref).split('/').at(-1)!;
      if (seen.has(referred)) {
        continue;
      }
      seen.add(referred);
      const referredType = reference.steps.reduce(stepInto, type as ts.Type | undefined);
      if (referredType === undefined) {
        throw new Error(`The types have no ${reference.name}.`);
      }
      todo.push({ name: referred, schema: schemas.components[referred]!, type: referredType });
    }
  }
}

/** What clients send or get, as their types say it. */
function typeOfPart(endpoint: string, part: EndpointPart, io: 'input' | 'output'): ts.Type {
  const path = [endpoint, part, '_zod', io];
  const start = checker.getTypeOfSymbol(exported.get('endpointsByName')!);
  return path.reduce((type, property) => {
    const symbol = checker.getPropertyOfType(type, property);
    if (symbol === undefined) {
      throw new Error(`The types have no ${path.join('.')}.`);
    }
    return checker.getTypeOfSymbol(symbol);
  }, start);
}

function symbolAt(type: ts.Type, { steps }: Place): ts.Symbol | undefined {
  const owner = steps.slice(0, -1).reduce(stepInto, type as ts.Type | undefined);
  const last = steps.at(-1) as { property: string };
  return owner === undefined ? undefined : propertyOf(owner, last.property);
}

function stepInto(type: ts.Type | undefined, step: Step): ts.Type | undefined {
  if (type === undefined) {
    return undefined;
  }
  if (step === 'item') {
    return firstOf(type, (part) => checker.getIndexTypeOfType(part, ts.IndexKind.Number));
  }
  if (step === 'value') {
    return firstOf(type, (part) => checker.getIndexTypeOfType(part, ts.IndexKind.String));
  }
  if ('variant' in step) {
    const [key, value] = step.variant;
    return firstOf(type, (part) => {
      const property = checker.getPropertyOfType(part, key);
      const found = property && checker.getTypeOfSymbol(property);
      return found?.isStringLiteral() && found.value === value ? part : undefined;
    });
  }
  const property = propertyOf(type, step.property);
  return property && checker.getTypeOfSymbol(property);
}

function propertyOf(type: ts.Type, name: string): ts.Symbol | undefined {
  return firstOf(type, (part) => checker.getPropertyOfType(part, name));
}

/** Of a union, the first part that has what is looked for: null and other spellings have not. */
function firstOf<Found>(type: ts.Type, find: (part: ts.Type) => Found | undefined): Found | undefined {
  for (const part of type.isUnion() ? type.types : [type]) {
    const found = find(part);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function sentenceOf(symbol: ts.Symbol): string {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return ts.displayPartsToString(target.getDocumentationComment(checker)).replaceAll(/\s+/g, ' ').trim();
}
