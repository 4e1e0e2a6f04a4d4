import type { ParsedTemplateField, TemplateValue } from '@quarry/contract';
import { LIMITS } from '../limits.ts';
import { numberOf } from '../sweeps/analysis/number-of.ts';

/** What a field comes to: null where it says nothing. */
export type FieldValue = string | number | boolean | string[] | null;
type Checked = { value: FieldValue } | { problem: string };

/** A value as its field takes it, or why not, in a sentence. What is absent has the field's default; null and nothing typed are none. */
export function checkValue(field: ParsedTemplateField, given: TemplateValue | undefined): Checked {
  const value = given === undefined ? field.default : given;
  if (value === null || isEmpty(value)) {
    return field.required ? { problem: 'This field is required.' } : { value: null };
  }
  switch (field.type) {
    case 'text':
      return checkText(field, value);
    case 'integer':
    case 'number':
      return checkNumber(field, value);
    case 'boolean':
      return checkBoolean(value);
    case 'choice':
      return checkChoice(field, value);
    case 'file':
      return typeof value === 'string' ? { value } : { problem: 'Give the id of a file.' };
    case 'files':
      return checkFiles(field, value);
  }
}

function isEmpty(value: Exclude<TemplateValue, null>): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}

function checkText({ min, max }: ParsedTemplateField, value: TemplateValue): Checked {
  if (typeof value !== 'string' && typeof value !== 'number') {
    return { problem: 'Not a valid string.' };
  }
  const text = String(value);
  if (text.includes('\0')) {
    return { problem: 'Null characters are not allowed.' };
  }
  const most = Math.min(max ?? LIMITS.templateTextCharacters, LIMITS.templateTextCharacters);
  if (text.length > most) {
    return { problem: `Ensure this field has no more than ${most} characters.` };
  }
  if (min !== null && text.length < min) {
    return { problem: `Ensure this field has at least ${min} characters.` };
  }
  return { value: text };
}

function checkNumber({ type, min, max }: ParsedTemplateField, value: TemplateValue): Checked {
  const number = typeof value === 'string' ? readNumber(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) {
    return { problem: type === 'integer' ? 'A valid integer is required.' : 'A valid number is required.' };
  }
  if (type === 'integer' && !Number.isSafeInteger(number)) {
    return { problem: 'A valid integer is required.' };
  }
  if (min !== null && number < min) {
    return { problem: `Ensure this value is greater than or equal to ${min}.` };
  }
  if (max !== null && number > max) {
    return { problem: `Ensure this value is less than or equal to ${max}.` };
  }
  return { value: number };
}

/** A text that no number is as long as is none. */
function readNumber(text: string): number | null {
  return text.length > LIMITS.templateTextCharacters ? null : numberOf(text);
}

function checkBoolean(value: TemplateValue): Checked {
  if (typeof value === 'boolean') {
    return { value };
  }
  const word = String(value).toLowerCase();
  return word === 'true' || word === 'false'
    ? { value: word === 'true' }
    : { problem: 'Must be a valid boolean.' };
}

function checkChoice({ options }: ParsedTemplateField, value: TemplateValue): Checked {
  const text = String(value);
  return options.some((option) => option.value === text)
    ? { value: text }
    : { problem: `Choose one of: ${options.map((option) => option.value).join(', ')}.` };
}

function checkFiles({ min, max }: ParsedTemplateField, value: TemplateValue): Checked {
  const ids = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(ids)) {
    return { problem: 'Give a list of ids of files.' };
  }
  if (min !== null && ids.length < min) {
    return { problem: `Ensure this list has at least ${min} items.` };
  }
  if (max !== null && ids.length > max) {
    return { problem: `Ensure this list has no more than ${max} items.` };
  }
  return { value: ids };
}
